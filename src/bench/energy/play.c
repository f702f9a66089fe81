#include "bench/energy/play.h"

#include <math.h>
#include <stdlib.h>

#define HOURS   ((double)PERIOD_S / 3600.0)
#define CAR_KW  6.6
#define MET_KWH 0.1 /* a session that misses no more counts as met */

static double kwh_of(const struct play *play, double amperes)
{
    return amperes * play->network->volts / 1000 * HOURS;
}

double car_bound_a(const struct play *play, const struct car *car)
{
    double rest = car->need_kwh / kwh_of(play, 1);

    return fmin(fmin(car->known_max_a, rest), car->believed_a);
}

double car_laxity(const struct play *play, const struct car *car)
{
    return (double)(car->session->depart - play->period) -
           car->need_kwh / kwh_of(play, play->network->max_a);
}

/* Its battery alone at its EVSE, without a limit from arrival to departure: would that do? */
static bool is_possible(const struct play *play, const struct car *car)
{
    struct battery battery = car->battery;
    double need_kwh = car->session->energy_kwh;

    for (int64_t p = car->session->arrive; p < car->session->depart && need_kwh >= MET_KWH; p++)
        need_kwh -=
            kwh_of(play, battery_charge(&battery, play->network->max_a, play->network->volts));
    return need_kwh < MET_KWH;
}

static void plug(struct play *play, const struct session *session, struct network *network,
                 struct play_result *result)
{
    double max_a = CAR_KW * 1000 / network->volts;

    play->cars[play->count++] = (struct car){
        .session = session,
        .stand = network_stand(network, session->station),
        .battery = battery_new(session->energy_kwh, (double)(session->depart - session->arrive),
                               max_a, network->volts, play->two_stage),
        .need_kwh = session->energy_kwh,
        .drew_a = -1,
        .known_max_a = fmin(max_a, network->max_a),
        .believed_a = network->max_a,
    };
    result->possible += is_possible(play, &play->cars[play->count - 1]);
}

/* What a session got, for the result. */
static void leave(const struct play *play, const struct car *car, struct play_result *result,
                  double *sum, double *squares)
{
    double share = (car->session->energy_kwh - car->need_kwh) / car->session->energy_kwh;

    result->requested_kwh += car->session->energy_kwh;
    result->delivered_kwh += car->session->energy_kwh - car->need_kwh;
    result->met += car->need_kwh < MET_KWH;
    if (play->met)
        play->met[car->session - play->sessions->items] = car->need_kwh < MET_KWH;
    result->sessions++;
    *sum += share;
    *squares += share * share;
}

/* What ACN-Sim's "simple ramp-down" believes of a car: an ampere more than it took when it takes
 * less than it may, an ampere more each period when it takes all. */
static void learn(struct car *car, double max_a)
{
    if (car->may_a - car->drew_a > 1)
        car->believed_a = car->drew_a + 1;
    else if (car->may_a > 0 && car->believed_a - car->drew_a < 1)
        car->believed_a = fmin(car->believed_a + 1, max_a);
}

static void draw(struct play *play, struct play_result *result)
{
    double amperes[STANDS_MAX] = { 0 }, all = 0;

    for (uint32_t i = 0; i < play->count; i++) {
        struct car *car = &play->cars[i];
        double may_a = fmin(car->may_a, car->need_kwh / kwh_of(play, 1));
        car->drew_a = may_a > 0 ? battery_charge(&car->battery, may_a, play->network->volts) : 0;
        car->need_kwh = fmax(0, car->need_kwh - kwh_of(play, car->drew_a));
        amperes[car->stand] += car->drew_a;
        all += car->drew_a;
        if (play->two_stage)
            learn(car, play->network->max_a);
    }
    checker_look(&result->checker, play->network, amperes);
    if (play->period_kwh)
        play->period_kwh[play->period] = kwh_of(play, all);
    result->peak_kw = fmax(result->peak_kw, all * play->network->volts / 1000);
}

void play_run(struct play *play, const struct algorithm *algorithm, struct energy_times *times,
              struct play_result *result)
{
    const struct network *given = play->network;
    double sum = 0, squares = 0;
    uint32_t next = 0;

    *result = (struct play_result){ 0 };
    play->cars = calloc(play->sessions->count, sizeof *play->cars);
    check(play->cars != NULL);
    play->grown = *given;
    play->network = &play->grown;
    play->count = 0;
    play->period = 0;
    if (algorithm->begin)
        algorithm->begin(play);
    while (next < play->sessions->count || play->count > 0) {
        uint32_t kept = 0;
        for (uint32_t i = 0; i < play->count; i++)
            if (play->cars[i].session->depart > play->period)
                play->cars[kept++] = play->cars[i];
            else
                leave(play, &play->cars[i], result, &sum, &squares);
        play->count = kept;
        while (next < play->sessions->count && play->sessions->items[next].arrive <= play->period)
            plug(play, &play->sessions->items[next++], &play->grown, result);
        if (play->count > 0) {
            int64_t before = energy_cpu_ns();
            algorithm->decide(play);
            energy_times_add(times, energy_cpu_ns() - before);
            draw(play, result);
        }
        play->period++;
    }
    if (algorithm->end)
        algorithm->end(play);
    result->jain = result->sessions ? sum * sum / (result->sessions * squares) : 1;
    play->network = given;
    free(play->cars);
}
