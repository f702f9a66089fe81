/* The server: what a driver of commit.h does, with a plain allocator, a disk, and crashes. */
#include "bench/energy/chaos_world.h"

/* --- disk -------------------------------------------------------------------------------- */

/* All that was handed out up to this number is on disk. */
static void flush(struct chaos_server *server, uint64_t number)
{
    uint32_t done = 0;

    for (; done < server->lazy_count && server->lazy[done].number <= number; done++) {
        server->disk[server->lazy[done].evse] = server->lazy[done].durable;
        server->has_record[server->lazy[done].evse] = true;
    }
    server->lazy_count -= done;
    memmove(server->lazy, server->lazy + done, sizeof(server->lazy[0]) * server->lazy_count);
}

static void write_record(struct chaos *chaos, uint32_t evse, const struct commit_durable *durable,
                         bool now)
{
    struct chaos_server *server = &chaos->server;
    bool breach = chaos->config.breach == CHAOS_LOG;

    if (server->lazy_count == CHAOS_LAZY)
        flush(server, server->lazy[0].number);
    server->lazy[server->lazy_count].evse = evse;
    server->lazy[server->lazy_count].number = ++server->records;
    server->lazy[server->lazy_count++].durable = *durable;
    if (now && !breach)
        flush(server, server->records);
    else
        chaos_at(chaos, chaos->now + rand_range(&chaos->rand, 10, breach ? 60000 : 400), EVENT_DISK,
                 0, &(struct chaos_message){ .id = server->records });
}

/* --- a plain allocator: an ampere each, round by round ----------------------------------- */

static bool fits(const struct tree *tree, struct tree_excess *excess)
{
    return !tree_any_over(tree, excess);
}

static void decide_failsafes(struct chaos *chaos, bool usual)
{
    struct commit_site site = chaos_site(chaos);
    int32_t fixed[CHAOS_EVSES];
    struct commit_layers layers = { .site = &site,
                                    .share = commit_share_default(),
                                    .fixed_da = fixed,
                                    .failsafe_da = chaos->failsafe_da,
                                    .station_max_da = chaos->station_max_da };

    for (uint32_t i = 0; i < chaos->node_count; i++)
        chaos->flat[i] = usual ? chaos->nodes[i].usual : chaos->nodes[i].tree;
    for (uint32_t i = 0; i < chaos->evse_count; i++)
        fixed[i] = chaos->server.trust[chaos->evses[i].station].obeys ? -1 : chaos->evses[i].cap_da;
    check(commit_layers(&chaos->server.scratch, &layers) == ERR_NONE);
    arena_reset(&chaos->server.scratch);
    for (uint32_t i = 0; i < chaos->node_count; i++)
        chaos->flat[i] = chaos->nodes[i].tree;
}

/* What is booked anyway, and the fail-safes; false: they do not fit. */
static bool book_base(struct chaos *chaos, struct tree *tree)
{
    struct tree_excess excess;

    for (uint32_t i = 0; i < chaos->evse_count; i++) {
        struct commit_state state = commit_state(chaos->server.commit, i);

        tree_book(tree, i, state.steerable ? chaos->failsafe_da[i] : state.booked_da);
    }
    return fits(tree, &excess);
}

static void decide(struct chaos *chaos)
{
    struct chaos_server *server = &chaos->server;
    struct tree *tree;
    bool grew = true;

    check(tree_new(&server->scratch, chaos->flat, chaos->node_count, chaos->leaves,
                   chaos->evse_count, &tree) == ERR_NONE);
    if (!book_base(chaos, tree))
        for (uint32_t i = 0; i < chaos->evse_count; i++)
            if (commit_state(server->commit, i).steerable)
                tree_book(tree, i, 0);
    while (grew) { /* until nobody has room */
        grew = false;
        for (uint32_t i = 0; i < chaos->evse_count; i++) {
            int32_t had = tree_booked(tree, i), next = had == 0 ? 60 : had + 20;

            if (!commit_state(server->commit, i).steerable || next > chaos->evses[i].cap_da ||
                tree_room(tree, i, next) < next)
                continue;
            tree_book(tree, i, next);
            grew = true;
        }
    }
    for (uint32_t i = 0; i < chaos->evse_count; i++)
        if (server->session[i] != 0)
            commit_wish(server->commit, i,
                        commit_state(server->commit, i).steerable ? tree_booked(tree, i) : 60,
                        (uint8_t)(i % 4), chaos->now);
    arena_reset(&server->scratch);
}

