/* What is done to the site: caps, edits, crashes; stations that go, forget, disobey. */
#include "sim/evse_inner.h"
#include "sim/siege.h"

/* --- what the operator wrote ------------------------------------------------------------- */

static void write_times(struct buf *text)
{
    buf_printf(text, ",\"times\":[");
    for (int hour = 0; hour < 24; hour++)
        buf_printf(text, "%s{\"from\":\"%02d:10\",\"to\":\"%02d:40\",\"limit_a\":60}",
                   hour ? "," : "", hour, hour);
    buf_printf(text, "]");
}

bool siege_limit_is_low(const struct run *run)
{
    int64_t minute = run->yard.place.world.now / MINUTE_MS % 60;

    return run->attack->times && minute >= 10 && minute < 40;
}

struct str siege_document(struct run *run)
{
    struct buf text;

    buf_init_arena(&text, &run->yard.arena, 65536);
    buf_printf(&text,
               "{\"mode\":\"equal\",\"nodes\":[{\"id\":\"grid\",\"kind\":\"grid\",\"limit_a\":%d,"
               "\"load_a\":%d",
               run->grid.limit_ma / 1000, LOAD_MA / 1000);
    if (run->attack->times)
        write_times(&text);
    buf_printf(&text, "}");
    for (uint32_t i = 0; i < ROWS; i++)
        buf_printf(&text,
                   ",{\"id\":\"row-%u\",\"parent\":\"grid\",\"kind\":\"circuit\",\"limit_a\":%d}",
                   i, run->rows[i].limit_ma / 1000);
    for (uint32_t i = 0; i < STATIONS; i++)
        if (!run->gone[i])
            yard_write_station(&text, &run->yard.setups[i], run->row_of[i], run->breaker_ma[i]);
    buf_printf(&text, "]%s}",
               run->attack->metered
                   ? ",\"meters\":[{\"id\":\"main\",\"node\":\"grid\",\"source\":\"push\","
                     "\"measures\":\"node\",\"safe_a\":8,\"stale_after_s\":60}]"
                   : "");
    check(!text.overflow);
    return buf_str(&text);
}

/* --- what is done to it ------------------------------------------------------------------ */

struct sim_station *siege_any(struct run *run)
{
    return &run->yard.place.world.stations[rand_below(&run->rand, STATIONS)];
}

/* Whose breaker fits whatever it does. */
struct sim_station *siege_small(struct run *run)
{
    static const uint8_t small[] = { 5, 9 };

    return &run->yard.place.world.stations[small[rand_below(&run->rand, COUNT(small))]];
}

void siege_inflict(struct run *run, const struct sim_station *station, enum fault_kind kind,
                   int64_t value, int64_t duration_ms)
{
    const struct fault fault = { .at = run->yard.place.world.now,
                                 .station = (uint32_t)(station - run->yard.place.world.stations),
                                 .kind = kind,
                                 .evse = 1,
                                 .value = value,
                                 .duration_ms = duration_ms };

    sim_world_fault(&run->yard.place.world, &fault);
}

static bool can_write(const struct run *run)
{
    return run->yard.place.server.up && !run->yard.place.server.engine.memory_void;
}

bool siege_go(struct run *run, enum err (*fn)(struct turn *turn))
{
    return engine_go(engine_turn(&run->yard.place.server.engine, fn, &run, sizeof run)) == ERR_NONE;
}

/* Its limit changes, from one second to the next. */
static void drop_to(struct run *run, struct node *node, int32_t limit_ma)
{
    if (limit_ma < node->limit_ma) {
        node->usual_ma = node->limit_ma;
        node->dropped_at = run->yard.place.world.now;
    }
    node->limit_ma = limit_ma;
}

static enum err cap_turn(struct turn *turn)
{
    const struct run *run = *(struct run *const *)turn->input;
    const struct dispatch_cap cap = { .site = run->yard.site,
                                      .limit_da = run->grid.limit_ma / 100,
                                      .limit_w = -1,
                                      .expires_at = UTC_NEVER,
                                      .reason = STR("test") };

    return run->grid.limit_ma == GRID_MA ? dispatch_cap_clear(turn, run->yard.site, STR_NONE)
                                         : dispatch_cap_set(turn, &cap);
}

void act_cap(struct run *run)
{
    struct node before = run->grid;

    if (!can_write(run))
        return;
    drop_to(run, &run->grid,
            run->grid.limit_ma == GRID_MA ? (int32_t)rand_range(&run->rand, 45, 85) * 1000
                                          : GRID_MA);
    if (!siege_go(run, cap_turn))
        run->grid = before;
}

static void restart(void *context)
{
    struct run *run = context;

    server_start(&run->yard.place.server);
}

/* As after a crash: at once, or after a minute. */
void act_kill(struct run *run)
{
    if (!run->yard.place.server.up)
        return;
    server_kill(&run->yard.place.server);
    sim_world_at(&run->yard.place.world,
                 run->yard.place.world.now +
                     rand_range(&run->rand, 1, rand_below(&run->rand, 3) ? 5 : 60) * 1000,
                 restart, run);
}

static enum err edit_turn(struct turn *turn)
{
    struct run *run = *(struct run *const *)turn->input;
    const struct power_row *row = NULL;
    struct power_row *power;

