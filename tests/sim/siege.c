/* siege.c: everything that lies, against a site that shares its power: `siegeworld [--attack NAME]
 * [--seeds FROM-TO] [--hours H] [--tell SECONDS] [--strict 1]` (strict: a lie excuses nothing).
 *
 * Twelve stations of several makes and versions, on rotated phases, stand in a simulated site (grid
 * 100 A, three circuits of 63 A, a building) with drivers who never rest. Each row of the table is
 * one way to do it wrong. A clamp on each node is read every second: what truly flows is never
 * above the limit, but for two declared exceptions, each with its bound:
 *
 *   a drop   that nobody announced (a cap, a new document): over what it was before never, over
 * what it is now for TRANSITION_MS at most; a lie    of a station that had confirmed a limit and
 * breaks it: by what this EVSE draws too much, from then on until its limit is in force as far as
 * the server knows, two meter values have come, and others have made room. After that it is booked
 * at its cap, and has no excuse until the server trusts it anew.
 *
 * And power is not wasted: what is delivered is held against what would have fitted, in the mean of
 * all seeds.
 */
#include <stdio.h>
#include <stdlib.h>

#include "dispatch/behaviour.h"
#include "sim/siege.h"

/* SmartEVSE-3.5#335: with less than 8 A it stops. One begins again with 10 A, one after a pause. */
static const struct car_curve flat = { 2, { { 0, 1000 }, { 1000, 200 } } };
static const struct car_model stops_under_8 = {
    "stops under 8 A", 52000, 46000, 32000, 8000, 10000, 900, 3, true, false, &flat
};
static const struct car_model wants_a_pause = {
    "wants a pause", 52000, 46000, 32000, 8000, CAR_WAKES_BY_PAUSE, 900, 3, true, false, &flat
};

/* Half a minute after a pause. */
static const struct car_model takes_its_time = { .name = "takes its time",
                                                 .capacity_wh = 52000,
                                                 .battery_power_w = 46000,
                                                 .ac_current_max_ma = 32000,
                                                 .ac_current_floor_ma = 6000,
                                                 .ac_efficiency_permille = 900,
                                                 .ac_phases = 3,
                                                 .curve = &flat,
                                                 .awake_ms = 30000 };
static const struct car_model stops_for_good = { .name = "stops for good under 8 A",
                                                 .capacity_wh = 52000,
                                                 .battery_power_w = 46000,
                                                 .ac_current_max_ma = 32000,
                                                 .ac_current_floor_ma = 8000,
                                                 .ac_current_wake_ma = CAR_NEVER_WAKES,
                                                 .ac_efficiency_permille = 900,
                                                 .ac_phases = 3,
                                                 .curve = &flat };
static const struct car_model on_two = { .name = "two phases",
                                         .capacity_wh = 32000,
                                         .battery_power_w = 40000,
                                         .ac_current_max_ma = 16000,
                                         .ac_current_floor_ma = 6000,
                                         .ac_efficiency_permille = 900,
                                         .ac_phases = 2,
                                         .curve = &flat };
static const struct car_model on_one = { .name = "one phase",
                                         .capacity_wh = 39000,
                                         .battery_power_w = 46000,
                                         .ac_current_max_ma = 32000,
                                         .ac_current_floor_ma = 6000,
                                         .ac_efficiency_permille = 900,
                                         .ac_phases = 1,
                                         .curve = &flat };
static const struct car_model three_to_one = { .name = "three phases, one from 80 % on",
                                               .capacity_wh = 22000,
                                               .battery_power_w = 46000,
                                               .ac_current_max_ma = 32000,
                                               .ac_current_floor_ma = 6000,
                                               .ac_efficiency_permille = 900,
                                               .ac_phases = 3,
                                               .curve = &flat,
                                               .later_permille = 800,
                                               .later_phases = 1 };
static const struct car_model one_to_three = { .name = "one phase, three from 50 % on",
                                               .capacity_wh = 39000,
                                               .battery_power_w = 46000,
                                               .ac_current_max_ma = 32000,
                                               .ac_current_floor_ma = 6000,
                                               .ac_efficiency_permille = 900,
                                               .ac_phases = 1,
                                               .curve = &flat,
                                               .later_permille = 500,
                                               .later_phases = 3 };

