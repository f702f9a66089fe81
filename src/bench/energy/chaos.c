/* Events in the order of time, and the site's own: caps, loads. */
#include <stdlib.h>

#include "bench/energy/chaos_world.h"

const char *const chaos_breach_names[CHAOS_BREACH_COUNT] = {
    [CHAOS_KEPT] = "kept",     [CHAOS_LATENCY] = "latency", [CHAOS_ACK] = "ack",
    [CHAOS_FORGET] = "forget", [CHAOS_LOG] = "log",         [CHAOS_CLOCK] = "clock",
    [CHAOS_LEASE] = "lease",
};

const int64_t chaos_allowed_ms = CHAOS_SETTLE_MS + 2 * CHAOS_WAY_MS;

/* --- events ------------------------------------------------------------------------------ */

static bool before(const struct chaos_event *a, const struct chaos_event *b)
{
    return a->at != b->at ? a->at < b->at : a->number < b->number;
}

void chaos_at(struct chaos *chaos, utc_ms at, enum chaos_event_kind kind, uint32_t who,
              const struct chaos_message *message)
{
    struct chaos_event event = { .at = at, .number = ++chaos->number, .kind = kind, .who = who };
    uint32_t i = chaos->event_count++;

    check(chaos->event_count <= CHAOS_EVENTS);
    check(at >= chaos->now);
    if (message != NULL)
        event.message = *message;
    for (; i > 0 && before(&event, &chaos->events[(i - 1) / 2]); i = (i - 1) / 2)
        chaos->events[i] = chaos->events[(i - 1) / 2];
    chaos->events[i] = event;
}

static struct chaos_event take(struct chaos *chaos)
{
    struct chaos_event first = chaos->events[0], last;
    uint32_t i = 0, child;

    check(chaos->event_count > 0);
    last = chaos->events[--chaos->event_count];
    while ((child = 2 * i + 1) < chaos->event_count) {
        if (child + 1 < chaos->event_count &&
            before(&chaos->events[child + 1], &chaos->events[child]))
            child++;
        if (!before(&chaos->events[child], &last))
            break;
        chaos->events[i] = chaos->events[child];
        i = child;
    }
    chaos->events[i] = last;
    return first;
}

/* --- the site ---------------------------------------------------------------------------- */

/* What is booked may be above the limit for a while: that is declared. */
static void declare(struct chaos *chaos, uint32_t id)
{
    for (int32_t at = (int32_t)id; at >= 0; at = chaos->nodes[at].tree.parent) {
        chaos->nodes[at].declared = true;
        chaos->nodes[at].was_over = false;
    }
}

static void cap(struct chaos *chaos, const struct chaos_event *event)
{
    uint32_t id = event->who;
    struct chaos_node *node = &chaos->nodes[id];
    bool lift = node->tree.limit_da[0] != node->usual.limit_da[0];
    int32_t permille = (int32_t)rand_range(&chaos->rand, 50, 900);

    chaos_at(chaos, chaos->now + rand_range(&chaos->rand, 20000, lift ? 9000000 : 600000),
             EVENT_CAP, id, NULL);
    node->dropped_at = UTC_UNKNOWN;
    if (!chaos->server.up)
        return; /* a cap comes through the server */
    for (int line = 0; line < LINE_COUNT; line++)
        node->tree.limit_da[line] =
            lift ? node->usual.limit_da[line]
                 : (int32_t)((int64_t)node->usual.limit_da[line] * permille / 1000);
    if (!lift) {
        declare(chaos, id);
        chaos->result->drops++;
        if (chaos_can_meet(chaos, id))
            node->dropped_at = chaos->now;
        node->disturbed = chaos_disturbed(chaos, id, chaos->now);
    }
    chaos_server_changed(chaos, id);
}

