/* ceiling: what one who knew all sessions of a month could earn with batteries that taper, as a
 * linear program for CLP: a bound for the scenario acn-2019-profit-real.
 *
 *   ceiling SESSIONS [VALUE]    VALUE: micro-dollars that a kWh counts for in the choice (300000:
 *                               what drivers pay; more of it: more sessions are met)
 *
 * In a slot of Δ a battery takes its full power, or less where little room is left in it:
 * (1 − e^(−Δ/τ)) of the room at the slot's start, as ACN-Sim's two-stage battery does while it
 * tapers; in a slot in which that begins it would be less still. Power and pods limit, no phases
 * and no pilots: all of that makes it a bound. Profit is what drivers pay (0.30 $), less energy
 * and the charge for the peak.
 */
#include <coin/Clp_C_Interface.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "bench/energy/battery.h"
#include "bench/energy/network.h"
#include "bench/energy/tariff.h"

enum { CAP_KW = 150, SLOTS_MAX = 3072, TAPER_PERCENT = 20 };
#define CAR_KW  6.6
#define MET_KWH 0.1
#define SLOT_H  0.25
#define MICRO   1e6

/* Columns by entries, as solvers take them. */
struct program {
    int rows, columns, entries, entries_max;
    int *start, *row;
    double *entry, *upper, *objective, *limit;
    bool *equal;
};

struct month {
    const struct sessions *sessions;
    struct network *network;
    uint32_t first, end; /* sessions */
    int64_t from;        /* period */
    double value;
};

static void *array(size_t count, size_t size)
{
    void *out = calloc(count, size);

    check(out != NULL);
    return out;
}

static struct program program_new(int rows, int columns, int entries)
{
    return (struct program){ .entries_max = entries,
                             .start = array((size_t)columns + 1, sizeof(int)),
                             .row = array((size_t)entries, sizeof(int)),
                             .entry = array((size_t)entries, sizeof(double)),
                             .upper = array((size_t)columns, sizeof(double)),
                             .objective = array((size_t)columns, sizeof(double)),
                             .limit = array((size_t)rows, sizeof(double)),
                             .equal = array((size_t)rows, sizeof(bool)) };
}

static int new_row(struct program *lp, double limit, bool equal)
{
    lp->limit[lp->rows] = limit;
    lp->equal[lp->rows] = equal;
    return lp->rows++;
}

static void new_column(struct program *lp, double upper, double objective)
{
    lp->upper[lp->columns] = upper;
    lp->objective[lp->columns] = objective;
    lp->start[++lp->columns] = lp->entries;
}

static void put(struct program *lp, int row, double value)
{
    check(lp->entries < lp->entries_max);
    lp->row[lp->entries] = row;
    lp->entry[lp->entries] = value;
    lp->start[lp->columns] = ++lp->entries;
}

/* Rows that all cars of a slot share: the meter, and each pod. */
struct shared {
    int meter[SLOTS_MAX], pod[PODS_MAX][SLOTS_MAX];
};

/* A car: e in each slot; the room that is left at its start; both follow from the slots before. */
static void put_car(struct program *lp, const struct month *month, uint32_t index,
                    const struct shared *shared)
{
    const struct session *session = &month->sessions->items[index];
    const struct stand *stand =
        &month->network->stands[network_stand(month->network, session->station)];
    double volts = month->network->volts, max_kw = CAR_KW;
    struct battery battery =
        battery_new(session->energy_kwh, (double)(session->depart - session->arrive),
                    max_kw * 1000 / volts, volts, true);
    double tau_h = TAPER_PERCENT / 100.0 * battery.capacity_kwh / max_kw;
    int need = new_row(lp, session->energy_kwh, false), room = 0;

    if (battery.two_stage)
        room = new_row(lp, battery.capacity_kwh - battery.charge_kwh, true);
    for (int64_t q = session->arrive / PERIODS_A_QUARTER; q * PERIODS_A_QUARTER < session->depart;
         q++) {
        int64_t begins = q * PERIODS_A_QUARTER, ends = begins + PERIODS_A_QUARTER;
        int64_t slot = (begins - month->from) / PERIODS_A_QUARTER;
        begins = begins > session->arrive ? begins : session->arrive;
        ends = ends < session->depart ? ends : session->depart;
        double hours = (double)(ends - begins) * PERIOD_S / 3600;
        int takes = battery.two_stage ? new_row(lp, 0, false) : 0;
        int next = battery.two_stage ? new_row(lp, 0, true) : 0;
        check(slot >= 0 && slot < SLOTS_MAX);
        new_column(lp, max_kw * hours,
                   month->value - tariff_price(month->sessions, q * PERIODS_A_QUARTER) / MICRO);
        put(lp, need, 1);
        put(lp, shared->meter[slot], 1 / SLOT_H);
        if (stand->pod != NO_POD)
            put(lp, shared->pod[stand->pod][slot], 1 / SLOT_H);
        if (!battery.two_stage)
            continue;
        put(lp, takes, 1);
        put(lp, next, 1);
        new_column(lp, battery.capacity_kwh, 0); /* the room */
        put(lp, room, 1);
        put(lp, takes, -(1 - exp(-hours / tau_h)));
        put(lp, next, -1);
        room = next; /* room after = room − e */
    }
    if (battery.two_stage) {
        new_column(lp, battery.capacity_kwh, 0);
        put(lp, room, 1);
    }
}