static const struct attack attacks[] = {
    // clang-format off
    { "honest", .proven = true, .used_percent = 69 },
    { "unknown", .used_percent = 67 },
    { "late", .proven = false, .latency_ms = 30000, .used_percent = 61 },
    { "rounds_up", FLAW_BIT(FLAW_ROUNDS_UP), 1, 0, .used_percent = 67 },
    { "whole_amps", FLAW_BIT(FLAW_WHOLE_AMPS), 1, 0, .used_percent = 67 },
    { "says_no", FLAW_BIT(FLAW_SAYS_NO), 4, 1, .proven = true, .used_percent = 54 },
    { "only_w", FLAW_BIT(FLAW_ONLY_W), 1, 0, .used_percent = 52 },
    { "only_w_some", FLAW_BIT(FLAW_ONLY_W), 3, 0, .used_percent = 57 },
    { "kw_as_w", FLAW_BIT(FLAW_KW_AS_W), 1, 0, .proven = true, .used_percent = 54 },
    { "kw_as_w_unknown", FLAW_BIT(FLAW_KW_AS_W), 3, 0, .used_percent = 52 },
    { "mute", FLAW_BIT(FLAW_MUTE), 1, 0, .proven = true, .used_percent = 66 },
    { "mute_unknown", FLAW_BIT(FLAW_MUTE), 4, 1, .used_percent = 54 },
    { "one_line", FLAW_BIT(FLAW_ONE_LINE), 3, 0, .used_percent = 67 },
    { "switches", FLAW_BIT(FLAW_SWITCHES), 2, 0, .used_percent = 60 },
    { "switches_kill", FLAW_BIT(FLAW_SWITCHES), 2, 0, .act = act_kill, .act_s = 240, .used_percent = 44 },
    { "stays", FLAW_BIT(FLAW_STAYS), 2, 0, .used_percent = 60 },
    { "no_lease", FLAW_BIT(FLAW_NO_LEASE), 2, 0, .act = act_freeze, .act_s = 240, .used_percent = 45 },
    { "no_zero", FLAW_BIT(FLAW_NO_ZERO), 2, 0, .used_percent = 58 },
    { "ignores", FLAW_BIT(FLAW_IGNORES), 4, 1, .liars = true, .used_percent = 58 },
    { "refuses", FLAW_BIT(FLAW_NO_PROFILES), 4, 1, .used_percent = 54 },
    { "disobey", .proven = true, .liars = true, .act = act_disobey, .act_s = 900, .used_percent = 52 },
    { "forget", .proven = true, .liars = true, .act = act_forget, .act_s = 300, .used_percent = 53 },
    { "varies", FLAW_BIT(FLAW_VARIES), 1, 0, .latency_ms = 30000, .used_percent = 66 },
    { "slow", .act = act_slow, .act_s = 60, .used_percent = 66 },
    { "slow_known", .proven = true, .act = act_slow, .act_s = 60, .used_percent = 66 },
    { "first_only", FLAW_BIT(FLAW_FIRST_ONLY), 4, 1, .proven = true, .liars = true, .used_percent = 50 },
    { "first_only_unknown", FLAW_BIT(FLAW_FIRST_ONLY), 4, 1, .liars = true, .used_percent = 28 },
    { "only_up", FLAW_BIT(FLAW_ONLY_UP), 2, 0, .proven = true, .used_percent = 62 },
    { "only_up_unknown", FLAW_BIT(FLAW_ONLY_UP), 2, 0, .used_percent = 48 },
    { "loses", FLAW_BIT(FLAW_LOSES), 4, 1, .proven = true, .liars = true, .act = act_drop, .act_s = 60, .used_percent = 48 },
    { "loses_unknown", FLAW_BIT(FLAW_LOSES), 4, 1, .liars = true, .act = act_drop, .act_s = 60, .used_percent = 48 },
    { "keeps_cleared", FLAW_BIT(FLAW_KEEPS_CLEARED), 1, 0, .used_percent = 66 },
    { "each_phase", FLAW_BIT(FLAW_ONLY_W) | FLAW_BIT(FLAW_EACH_PHASE), 4, 1, .liars = true, .used_percent = 35 },
    { "swapped", FLAW_BIT(FLAW_SWAPPED), 12, 0, .proven = true, .liars = true, .used_percent = 28 },
    { "half_more", FLAW_BIT(FLAW_HALF_MORE), 4, 1, .proven = true, .liars = true, .used_percent = 64 },
    { "half_more_unknown", FLAW_BIT(FLAW_HALF_MORE), 1, 0, .liars = true, .used_percent = 60 },
    { "zero_is_six", FLAW_BIT(FLAW_ZERO_IS_SIX), 4, 1, .proven = true, .liars = true, .used_percent = 42 },
    { "zero_is_six_unknown", FLAW_BIT(FLAW_ZERO_IS_SIX), 1, 0, .liars = true, .used_percent = 52 },
    { "cars_8", .car = &stops_under_8, .used_percent = 50 },
    { "cars_pause", .car = &wants_a_pause, .used_percent = 44 },
    { "stubborn", .proven = true, .act = act_refuse, .act_s = 120, .used_percent = 42 },
    { "firmware", .proven = true, .liars = true, .act = act_firmware, .act_s = 300, .used_percent = 52 },
    { "reboot", FLAW_BIT(FLAW_FORGETS), 2, 0, .proven = true, .act = act_reboot, .act_s = 120, .used_percent = 32 },
    { "resumes", FLAW_BIT(FLAW_RESUMES), 1, 0, .proven = true, .act = act_reboot, .act_s = 120, .used_percent = 64 },
    { "resumes_blank", FLAW_BIT(FLAW_RESUMES) | FLAW_BIT(FLAW_FORGETS), 2, 0, .proven = true, .liars = true, .act = act_reboot, .act_s = 120, .used_percent = 50 },
    { "resumes_blank_unknown", FLAW_BIT(FLAW_RESUMES) | FLAW_BIT(FLAW_FORGETS), 2, 0, .liars = true, .act = act_reboot, .act_s = 120, .used_percent = 46 },
    { "drop", .proven = true, .act = act_drop, .act_s = 20, .used_percent = 67 },
    { "freeze", .proven = true, .act = act_freeze, .act_s = 120, .used_percent = 62 },
    { "freeze_unknown", .act = act_freeze, .act_s = 120, .used_percent = 66 },
    { "kill", .proven = true, .act = act_kill, .act_s = 90, .used_percent = 55 },
    { "kill_unknown", .act = act_kill, .act_s = 240, .used_percent = 48 },
    { "cap", .proven = true, .act = act_cap, .act_s = 90, .used_percent = 58 },
    { "edit", .proven = true, .act = act_edit, .act_s = 60, .used_percent = 71 },
    { "times", .proven = true, .times = true, .used_percent = 69 },
    { "times_freeze", .proven = true, .times = true, .act = act_freeze, .act_s = 120, .used_percent = 61 },
    { "times_linked", .proven = true, .linked = true, .times = true, .act = act_freeze, .act_s = 120, .used_percent = 54 },
    { "loop", .proven = true, .act = act_loop, .act_s = 20, .used_percent = 28 },
    { "clock_2min", .clock_ms = { 120000, -120000 }, .used_percent = 65 },
    { "clock_1h", .clock_ms = { 3600000, -3600000 }, .act = act_drop, .act_s = 120, .used_percent = 72 },
    { "clocks", .proven = true, .act = act_clock, .act_s = 60, .used_percent = 55 },
    { "all", .proven = true, .act = act_all, .act_s = 60, .used_percent = 34 },
    { "all_unknown", .act = act_all, .act_s = 90, .used_percent = 38 },
    { "low_meter", FLAW_BIT(FLAW_METER_LOW), 1, 0, .used_percent = 31 },
    { "low_meter_ignores", FLAW_BIT(FLAW_METER_LOW) | FLAW_BIT(FLAW_IGNORES), 4, 1, .liars = true, .used_percent = 54 },
    { "low_meter_disobeys", FLAW_BIT(FLAW_METER_LOW), 4, 1, .proven = true, .metered = true, .liars = true, .act = act_disobey, .act_s = 900, .used_percent = 41 },
    { "metered", .metered = true, .used_percent = 62 },
    { "local_time", .each = 1, .zone_ms = { 3600000, -3600000 }, .used_percent = 68 },
    { "local_time_known", .each = 1, .zone_ms = { 3600000, -3600000 }, .proven = true, .act = act_away, .act_s = 600, .used_percent = 70 },
    { "next_loses", FLAW_BIT(FLAW_NEXT_LOSES), 1, 0, .used_percent = 65 },
    { "units", .proven = true, .liars = true, .act = act_units, .act_s = 300, .used_percent = 55 },
    { "a_as_kw", FLAW_BIT(FLAW_A_AS_KW), 4, 1, .used_percent = 34 },
    { "late_60", .latency_ms = 60000, .used_percent = 60 },
    { "late_60_known", .proven = true, .liars = true, .each = 4, .first = 1, .latency_ms = 60000, .used_percent = 43 },
    { "previous", FLAW_BIT(FLAW_PREVIOUS), 4, 1, .used_percent = 34 },
    { "previous_known", FLAW_BIT(FLAW_PREVIOUS), 4, 1, .proven = true, .liars = true, .used_percent = 34 },
    { "all_phases", FLAW_BIT(FLAW_ALL_PHASES), 4, 1, .used_percent = 33 },
    { "lowest", FLAW_BIT(FLAW_LOWEST), 1, 0, .used_percent = 22 },
    { "lowest_known", FLAW_BIT(FLAW_LOWEST), 4, 1, .proven = true, .liars = true, .used_percent = 54 },
    { "volts_400", FLAW_BIT(FLAW_ONLY_W), 4, 1, .volts = 400, .used_percent = 40 },
    { "volts_120", FLAW_BIT(FLAW_ONLY_W), 4, 1, .volts = 120, .used_percent = 32 },
    { "volts_line", FLAW_BIT(FLAW_ONLY_W) | FLAW_BIT(FLAW_EACH_PHASE), 4, 1, .volts = 400, .used_percent = 42 },
    { "since_1970", FLAW_BIT(FLAW_1970), 1, 0, .proven = true, .act = act_reboot, .act_s = 120, .used_percent = 60 },
    { "meters_next", FLAW_BIT(FLAW_METER_NEXT), 12, 0, .used_percent = 19 },
    { "meters_next_known", FLAW_BIT(FLAW_METER_NEXT), 12, 0, .proven = true, .used_percent = 9 },
    { "tenfold", FLAW_BIT(FLAW_TENFOLD), 4, 1, .proven = true, .used_percent = 67 },
    { "tenfold_unknown", FLAW_BIT(FLAW_TENFOLD), 3, 0, .used_percent = 69 },
    { "tenth", FLAW_BIT(FLAW_TENTH), 3, 0, .used_percent = 69 },
    { "wh_as_kwh", FLAW_BIT(FLAW_WH_AS_KWH), 3, 0, .used_percent = 49 },
    { "register", .act = act_register, .act_s = 60, .used_percent = 68 },
    { "foreign", .proven = true, .liars = true, .act = act_foreign, .act_s = 300, .used_percent = 54 },
    { "twins", .proven = true, .twins = 2, .act = act_twins, .act_s = 240, .used_percent = 55 },
    { "cabinet", .cabinet_ma = 32000, .used_percent = 68 },
    { "cars_wake", .car = &takes_its_time, .used_percent = 84 },
    { "cars_for_good", .car = &stops_for_good, .used_percent = 28 },
    { "cars_two", .car = &on_two, .used_percent = 59 },
    { "cars_one", .car = &on_one, .used_percent = 58 },
    { "cars_fall", .car = &three_to_one, .used_percent = 82 },
    { "cars_rise", .car = &one_to_three, .used_percent = 63 },
    // clang-format on
};

