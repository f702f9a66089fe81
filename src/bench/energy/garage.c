/* garage.c: six storeys of a hundred EVSEs with 11 kW each behind a feed of 630 A, nights of people
 * who come home: cars of one, two and three phases, stations with their phases turned. */
#include <math.h>
#include <stdlib.h>

#include "base/rand.h"
#include "bench/energy/yard.h"

enum {
    STOREYS = 6,
    STRIPS = 4,
    STRIP = 25,
    PLACES = STOREYS * STRIPS * STRIP,
    NODES = 1 + STOREYS * 5
};
enum { NIGHTS = 3, STEP_S = 300, DAY_S = 86400, HOUR_S = 3600 };

enum err scenario_garage_600(struct energy_bench *bench);

struct night {
    int64_t arrive_s, depart_s;
    double need_wh;
};

struct garage {
    struct yard yard;
    struct night nights[NIGHTS][PLACES];
    int place_night[PLACES]; /* whose car is there; -1 */
    double requested_wh, delivered_wh, share, share_squares;
    uint32_t sessions, met, switches;
};

/* Four of ten cars have one phase, one has two. L1 of a station is L2 of the rail at the next, and
 * so on. */
static struct yard_evse place_of(struct rand *rand, int32_t rail, uint32_t turn)
{
    uint32_t kind = (uint32_t)rand_below(rand, 10);
    unsigned wires = kind < 4 ? 1 : kind < 5 ? 3 : WIRES_THREE_PHASE;

    wires = (wires << turn | wires >> (LINE_COUNT - turn)) & WIRES_THREE_PHASE;
    return (struct yard_evse){
        .leaf = { (uint32_t)rail, (wire_set)wires, (uint8_t)__builtin_popcount(wires), 230 },
        .max_a = 16,
    };
}

static void build(struct garage *garage)
{
    struct yard *yard = &garage->yard;
    struct rand rand = { 600 };
    int32_t feed, panel = 0, rail = 0;

    yard_init(yard, NODES, PLACES);
    feed = yard_node(yard, -1, 630, 0);
    for (uint32_t place = 0; place < PLACES; place++) {
        if (place % (STRIPS * STRIP) == 0)
            panel = yard_node(yard, feed, 160, 0);
        if (place % STRIP == 0)
            rail = yard_node(yard, panel, 63, 0);
        yard->evses[place] = place_of(&rand, rail, place % STRIP % LINE_COUNT);
    }
}

/* Home between 16 and 22, away between 6 and 10; two of three drive on a day. */
static void invent(struct garage *garage)
{
    struct rand rand = { 601 };

    for (int night = 0; night < NIGHTS; night++)
        for (uint32_t place = 0; place < PLACES; place++) {
            struct night *own = &garage->nights[night][place];
            int64_t day_s = (int64_t)night * DAY_S;

            if (rand_below(&rand, 3) == 0)
                continue;
            own->arrive_s = day_s + 16L * HOUR_S + rand_range(&rand, 0, 3L * HOUR_S) +
                            rand_range(&rand, 0, 3L * HOUR_S);
            own->depart_s = day_s + 30L * HOUR_S + rand_range(&rand, 0, 2L * HOUR_S) +
                            rand_range(&rand, 0, 2L * HOUR_S);
            own->need_wh = (double)(3000 + rand_below(&rand, 14000) + rand_below(&rand, 14000));
        }
}

static void come_and_go(struct garage *garage, uint32_t place)
{
    struct yard_evse *evse = &garage->yard.evses[place];
    int64_t now_s = garage->yard.now_s;
    int night = garage->place_night[place];

    if (night >= 0 && now_s >= evse->depart_s) {
        double asked = garage->nights[night][place].need_wh, share = 1 - evse->need_wh / asked;
        garage->requested_wh += asked;
        garage->delivered_wh += asked - evse->need_wh;
        garage->share += share;
        garage->share_squares += share * share;
        garage->sessions++;
        garage->met += evse->need_wh < 100;
        garage->place_night[place] = -1;
        evse->wants = false;
        evse->memory = (struct site_memory){ 0 };
    }
    for (int next = 0; next < NIGHTS; next++) {
        const struct night *own = &garage->nights[next][place];
        if (own->need_wh <= 0 || own->arrive_s > now_s || own->arrive_s <= now_s - STEP_S)
            continue;
        garage->place_night[place] = next;
        evse->need_wh = own->need_wh;
        evse->arrive_s = own->arrive_s;
        evse->depart_s = own->depart_s;
        evse->wants = true;
    }
}