    for (uint32_t at = 0; (row = world_next(turn_world(turn), ROW_power, &at));)
        if (row->site == run->yard.site)
            break;
    check(row != NULL);
    power = TURN_EDIT(turn, power, row);
    power->document = siege_document(run);
    power->changed_at = turn->now;
    dispatch_site_changed(turn, run->yard.site);
    return ERR_NONE;
}

void act_edit(struct run *run)
{
    uint32_t i = (uint32_t)rand_below(&run->rand, STATIONS);
    struct node *row = &run->rows[rand_below(&run->rand, ROWS)];

    if (!can_write(run))
        return;
    switch (rand_below(&run->rand, 4)) {
    case 0: /* a limit */
        drop_to(run, row,
                row->limit_ma == ROW_MA ? (int32_t)rand_range(&run->rand, 30, 50) * 1000 : ROW_MA);
        break;
    case 1: /* the grid's */
        drop_to(run, &run->grid,
                run->grid.limit_ma == GRID_MA ? (int32_t)rand_range(&run->rand, 60, 90) * 1000
                                              : GRID_MA);
        break;
    case 2: /* another circuit: its load is there at once, and the others were not asked */
        run->row_of[i] = (uint8_t)rand_below(&run->rand, ROWS);
        row = &run->rows[run->row_of[i]];
        row->usual_ma = 2 * ROW_MA;
        row->dropped_at = run->yard.place.world.now;
        break;
    default: /* what the station may take */
        run->breaker_ma[i] = run->breaker_ma[i] == run->yard.setups[i].model->current_ma
                                 ? 16000
                                 : run->yard.setups[i].model->current_ma;
        break;
    }
    (void)siege_go(run, edit_turn);
}

void act_drop(struct run *run)
{
    siege_inflict(run, siege_any(run), FAULT_DROP, 0, 0);
}

void act_freeze(struct run *run)
{
    siege_inflict(run, siege_any(run), rand_below(&run->rand, 2) ? FAULT_HALF_OPEN : FAULT_DEAF, 0,
                  rand_range(&run->rand, 5000, 1500000));
}

/* Its profiles are gone, and only then its connection: as after a reboot that nobody tells of. */
void act_forget(struct run *run)
{
    struct sim_station *station = siege_small(run);

    run->forgot[station - run->yard.place.world.stations] = true;
    profiles_fini(&station->profiles);
    siege_inflict(run, station, FAULT_DROP, 0, 0);
}

void act_reboot(struct run *run)
{
    siege_inflict(run, siege_any(run), rand_below(&run->rand, 2) ? FAULT_REBOOT : FAULT_POWER_LOSS,
                  0, rand_range(&run->rand, 2000, 60000));
}

/* From one moment to the next a station takes no notice of its limits; then it does again. */
void act_disobey(struct run *run)
{
    struct sim_station *station = siege_small(run);
    bool ignores = sim_has_flaw(&station->control, FLAW_IGNORES);

    siege_inflict(run, station, FAULT_DISOBEY, !ignores, 0);
}

/* Cars that end and begin again. */
void act_loop(struct run *run)
{
    for (uint32_t i = 0; i < STATIONS; i++)
        for (uint32_t k = 0; k < run->yard.place.world.stations[i].evse_count; k++) {
            struct car *car = &run->yard.place.world.stations[i].evses[k].car;
            if (rand_below(&run->rand, 3) == 0)
                car->limit_permille = car->limit_permille == 1000 ? 1 : 1000;
        }
    for (uint32_t i = 0; i < STATIONS; i++)
        sim_evses_refresh(&run->yard.place.world.stations[i]);
}

void act_clock(struct run *run)
{
    static const int64_t off_ms[] = { 120000, -120000, 3600000, -3600000, 0, 59000 };

    siege_inflict(run, siege_any(run), FAULT_CLOCK, off_ms[rand_below(&run->rand, 6)], 0);
}

/* A flaw comes, or goes. */
static void turn(struct run *run, struct sim_station *station, enum sim_flaw flaw)
{
    siege_inflict(run, station, FAULT_TAKES, (int64_t)(station->control.flaws ^ FLAW_BIT(flaw)), 0);
}

/* It takes no limit any more, and holds what it has; then it does again. */
void act_refuse(struct run *run)
{
    turn(run, siege_any(run), FLAW_NO_PROFILES);
}

void act_slow(struct run *run)
{
    turn(run, siege_any(run), FLAW_SLOW);
}

/* Comes back with another firmware: it has forgotten all and takes no limit; with the next one it
 * does again (evcc#15493). */
void act_firmware(struct run *run)
{
    struct sim_station *station = siege_small(run);
    uint64_t flaws = station->control.flaws ^ FLAW_BIT(FLAW_NO_PROFILES);

    run->forgot[station - run->yard.place.world.stations] = true;
    siege_inflict(run, station, FAULT_TAKES, (int64_t)(flaws | FLAW_BIT(FLAW_FORGETS)), 0);
    siege_inflict(run, station, FAULT_REBOOT, 0, rand_range(&run->rand, 2000, 60000));
}

void act_all(struct run *run)
{
    static act_fn *const acts[] = { act_cap,    act_kill, act_edit,  act_drop,
                                    act_freeze, act_loop, act_clock, act_reboot };

    acts[rand_below(&run->rand, COUNT(acts))](run);
}