static void act_again(void *context)
{
    struct run *run = context;
    struct sim_world *world = &run->yard.place.world;

    sim_world_at(world, world->now + rand_range(&run->rand, 500, 2000 * run->attack->act_s),
                 act_again, run);
    run->acts++;
    run->attack->act(run);
}

/* --- the run ----------------------------------------------------------------------------- */

static enum err prove_turn(struct turn *turn)
{
    struct run *run = *(struct run *const *)turn->input;
    struct behaviour known = behaviour_proven(CHARGE_A, 4000, turn->now);

    known.stops = 0; /* that it will show */
    for (uint32_t i = 0; i < STATIONS; i++) {
        const struct station_row *row = TURN_FIND_NAME(turn, station, run->yard.setups[i].id);
        bool links = run->attack->linked && run->yard.setups[i].protocol == SIM_21;
        enum err err;

        known.updates = known.drops = links ? PROOF_YES : PROOF_NONE;
        err = dispatch_keep_behaviour(turn, row, &known);
        if (err != ERR_NONE)
            return err;
    }
    return ERR_NONE;
}

static void make_setups(struct run *run)
{
    /* Nordlys Duo 22, Kestrel Wall 11, Nordlys Duo 22, Kestrel Wall 7. */
    static const uint8_t models[] = { 0, 2, 0, 3 };
    const struct attack *attack = run->attack;
    struct sim_fleet fleet = { .count = STATIONS + attack->twins,
                               .sample_s = SAMPLE_S,
                               .cars_soon = attack->proven };
    struct driver_habits busy = { .gap_min_s = 60,
                                  .gap_max_s = 600,
                                  .stay_min_s = 3600,
                                  .stay_max_s = 14400,
                                  .soc_min_permille = 100,
                                  .soc_max_permille = 500,
                                  .card_first_permille = 400,
                                  .forgets_permille = 15,
                                  .just_unplugs_permille = 350,
                                  .early_permille = 120,
                                  .car = attack->car };

    run->habits = busy;
    yard_fleet(&run->yard, &fleet);
    for (uint32_t i = 0; i < STATIONS; i++) {
        struct sim_setup *setup = &run->yard.setups[i];
        setup->model = &sim_models[models[i % COUNT(models)]];
        setup->habits = &run->habits;
        setup->control.latency_ms =
            attack->latency_ms && (!attack->each || i % attack->each == attack->first)
                ? attack->latency_ms
                : (int32_t)rand_below(&run->rand, 4000);
        setup->control.clock_ms = attack->clock_ms[i % 2];
        if (attack->each && i % attack->each == attack->first) {
            setup->control.flaws = attack->flaws;
            setup->control.zone_ms = attack->zone_ms[i / attack->each % 2];
            setup->control.volts = attack->volts;
        }
        run->breaker_ma[i] = setup->model->current_ma;
        run->row_of[i] = (uint8_t)(i / (STATIONS / ROWS));
        for (uint32_t k = 0; k < SIM_EVSES_MAX; k++)
            run->lies[i][k] = (struct lie){ .since = UTC_NEVER };
        if (attack->cabinet_ma && setup->model->evse_count > 1) {
            run->cabinet = *setup->model;
            run->cabinet.station_current_ma = attack->cabinet_ma;
            setup->model = &run->cabinet;
        }
    }
    for (uint32_t i = 0; i < attack->twins; i++) { /* another station, with the identity of one */
        struct sim_setup *twin = &run->yard.setups[STATIONS + i];
        struct str serial = twin->serial;
        uint64_t seed = twin->seed;

        *twin = run->yard.setups[4 * i + 1];
        twin->serial = serial;
        twin->seed = seed;
        twin->start_at = run->yard.start_at + WARM_MS / 3;
    }
}