static void want_layers(struct chaos *chaos)
{
    for (uint32_t i = 0; i < chaos->evse_count; i++)
        commit_failsafe(chaos->server.commit, i, chaos->failsafe_da[i], chaos->now);
    for (uint32_t i = 0; i < chaos->station_count; i++)
        commit_station_max(chaos->server.commit, i, chaos->station_max_da[i], chaos->now);
}

static void decide_soon(struct chaos *chaos, int32_t ms)
{
    struct chaos_server *server = &chaos->server;

    if (server->decide_at <= chaos->now + ms)
        return;
    server->decide_at = chaos->now + ms;
    chaos_at(chaos, server->decide_at, EVENT_DECIDE, 0, NULL);
}

/* --- sends ------------------------------------------------------------------------------- */

/* Each version counts its calls from 1. */
enum { EDITION_BIT = 48 };

static uint64_t id_of(const struct chaos_server *server, uint64_t id)
{
    return id | server->edition << EDITION_BIT;
}

static bool is_of_now(const struct chaos_server *server, uint64_t id)
{
    return id >> EDITION_BIT == server->edition;
}

static uint64_t own_id(uint64_t id)
{
    return id & ((UINT64_C(1) << EDITION_BIT) - 1);
}

static void send_call(struct chaos *chaos, const struct commit_send *send)
{
    struct chaos_server *server = &chaos->server;
    struct true_station *station = &chaos->stations[send->station];
    struct chaos_message call = { .id = id_of(server, send->id),
                                  .evse = send->evse,
                                  .link = server->link[send->station],
                                  .session = server->session[send->evse],
                                  .what = (uint8_t)send->layer,
                                  .goes_on = chance(chaos, 500),
                                  .da = send->limit_da,
                                  .ends_at = send->ends_at };
    utc_ms at = chaos->now + rand_range(&chaos->rand, 5, chance(chaos, 50) ? CHAOS_WAY_MS : 300);

    if (call.ends_at < COMMIT_LINKED)
        call.ends_at += send->offset_ms;
    if (server->foreign_until[send->station] > chaos->now)
        at += server->foreign_until[send->station] - chaos->now;
    if (at <= station->to_station_at)
        at = station->to_station_at + 1;
    chaos->result->sends++;
    server->outstanding[send->station] = call.id;
    if (call.link == station->link_number) {
        station->to_station_at = at;
        chaos_at(chaos, at, EVENT_CALL, send->station, &call);
    }
    chaos_at(chaos, chaos->now + CHAOS_TIMEOUT_MS, EVENT_TIMEOUT, send->station, &call);
    if (chaos->config.breach == CHAOS_ACK) {
        server->outstanding[send->station] = 0;
        commit_answer(server->commit, send->id, COMMIT_ACCEPTED, chaos->now);
    }
}

static void found_out(struct chaos *chaos, uint32_t id)
{
    struct chaos_server *server = &chaos->server;
    struct true_station *station = &chaos->stations[id];

    if (!station->broken)
        chaos->result->found_wrongly++;
    else if (!station->found)
        chaos->result->found++;
    for (uint32_t i = station->first; i < station->first + station->count; i++) {
        if (chaos->evses[i].samples > chaos->result->samples_max)
            chaos->result->samples_max = chaos->evses[i].samples;
        chaos->evses[i].samples = 0;
    }
    station->found = true;
    server->trust[id].obeys = false;
    commit_trust(server->commit, id, &server->trust[id], chaos->now);
    for (uint32_t i = 0; i < chaos->node_count; i++)
        chaos->nodes[i].excused = chaos->nodes[i].found = true;
    decide_failsafes(chaos, !chaos->failsafe_low);
    want_layers(chaos);
    decide_soon(chaos, 0);
}

static void read_reports(struct chaos *chaos)
{
    struct chaos_server *server = &chaos->server;
    struct commit_report report;

    while (commit_report(server->commit, &report)) {
        if (report.news == COMMIT_LOG)
            write_record(chaos, report.evse, &report.durable, report.log_first);
        if (report.news == COMMIT_CLOSE) {
            chaos->result->closes++;
            chaos_link_down(chaos, report.station, true);
        }
        if (report.news == COMMIT_LAPSED)
            chaos->result->lapses++;
        if (report.news == COMMIT_DISOBEYS)
            found_out(chaos, report.station);
    }
}

