/* A site from a seed: grid, panels, circuits; stations of one or two EVSEs on every kind of wire.
 */
#include "bench/energy/chaos_world.h"

static struct tree_node node_under(int32_t parent)
{
    return (struct tree_node){
        .parent = parent,
        .limit_da = { TREE_NO_LIMIT_DA, TREE_NO_LIMIT_DA, TREE_NO_LIMIT_DA },
        .limit_w = TREE_NO_LIMIT_W,
    };
}

static void make_leaf(struct chaos *chaos, uint32_t i, bool delta)
{
    struct true_evse *evse = &chaos->evses[i];
    wire_set three = delta ? WIRES_DELTA : WIRES_THREE_PHASE;
    uint8_t first = delta ? WIRE_L12 : WIRE_L1;
    uint32_t kind = (uint32_t)rand_below(&chaos->rand, 4);

    evse->meter_permille = (int32_t)rand_below(&chaos->rand, 41) - 20;
    evse->wire = (uint8_t)(first + rand_below(&chaos->rand, 3));
    evse->leaf = (struct tree_leaf){
        .node = 1 + (uint32_t)rand_below(&chaos->rand, chaos->node_count - 1),
        .wires = kind == 0 ? three : WIRE_BIT(evse->wire),
        .wires_live = kind == 0 ? 3 : 1,
        .volts = delta ? 208 : 230,
    };
    if (kind == 1) /* the phase of the car is not known */
        evse->leaf.wires = three;
    chaos->leaves[i] = evse->leaf;
    evse->cap_da = rand_below(&chaos->rand, 3) == 0 ? 160 : 320;
    chaos->fixed[i] = (struct commit_evse){
        .station = evse->station, .cap_da = evse->cap_da, .min_da = 60, .step_da = 10
    };
}

static void make_station(struct chaos *chaos, uint32_t id)
{
    struct true_station *station = &chaos->stations[id];

    *station = (struct true_station){
        .first = chaos->evse_count,
        .count = 1 + (chance(chaos, 250) ? 1 : 0),
        .link = true,
        .link_number = 1,
        .max_da = INT32_MAX,
        .rejects_permille = chance(chaos, 200) ? 200 : 5,
        .sloppy = chance(chaos, 150),
        .leases = !chance(chaos, 120),
        .linked = id % 4 == 3 && chaos->config.breach != CHAOS_LEASE,
        .alone_since = UTC_UNKNOWN,
        .deaf_until = 0,
    };
    for (uint32_t i = 0; i < station->count; i++) {
        chaos->evses[chaos->evse_count] =
            (struct true_evse){ .station = id, .profile_da = -1, .draws_permille = 1000 };
        chaos->evse_count++;
    }
    chaos->server.trust[id] = (struct commit_trust){
        .obeys = !chance(chaos, 80),
        .stops = id % 3 != 0, /* all do; of some the server has yet to see it */
        .leases = station->leases || chaos->config.breach == CHAOS_LEASE,
        .linked = station->linked,
        .settle_ms = chaos->config.breach == CHAOS_LATENCY ? 0 : CHAOS_SETTLE_MS,
    };
}

/* Limits that pinch: a part of what would flow with every EVSE at its cap. */
static void make_limits(struct chaos *chaos, uint32_t node)
{
    struct tree_node *tree = &chaos->nodes[node].usual;
    int64_t flat_da = 0;
    int32_t permille = (int32_t)rand_range(&chaos->rand, 300, 800);

    for (uint32_t i = 0; i < chaos->evse_count; i++) {
        int32_t at = (int32_t)chaos->evses[i].leaf.node;

        while (at > (int32_t)node)
            at = chaos->nodes[at].usual.parent;
        if (at == (int32_t)node)
            flat_da += chaos->evses[i].cap_da;
    }
    for (int line = 0; line < LINE_COUNT; line++)
        tree->limit_da[line] = (int32_t)(flat_da * permille / 1000 * 2 / 3) + 60;
    if (chance(chaos, 300))
        tree->limit_w = flat_da * 230 / 10 * permille / 1000 + 2000;
}

void chaos_make_site(struct chaos *chaos)
{
    bool delta = chance(chaos, 300), transformer = chance(chaos, 300);
    uint32_t stations = chaos->config.stations == 0 ? 16 : chaos->config.stations;

    check(stations <= CHAOS_STATIONS && stations * 2 <= CHAOS_EVSES + CHAOS_STATIONS);
    chaos->node_count = 8;
    chaos->nodes[0].usual = node_under(-1);
    chaos->nodes[1].usual = node_under(0);
    if (transformer)
        chaos->nodes[1].usual.ratio_permille = 4000;
    for (uint32_t i = 2; i < chaos->node_count; i++)
        chaos->nodes[i].usual = node_under((int32_t)rand_range(&chaos->rand, 1, i < 5 ? 1 : 4));
    for (uint32_t i = 0; i < stations; i++)
        make_station(chaos, i);
    chaos->station_count = stations;
    for (uint32_t i = 0; i < chaos->evse_count; i++)
        make_leaf(chaos, i, delta);
    for (uint32_t i = 0; i < chaos->node_count; i++) {
        make_limits(chaos, i);
        if (transformer && i == 0)
            for (int line = 0; line < LINE_COUNT; line++)
                chaos->nodes[0].usual.limit_da[line] =
                    chaos->nodes[0].usual.limit_da[line] / 2 + 10;
        chaos->nodes[i].tree = chaos->nodes[i].usual;
        chaos->nodes[i].dropped_at = UTC_UNKNOWN;
        /* Nothing is known of the stations yet, and some are not proven. */
        chaos->nodes[i].excused = chaos->nodes[i].found = true;
    }
}

struct commit_site chaos_site(const struct chaos *chaos)
{
    struct commit_site site = { .rules = commit_rules_default(),
                                .node_count = chaos->node_count,
                                .station_count = chaos->station_count,
                                .evse_count = chaos->evse_count,
                                .nodes = chaos->flat,
                                .leaves = chaos->leaves,
                                .evses = chaos->fixed };

    return site;
}