static void open_run(struct run *run)
{
    make_setups(run);
    yard_open(&run->yard, 40);
    if (run->attack->proven)
        check(siege_go(run, prove_turn));
    place_power(&run->yard.place, run->yard.site, siege_document(run));
}

struct wanted {
    unsigned long long from, to, hours, tell_s, strict;
    const char *only; /* NULL: all */
};

/* How much was used, in percent of what would have fitted. */
static double run_seed(const struct attack *attack, uint64_t seed, const struct wanted *wanted)
{
    int64_t tell_ms = (int64_t)wanted->tell_s * 1000;
    struct run run = { .attack = attack,
                       .strict = wanted->strict != 0,
                       .yard = { .seed = seed },
                       .rand = { seed * 11 + 3 },
                       .grid = { GRID_MA, GRID_MA, UTC_UNKNOWN / 2 } };
    double used;
    utc_ms end_at;

    for (uint32_t i = 0; i < ROWS; i++)
        run.rows[i] = (struct node){ ROW_MA, ROW_MA, UTC_UNKNOWN / 2 };
    open_run(&run);
    end_at = run.yard.start_at + (int64_t)wanted->hours * HOUR_MS;
    if (attack->act)
        sim_world_at(&run.yard.place.world, run.yard.start_at + WARM_MS / 3, act_again, &run);
    siege_clamp(&run);
    if (attack->metered)
        siege_meter(&run);
    for (utc_ms at = run.yard.start_at + tell_ms; tell_ms && at <= end_at; at += tell_ms) {
        yard_run(&run.yard, at);
        yard_tell(&run.yard);
    }
    yard_run(&run.yard, end_at);
    used = run.fits > 0 ? 100 * run.used / run.fits : 100;
    (void)printf("%s, seed %llu: %.1f %% of what fits (%.1f A), %u acts, over after a drop %llu s "
                 "(%.0f s at most), by a lie %llu s (%.0f s at most)\n",
                 attack->name, (unsigned long long)seed, used,
                 run.fits / 3000 / (double)(run.seconds), run.acts,
                 (unsigned long long)run.over_drop, (double)run.longest_ms / 1000,
                 (unsigned long long)run.over_lie, (double)run.longest_lie_ms / 1000);
    yard_close(&run.yard);
    return used;
}