void chaos_pump(struct chaos *chaos)
{
    struct chaos_server *server = &chaos->server;
    struct commit_send send;
    utc_ms wake;

    if (!server->up)
        return;
    do {
        read_reports(chaos);
        while (commit_next(server->commit, chaos->now, &send)) {
            write_record(chaos, send.evse, &send.durable, send.log_first);
            send_call(chaos, &send);
        }
    } while (commit_wake(server->commit) <= chaos->now);
    wake = commit_wake(server->commit);
    if (wake < server->wake_at || server->wake_at <= chaos->now) {
        server->wake_at = wake > chaos->now ? wake : chaos->now + 1;
        if (wake != UTC_NEVER)
            chaos_at(chaos, server->wake_at, EVENT_WAKE, 0, NULL);
    }
}

/* --- life -------------------------------------------------------------------------------- */

void chaos_server_start(struct chaos *chaos)
{
    struct chaos_server *server = &chaos->server;
    struct commit_site site = chaos_site(chaos);

    arena_reset(&server->arena);
    for (uint32_t i = 0; i < chaos->node_count; i++)
        chaos->flat[i] = chaos->nodes[i].tree;
    check(commit_new(&server->arena, &site, &server->commit) == ERR_NONE);
    server->up = true;
    server->wake_at = server->decide_at = UTC_NEVER;
    for (uint32_t i = 0; i < chaos->evse_count; i++)
        if (server->has_record[i])
            commit_restore(server->commit, i, &server->disk[i]);
    memset(server->has_wires, 0, sizeof server->has_wires);
    for (uint32_t i = 0; i < chaos->station_count; i++) {
        commit_trust(server->commit, i, &server->trust[i], chaos->now);
        server->link[i] = 0;
        server->outstanding[i] = 0;
    }
    for (uint32_t i = 0; i < chaos->evse_count; i++) {
        chaos->evses[i].samples = 0;
        commit_session(server->commit, i, server->session[i] != 0, chaos->now);
    }
    for (uint32_t i = 0; i < chaos->node_count; i++)
        chaos->nodes[i].excused = true;
    decide_failsafes(chaos, !chaos->failsafe_low);
    want_layers(chaos);
    decide_soon(chaos, 0);
}

/* What the one before was told of each, as the dispatch does (renew.c, follow.c). */
static void take_over(struct chaos *chaos, const struct commit *before)
{
    struct chaos_server *server = &chaos->server;
    struct commit_before told;

    for (uint32_t i = 0; i < chaos->station_count; i++) {
        commit_trust(server->commit, i, &server->trust[i], chaos->now);
        server->outstanding[i] = 0;
        if (server->link[i] != 0 || server->trust[i].forgets)
            commit_station(server->commit, i, server->link[i] != 0, chaos->now);
    }
    for (uint32_t i = 0; i < chaos->evse_count; i++) {
        commit_session(server->commit, i, server->session[i] != 0, chaos->now);
        if (server->has_wires[i])
            commit_wires(server->commit, i, WIRE_BIT(chaos->evses[i].wire), 1, chaos->now);
        told = (struct commit_before){ before, i, 1u << LAYER_DEFAULT | 1u << LAYER_STATION };
        if (server->session[i] != 0 && server->link[chaos->evses[i].station] != 0)
            told.layers |= 1u << LAYER_PROFILE;
        commit_follow(server->commit, i, &told, chaos->now);
    }
}

static void edit(struct chaos *chaos, const struct chaos_event *event)
{
    struct chaos_server *server = &chaos->server;
    struct commit_site site = chaos_site(chaos);
    const struct commit *before = server->commit;
    struct arena arena = server->arena;

    (void)event;
    chaos_at(chaos, chaos->now + rand_range(&chaos->rand, 1000, 300000), EVENT_EDIT, 0, NULL);
    if (!server->up)
        return;
    chaos->result->edits++;
    flush(server, server->records); /* what was handed out is known, on disk or not */
    server->edition++;
    arena_init(&server->arena, NULL, 0);
    check(commit_new(&server->arena, &site, &server->commit) == ERR_NONE);
    server->wake_at = server->decide_at = UTC_NEVER;
    for (uint32_t i = 0; i < chaos->evse_count; i++)
        if (server->has_record[i])
            commit_restore(server->commit, i, &server->disk[i]);
    take_over(chaos, before);
    arena_reset(&arena);
    want_layers(chaos);
    decide_soon(chaos, 0);
}