static double *solve(const struct program *lp)
{
    Clp_Simplex *clp = Clp_newModel();
    double *zero = array((size_t)lp->columns, sizeof(double)),
           *least = array((size_t)lp->rows, sizeof(double));
    double *found = array((size_t)lp->columns, sizeof(double));

    for (int r = 0; r < lp->rows; r++)
        least[r] = lp->equal[r] ? lp->limit[r] : -1e30;
    Clp_setLogLevel(clp, 0);
    Clp_loadProblem(clp, lp->columns, lp->rows, lp->start, lp->row, lp->entry, zero, lp->upper,
                    lp->objective, least, lp->limit);
    Clp_setOptimizationDirection(clp, -1);
    Clp_initialSolve(clp);
    check(Clp_status(clp) == 0);
    memcpy(found, Clp_primalColumnSolution(clp), (size_t)lp->columns * sizeof(double));
    Clp_deleteModel(clp);
    free(zero);
    free(least);
    return found;
}

static void free_program(struct program *lp)
{
    free(lp->start);
    free(lp->row);
    free(lp->entry);
    free(lp->upper);
    free(lp->objective);
    free(lp->limit);
    free(lp->equal);
}

struct result {
    double profit, kwh, requested, peak_kw;
    uint32_t cars, met;
};

/* The columns of a car come in the order of its slots: e, room, e, room, …, room. */
static void add_results(const struct month *month, const struct program *lp, const double *found,
                        struct result *result)
{
    int column = 1, need_row = 0;
    double kwh = 0;

    for (uint32_t i = month->first; i < month->end; i++) {
        const struct session *session = &month->sessions->items[i];
        double got = 0;
        need_row = lp->row[lp->start[column]];
        for (; column < lp->columns; column++) {
            bool energy = lp->upper[column] > 0 && lp->objective[column] != 0;
            if (energy && lp->row[lp->start[column]] != need_row)
                break;
            if (!energy)
                continue;
            got += found[column];
            result->profit +=
                found[column] * (lp->objective[column] - month->value + TARIFF_REVENUE / MICRO);
        }
        kwh += got;
        result->requested += session->energy_kwh;
        result->met += session->energy_kwh - got < MET_KWH;
        result->cars++;
    }
    result->kwh += kwh;
    result->profit -= found[0] * TARIFF_DEMAND / MICRO;
    result->peak_kw += found[0];
}

static void plan_month(struct month *month, struct result *result)
{
    static struct shared shared;
    int cells = 0;

    for (uint32_t i = month->first; i < month->end; i++)
        cells += (int)(month->sessions->items[i].depart - month->sessions->items[i].arrive) / 3 + 3;
    struct program lp =
        program_new(SLOTS_MAX * 3 + 2 * cells + 2 * (int)month->sessions->count,
                    1 + 2 * cells + (int)month->sessions->count, 8 * cells + 4 * SLOTS_MAX);
    new_column(&lp, CAP_KW, -TARIFF_DEMAND / MICRO);
    for (int slot = 0; slot < SLOTS_MAX; slot++) {
        shared.meter[slot] = new_row(&lp, 0, false);
        put(&lp, shared.meter[slot], -1);
        for (uint32_t pod = 0; pod < month->network->pods; pod++)
            shared.pod[pod][slot] = new_row(
                &lp, month->network->pod_limit_a[pod] * month->network->volts / 1000, false);
    }
    for (uint32_t i = month->first; i < month->end; i++)
        put_car(&lp, month, i, &shared);
    double *found = solve(&lp);
    add_results(month, &lp, found, result);
    free(found);
    free_program(&lp);
}

int main(int argc, char **argv)
{
    struct sessions sessions;
    struct network network;
    struct result all = { 0 };
    char why[BENCH_WHY_SIZE];
    struct month month = { .sessions = &sessions,
                           .network = &network,
                           .value = (argc > 2 ? atof(argv[2]) : TARIFF_REVENUE) / MICRO };

    if (argc < 2 || sessions_read(argv[1], &sessions, why) != ERR_NONE)
        return 2;
    network_caltech(&network);
    network_set_cap(&network, true, CAP_KW);
    while (month.end < sessions.count) {
        struct result one = { 0 };
        month.first = month.end;
        struct local_day day = tariff_day(&sessions, sessions.items[month.first].arrive);
        while (month.end < sessions.count &&
               tariff_day(&sessions, sessions.items[month.end].arrive).month == day.month)
            month.end++;
        month.from = sessions.items[month.first].arrive / PERIODS_A_QUARTER * PERIODS_A_QUARTER;
        plan_month(&month, &one);
        printf("%d-%02d: profit %.0f $, %.1f %% delivered, %.1f %% of %u met, peak %.1f kW\n",
               day.year, day.month, one.profit, 100 * one.kwh / one.requested,
               100.0 * one.met / one.cars, one.cars, one.peak_kw);
        fflush(stdout);
        all.profit += one.profit;
        all.kwh += one.kwh;
        all.requested += one.requested;
        all.met += one.met;
        all.cars += one.cars;
    }
    printf("all: profit %.0f $, %.1f %% delivered, %.1f %% of %u met\n", all.profit,
           100 * all.kwh / all.requested, 100.0 * all.met / all.cars, all.cars);
    sessions_fini(&sessions);
    return 0;
}