/* True: power was used well enough, in the mean: one seed alone says little. */
static bool run_attack(const struct attack *attack, const struct wanted *wanted)
{
    double mean = 0;

    for (unsigned long long seed = wanted->from; seed <= wanted->to; seed++)
        mean += run_seed(attack, seed, wanted);
    mean /= (double)(wanted->to - wanted->from + 1);
    (void)printf("%s %s: %.1f %% in the mean, %d are asked for\n",
                 mean >= attack->used_percent ? "ok" : "not ok", attack->name, mean,
                 attack->used_percent);
    return mean >= attack->used_percent;
}

static bool read_option(const char *name, const char *value, struct wanted *wanted)
{
    if (strcmp(name, "--seeds") == 0) {
        int count = sscanf(value, "%llu-%llu", &wanted->from, &wanted->to);
        if (count == 1)
            wanted->to = wanted->from;
        return count > 0 && wanted->from <= wanted->to;
    }
    if (strcmp(name, "--hours") == 0)
        return (wanted->hours = strtoull(value, NULL, 10)) > 0;
    if (strcmp(name, "--tell") == 0)
        return (wanted->tell_s = strtoull(value, NULL, 10)) > 0;
    if (strcmp(name, "--strict") == 0)
        return sscanf(value, "%llu", &wanted->strict) == 1;
    wanted->only = value;
    return strcmp(name, "--attack") == 0;
}

static int list_names(void)
{
    for (size_t i = 0; i < COUNT(attacks); i++)
        (void)puts(attacks[i].name);
    return 0;
}

int main(int argc, char **argv)
{
    struct wanted wanted = { .from = 1, .to = 1, .hours = 3 };
    unsigned passed = 0, failed = 0;

    (void)setvbuf(stdout, NULL, _IOLBF, 0); /* a crash must not eat the last line */
    if (argc == 2 && strcmp(argv[1], "--names") == 0)
        return list_names();
    for (int i = 1; i < argc; i += 2)
        if (i + 1 == argc || !read_option(argv[i], argv[i + 1], &wanted)) {
            (void)fprintf(stderr, "siegeworld [--seeds A-B] [--hours N] [--attack NAME] [--tell "
                                  "SECONDS] [--strict 1], or --names\n");
            return 2;
        }
    for (size_t i = 0; i < COUNT(attacks); i++) {
        if (wanted.only && strcmp(wanted.only, attacks[i].name) != 0)
            continue;
        if (run_attack(&attacks[i], &wanted))
            passed++;
        else
            failed++;
    }
    (void)printf("%u passed, %u failed\n", passed, failed);
    return failed > 0 || passed == 0; /* no attack has this name */
}