static void crash(struct chaos *chaos, const struct chaos_event *event)
{
    struct chaos_server *server = &chaos->server;

    (void)event;
    chaos->result->crashes++;
    server->up = false;
    server->crashed_at = chaos->now;
    server->lazy_count = 0; /* what was not on disk is gone */
    for (uint32_t i = 0; i < chaos->station_count; i++)
        chaos_link_down(chaos, i, true);
    if (chance(chaos, 100)) /* a record is lost, and the worst case has to be assumed */
        server->has_record[rand_below(&chaos->rand, chaos->evse_count)] = false;
    chaos_at(chaos,
             chaos->now + rand_range(&chaos->rand, 1000, chance(chaos, 200) ? 1500000 : 20000),
             EVENT_START, 0, NULL);
    chaos_at(chaos, chaos->now + rand_range(&chaos->rand, 300000, 10000000), EVENT_CRASH, 0, NULL);
}

/* What the last session was told may meet the next car, on other wires: booked there at once. */
static void excuse_path(struct chaos *chaos, uint32_t evse)
{
    for (int32_t at = (int32_t)chaos->leaves[evse].node; at >= 0; at = chaos->nodes[at].tree.parent)
        chaos->nodes[at].excused = true;
}

static void session_fact(struct chaos *chaos, const struct chaos_message *fact)
{
    struct chaos_server *server = &chaos->server;
    uint32_t *known = &server->session[fact->evse];

    if (fact->what == FACT_END ? *known != fact->session : false)
        return;
    server->has_wires[fact->evse] = false;
    if (*known != 0) {
        commit_session(server->commit, fact->evse, false, chaos->now);
        commit_wires(server->commit, fact->evse, chaos->leaves[fact->evse].wires,
                     chaos->leaves[fact->evse].wires_live, chaos->now);
        excuse_path(chaos, fact->evse);
    }
    *known = fact->what == FACT_BEGIN ? fact->session : 0;
    if (*known != 0) {
        struct commit_state state = commit_state(server->commit, fact->evse);

        if (state.booked_da > state.floor_da)
            excuse_path(chaos, fact->evse); /* the last session's profile is not gone */
        commit_session(server->commit, fact->evse, true, chaos->now);
    }
    decide_soon(chaos, 100);
}

static void fact_arrives(struct chaos *chaos, const struct chaos_event *event)
{
    struct chaos_server *server = &chaos->server;
    struct true_station *station = &chaos->stations[event->who];
    const struct chaos_message *fact = &event->message;
    uint32_t *samples = &chaos->evses[fact->evse].samples; /* in a row */
    int32_t more_da;

    if (!server->up || fact->link != server->link[event->who])
        return;
    switch (fact->what) {
    case FACT_METER:
        *samples = station->broken && server->trust[event->who].obeys &&
                           fact->da > commit_state(server->commit, fact->evse).now_da + 10 &&
                           fact->da > fact->known_da + 10
                       ? *samples + 1
                       : 0;
        if (fact->session == server->session[fact->evse] &&
            chaos->evses[fact->evse].leaf.wires_live == 1) {
            server->has_wires[fact->evse] = true;
            commit_wires(server->commit, fact->evse, WIRE_BIT(chaos->evses[fact->evse].wire), 1,
                         chaos->now);
        }
        more_da = commit_state(server->commit, fact->evse).more_da;
        commit_draw(server->commit, fact->evse, fact->da, fact->at, chaos->now);
        if (commit_state(server->commit, fact->evse).more_da > more_da)
            excuse_path(chaos, fact->evse); /* it draws more than it said: found out */
        break;
    case FACT_CLOCK:
        station->told_offset_ms = fact->offset_ms;
        commit_clock(server->commit, event->who, fact->offset_ms, chaos->now);
        break;
    default:
        session_fact(chaos, fact);
        break;
    }
}

static void answer_arrives(struct chaos *chaos, const struct chaos_event *event)
{
    struct chaos_server *server = &chaos->server;

    if (!server->up || event->message.link != server->link[event->who] ||
        !is_of_now(server, event->message.id))
        return;
    if (server->outstanding[event->who] == event->message.id)
        server->outstanding[event->who] = 0;
    else
        chaos->result->late++;
    if (event->message.what == COMMIT_ACCEPTED)
        chaos->result->accepted++;
    else
        chaos->result->rejected++;
    commit_answer(server->commit, own_id(event->message.id),
                  (enum commit_result)event->message.what, chaos->now);
    decide_soon(chaos, 500);
}