static void charge(struct garage *garage, const bool *was_on)
{
    for (uint32_t place = 0; place < PLACES; place++) {
        struct yard_evse *evse = &garage->yard.evses[place];
        double taken_wh;

        if (!evse->wants)
            continue;
        garage->switches += was_on[place] != (evse->may_a > 0);
        taken_wh = evse->may_a * evse->leaf.volts * evse->leaf.wires_live * (double)STEP_S /
                   (double)HOUR_S;
        evse->need_wh = fmax(evse->need_wh - taken_wh, 0);
        evse->wants = evse->need_wh > 0;
    }
}

static void live(struct garage *garage, const struct yard_rule *rule, struct energy_times *times)
{
    struct yard *yard = &garage->yard;
    bool was_on[PLACES];

    for (yard->now_s = 0; yard->now_s < (NIGHTS + 1L) * DAY_S; yard->now_s += STEP_S) {
        for (uint32_t place = 0; place < PLACES; place++) {
            come_and_go(garage, place);
            was_on[place] = yard->evses[place].may_a > 0;
        }
        rule->decide(yard, times);
        yard_check(yard, STEP_S);
        charge(garage, was_on);
    }
}

static void run_rule(struct energy_bench *bench, const struct yard_rule *rule)
{
    static struct garage garage;
    struct energy_times times = { 0 };

    memset(&garage, 0, sizeof garage);
    memset(garage.place_night, -1, sizeof garage.place_night);
    build(&garage);
    invent(&garage);
    live(&garage, rule, &times);
    energy_add(bench, rule->name, "delivered_pct", 100 * garage.delivered_wh / garage.requested_wh,
               "%");
    energy_add(bench, rule->name, "sessions_met_pct", 100.0 * garage.met / garage.sessions, "%");
    energy_add(bench, rule->name, "jain",
               yard_jain(garage.share, garage.share_squares, garage.sessions), "");
    energy_add(bench, rule->name, "switches_per_session", (double)garage.switches / garage.sessions,
               "");
    energy_add(bench, rule->name, "violations", (double)garage.yard.violations, "");
    energy_add(bench, rule->name, "violation_as", garage.yard.over_as, "A s");
    energy_add(bench, rule->name, "replan_us_p50", energy_times_us(&times, 500), "us");
    energy_add(bench, rule->name, "replan_us_p99", energy_times_us(&times, 990), "us");
    energy_times_fini(&times);
    yard_fini(&garage.yard);
}

/* How far shares of 0.1 A lie from the exact fair ones, over many mixes of cars. */
static void compare_shares(struct energy_bench *bench)
{
    static struct garage garage;
    struct energy_times times = { 0 };
    struct rand rand = { 602 };
    double gap_a = 0, shares_a[PLACES], jain = 1;

    memset(&garage, 0, sizeof garage);
    build(&garage);
    for (int round = 0; round < 40; round++) {
        double sum = 0, squares = 0;

        for (uint32_t place = 0; place < PLACES; place++)
            garage.yard.evses[place].wants = rand_below(&rand, 40) > (uint32_t)round;
        yard_fair_shares(&garage.yard, shares_a);
        yard_fill(&garage.yard, &times);
        yard_check(&garage.yard, 1);
        for (uint32_t place = 0; place < PLACES; place++) {
            double got = shares_a[place] > 0 ? garage.yard.evses[place].may_a / shares_a[place] : 1;
            gap_a = fmax(gap_a, fabs(shares_a[place] - garage.yard.evses[place].may_a));
            sum += got;
            squares += got * got;
        }
        jain = fmin(jain, yard_jain(sum, squares, PLACES));
    }
    energy_add(bench, "allocator", "max_min_gap_a", gap_a, "A");
    energy_add(bench, "allocator", "jain_of_fair_share_min", jain, "");
    energy_add(bench, "allocator", "violations", (double)garage.yard.violations, "");
    energy_add(bench, "allocator", "replan_us_p99", energy_times_us(&times, 990), "us");
    energy_times_fini(&times);
    yard_fini(&garage.yard);
}

enum err scenario_garage_600(struct energy_bench *bench)
{
    for (uint32_t i = 0; i < yard_rule_count; i++)
        run_rule(bench, &yard_rules[i]);
    compare_shares(bench);
    return ERR_NONE;
}