static void base(struct chaos *chaos, const struct chaos_event *event)
{
    uint32_t id = event->who;
    struct chaos_node *node = &chaos->nodes[id];

    chaos_at(chaos, chaos->now + rand_range(&chaos->rand, 100000, 9000000), EVENT_BASE, id, NULL);
    if (!chaos->server.up)
        return;
    for (int line = 0; line < LINE_COUNT; line++)
        node->tree.base_da[line] =
            (int32_t)rand_below(&chaos->rand, (uint64_t)node->usual.limit_da[line] / 4 + 1);
    declare(chaos, id);
    chaos_server_changed(chaos, id);
}

static bool has_transformer(const struct chaos *chaos)
{
    return chaos->nodes[1].usual.ratio_permille != 0;
}

static void begin(struct chaos *chaos)
{
    for (uint32_t i = 0; i < chaos->evse_count; i++) {
        chaos_at(chaos, rand_range(&chaos->rand, 1, 600000), EVENT_PLUG, i, NULL);
        chaos_at(chaos, rand_range(&chaos->rand, 1, 60000), EVENT_METER, i, NULL);
    }
    for (uint32_t i = 0; i < chaos->station_count; i++) {
        chaos_at(chaos, rand_range(&chaos->rand, 1, 5000), EVENT_SEES_UP, i,
                 &(struct chaos_message){ .link = 1 });
        chaos_at(chaos, rand_range(&chaos->rand, 60000, 4000000), EVENT_LINK, i, NULL);
        chaos_at(chaos, rand_range(&chaos->rand, 60000, 3000000), EVENT_DEAF, i, NULL);
        chaos_at(chaos, rand_range(&chaos->rand, 10000, 1200000), EVENT_CLOCK, i, NULL);
        chaos_at(chaos, rand_range(&chaos->rand, 1000000, 200000000), EVENT_BREAK, i, NULL);
        chaos_at(chaos, rand_range(&chaos->rand, 10000, 2000000), EVENT_FOREIGN, i, NULL);
        if (!chaos->server.trust[i].obeys)
            chaos_at(chaos, rand_range(&chaos->rand, 100000, 4000000), EVENT_PROVEN, i, NULL);
    }
    for (uint32_t i = 0; i < chaos->node_count; i++) {
        chaos_at(chaos, rand_range(&chaos->rand, 100000, 9000000), EVENT_CAP, i, NULL);
        if (!has_transformer(chaos))
            chaos_at(chaos, rand_range(&chaos->rand, 100000, 9000000), EVENT_BASE, i, NULL);
    }
    chaos_at(chaos, rand_range(&chaos->rand, 300000, 10000000), EVENT_CRASH, 0, NULL);
    if (chaos->config.edits)
        chaos_at(chaos, 1000, EVENT_EDIT, 0, NULL);
}

static chaos_handler *const site_handlers[EVENT_COUNT] = { [EVENT_CAP] = cap, [EVENT_BASE] = base };

static void happen(struct chaos *chaos, const struct chaos_event *event)
{
    chaos_handler *const *tables[] = { chaos_station_handlers, chaos_server_handlers,
                                       site_handlers };

    for (uint32_t i = 0; i < COUNT(tables); i++)
        if (tables[i][event->kind] != NULL)
            tables[i][event->kind](chaos, event);
}

enum err chaos_run(const struct chaos_config *config, struct chaos_result *result)
{
    struct chaos *chaos = calloc(1, sizeof(*chaos));

    if (chaos == NULL)
        return ERR_FULL;
    memset(result, 0, sizeof(*result));
    chaos->config = *config;
    chaos->result = result;
    chaos->rand = (struct rand){ config->seed };
    chaos_make_site(chaos);
    chaos_server_start(chaos);
    begin(chaos);
    for (; result->steps < config->steps; result->steps++) {
        struct chaos_event event = take(chaos);

        chaos->now = event.at;
        happen(chaos, &event);
        chaos_pump(chaos);
        chaos_check(chaos);
    }
    result->passed_ms = chaos->now;
    arena_reset(&chaos->server.arena);
    arena_reset(&chaos->server.scratch);
    free(chaos);
    return ERR_NONE;
}