static void times_out(struct chaos *chaos, const struct chaos_event *event)
{
    struct chaos_server *server = &chaos->server;

    if (!server->up || server->outstanding[event->who] != event->message.id)
        return;
    server->outstanding[event->who] = 0;
    chaos->result->lost++;
    commit_answer(server->commit, own_id(event->message.id),
                  chaos->config.breach == CHAOS_FORGET ? COMMIT_REJECTED : COMMIT_NO_ANSWER,
                  chaos->now);
}

static void sees_link(struct chaos *chaos, const struct chaos_event *event)
{
    struct chaos_server *server = &chaos->server;
    bool up = event->kind == EVENT_SEES_UP;

    if (!server->up || (up ? event->message.link != chaos->stations[event->who].link_number
                           : event->message.link != server->link[event->who]))
        return;
    server->link[event->who] = up ? event->message.link : 0;
    server->outstanding[event->who] = 0;
    server->foreign_until[event->who] = 0;
    commit_station(server->commit, event->who, up, chaos->now);
    if (up && chance(chaos, 100))
        commit_booted(server->commit, event->who, chaos->now);
    decide_soon(chaos, 100);
}

/* A call of somebody else takes the slot: ours waits until its answer is there. */
static void foreign_call(struct chaos *chaos, const struct chaos_event *event)
{
    chaos->stations[event->who].disturbed_at = chaos->now;
    chaos->server.foreign_until[event->who] = chaos->now + rand_range(&chaos->rand, 50, 7000);
    chaos_at(chaos, chaos->now + rand_range(&chaos->rand, 7000, 2000000), EVENT_FOREIGN, event->who,
             NULL);
}

static void proven(struct chaos *chaos, const struct chaos_event *event)
{
    uint32_t id = event->who;
    struct chaos_server *server = &chaos->server;

    if (chaos->stations[id].broken)
        return;
    server->trust[id].obeys = true;
    if (!server->up)
        return;
    commit_trust(server->commit, id, &server->trust[id], chaos->now);
    decide_failsafes(chaos, !chaos->failsafe_low);
    want_layers(chaos);
    decide_soon(chaos, 100);
}

void chaos_server_changed(struct chaos *chaos, uint32_t node)
{
    struct chaos_server *server = &chaos->server;
    const struct tree_node *tree = &chaos->nodes[node].tree;
    struct tree_excess excess;
    struct tree *sums;

    chaos->flat[node] = *tree;
    commit_limits(server->commit, node, tree->limit_da, tree->limit_w, chaos->now);
    commit_base(server->commit, node, tree->base_da, tree->base_w, chaos->now);
    /* The usual fail-safes, where they still fit. */
    decide_failsafes(chaos, true);
    check(tree_new(&server->scratch, chaos->flat, chaos->node_count, chaos->leaves,
                   chaos->evse_count, &sums) == ERR_NONE);
    for (uint32_t i = 0; i < chaos->evse_count; i++)
        tree_book(sums, i, chaos->failsafe_da[i]);
    chaos->failsafe_low = !fits(sums, &excess);
    arena_reset(&server->scratch);
    if (chaos->failsafe_low)
        decide_failsafes(chaos, false);
    want_layers(chaos);
    decide(chaos); /* at once */
}

static void decides(struct chaos *chaos, const struct chaos_event *event)
{
    (void)event;
    if (!chaos->server.up || chaos->server.decide_at != chaos->now)
        return;
    chaos->server.decide_at = UTC_NEVER;
    decide(chaos);
}

static void on_disk(struct chaos *chaos, const struct chaos_event *event)
{
    flush(&chaos->server, event->message.id);
}

static void starts(struct chaos *chaos, const struct chaos_event *event)
{
    (void)event;
    chaos_server_start(chaos);
}

/* Every event is followed by a look at commit_next. */
static void wakes(struct chaos *chaos, const struct chaos_event *event)
{
    (void)chaos;
    (void)event;
}

chaos_handler *const chaos_server_handlers[EVENT_COUNT] = {
    [EVENT_ANSWER] = answer_arrives,
    [EVENT_FACT] = fact_arrives,
    [EVENT_SEES_DOWN] = sees_link,
    [EVENT_SEES_UP] = sees_link,
    [EVENT_PROVEN] = proven,
    [EVENT_TIMEOUT] = times_out,
    [EVENT_FOREIGN] = foreign_call,
    [EVENT_DECIDE] = decides,
    [EVENT_DISK] = on_disk,
    [EVENT_CRASH] = crash,
    [EVENT_START] = starts,
    [EVENT_WAKE] = wakes,
    [EVENT_EDIT] = edit,
};
