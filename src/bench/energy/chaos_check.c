/* The independent look: what stations would let cars draw, added up as phasors. */
#include <complex.h>
#include <math.h>

#include "bench/energy/chaos_world.h"

struct sums {
    double _Complex line[LINE_COUNT];
    double base[LINE_COUNT];
    double power;
};

static double _Complex unit(double degrees)
{
    return cos(degrees * M_PI / 180) + I * sin(degrees * M_PI / 180);
}

/* One wire's current, in the frame where the voltage of L1 lies along the real axis. */
static void flow(struct sums *sums, enum wire wire, double da)
{
    if (wire <= WIRE_L3) {
        sums->line[wire] += da * unit(-120.0 * (int)wire);
        return;
    }
    uint32_t from = (uint32_t)wire - WIRE_L12;
    double _Complex current = da * unit(30 - 120.0 * from);

    sums->line[from] += current;
    sums->line[(from + 1) % LINE_COUNT] -= current;
}

static void add_evse(struct sums *sums, const struct true_evse *evse, double da)
{
    const struct tree_leaf *leaf = &evse->leaf;

    sums->power += da * leaf->volts * leaf->wires_live / 10;
    if (leaf->wires_live == 1) {
        flow(sums, (enum wire)evse->wire, da);
        return;
    }
    for (int wire = 0; wire < WIRE_COUNT; wire++)
        if (leaf->wires & WIRE_BIT(wire))
            flow(sums, (enum wire)wire, da);
}

static void add_below(struct sums *sums, const struct sums *below, const struct tree_node *node)
{
    double ratio = node->ratio_permille / 1000.0;

    for (int line = 0; line < LINE_COUNT; line++) {
        double _Complex current = below->line[line];

        if (node->ratio_permille != 0)
            current = (below->line[line] - below->line[(line + 2) % LINE_COUNT]) / ratio;
        sums->line[line] += current;
        sums->base[line] += node->ratio_permille != 0 ? 0 : below->base[line];
    }
    sums->power += below->power;
}

static bool is_over(const struct chaos_node *node, const struct sums *sums)
{
    for (int line = 0; line < LINE_COUNT; line++)
        if (node->tree.limit_da[line] != TREE_NO_LIMIT_DA &&
            cabs(sums->line[line]) + sums->base[line] > node->tree.limit_da[line] + 1e-6)
            return true;
    return node->tree.limit_w != TREE_NO_LIMIT_W && sums->power > (double)node->tree.limit_w + 1e-6;
}

/* Sums of the tree, by node. */
static void add_up(const struct chaos *chaos, struct sums *sums, const int32_t *draws)
{
    for (uint32_t i = 0; i < chaos->node_count; i++) {
        const struct tree_node *node = &chaos->nodes[i].tree;

        sums[i] = (struct sums){ .power = (double)node->base_w };
        for (int line = 0; line < LINE_COUNT; line++)
            sums[i].base[line] = node->base_da[line];
    }
    for (uint32_t i = 0; i < chaos->evse_count; i++)
        add_evse(&sums[chaos->evses[i].leaf.node], &chaos->evses[i], draws[i]);
    for (uint32_t i = chaos->node_count - 1; i > 0; i--)
        add_below(&sums[chaos->nodes[i].tree.parent], &sums[i], &chaos->nodes[i].tree);
}

bool chaos_can_meet(const struct chaos *chaos, uint32_t node)
{
    struct sums sums[CHAOS_NODES];
    int32_t draws[CHAOS_EVSES];

    for (uint32_t i = 0; i < chaos->evse_count; i++) {
        uint32_t station = chaos->evses[i].station;
        bool here = chaos->server.link[station] != 0 && chaos->stations[station].link &&
                    chaos->now >= chaos->stations[station].deaf_until &&
                    chaos->server.trust[station].obeys;

        draws[i] = here ? 0 : chaos_true_da(chaos, i);
    }
    add_up(chaos, sums, draws);
    return !is_over(&chaos->nodes[node], &sums[node]);
}

static void wrong(struct chaos *chaos, uint64_t *counter, uint32_t evse, uint32_t node)
{
    struct chaos_result *result = chaos->result;

    (*counter)++;
    if (result->wrong_at != 0)
        return;
    result->wrong_at = chaos->now;
    result->wrong_step = result->steps;
    result->wrong_evse = evse;
    result->wrong_node = node;
}

/* No station may hold more than it is booked at. */
static void look_at_stations(struct chaos *chaos, int32_t *may)
{
    for (uint32_t i = 0; i < chaos->evse_count; i++) {
        int32_t booked =
            chaos->server.up ? commit_state(chaos->server.commit, i).booked_da : INT32_MAX;

        may[i] = chaos_true_da(chaos, i);
        if (may[i] <= booked)
            continue;
        wrong(chaos, &chaos->result->unbooked_steps, i, chaos->evses[i].leaf.node);
        chaos->result->wrong_da = may[i];
        chaos->result->right_da = booked;
    }
}

static bool is_below(const struct chaos *chaos, uint32_t leaf_node, uint32_t node)
{
    int32_t at = (int32_t)leaf_node;

    while (at > (int32_t)node)
        at = chaos->nodes[at].tree.parent;
    return at == (int32_t)node;
}

bool chaos_disturbed(const struct chaos *chaos, uint32_t node, utc_ms since)
{
    const struct chaos_server *server = &chaos->server;

    for (uint32_t i = 0; i < chaos->evse_count; i++) {
        uint32_t id = chaos->evses[i].station;
        const struct true_station *station = &chaos->stations[id];
        bool gone = server->link[id] == 0 || !station->link || chaos->now < station->deaf_until;
        bool busy = since == chaos->now &&
                    (server->outstanding[id] != 0 || server->foreign_until[id] > chaos->now);

        if (is_below(chaos, chaos->evses[i].leaf.node, node) &&
            (gone || busy || station->disturbed_at >= since))
            return true;
    }
    return server->crashed_at >= since;
}

static void note_drop(struct chaos *chaos, uint32_t id, bool over)
{
    struct chaos_result *result = chaos->result;
    struct chaos_node *node = &chaos->nodes[id];

    if (node->dropped_at == UTC_UNKNOWN || over)
        return;
    if (node->dropped_at < chaos->now && result->drop_count < COUNT(result->drop_list))
        result->drop_list[result->drop_count++] = (struct chaos_drop){
            .ms = chaos->now - node->dropped_at,
            .disturbed = node->disturbed || chaos_disturbed(chaos, id, node->dropped_at + 1),
        };
    node->dropped_at = UTC_UNKNOWN;
}

/* Booked above a limit: only for a declared reason, and never more than before. */
static void look_at_booked(struct chaos *chaos, uint32_t id)
{
    struct chaos_node *node = &chaos->nodes[id];
    const struct tree *tree = commit_tree(chaos->server.commit);
    struct tree_excess excess;
    int64_t line_da[LINE_COUNT], power_w;
    bool over = tree_over(tree, id, &excess);

    tree_sums(tree, id, line_da, &power_w);
    if (!over)
        node->declared = node->excused = node->found = false;
    else if (!node->declared && !node->excused)
        wrong(chaos, &chaos->result->booked_steps, 0, id);
    for (int line = 0; line < LINE_COUNT; line++) {
        if (over && node->was_over && !node->excused && line_da[line] > node->tree.limit_da[line] &&
            line_da[line] > node->last_da[line])
            wrong(chaos, &chaos->result->raised_steps, 0, id);
        node->last_da[line] = line_da[line];
    }
    node->was_over = over;
}

/* What a session that is over was told, and may still be on its way, lies on all wires from when
 * all else of it is gone. */
static void excuse_left(struct chaos *chaos)
{
    for (uint32_t i = 0; i < chaos->evse_count; i++) {
        const struct commit_state state = commit_state(chaos->server.commit, i);
        int32_t node = (int32_t)chaos->leaves[i].node;

        if (chaos->server.session[i] != 0 || state.booked_da <= state.floor_da)
            continue;
        for (; node >= 0; node = chaos->nodes[node].tree.parent)
            chaos->nodes[node].excused = true;
    }
}

/* A limit is passed by what stations may draw, or by those of them that draw now. */
static void look_at_limits(struct chaos *chaos, const int32_t *draws, bool some)
{
    struct sums sums[CHAOS_NODES];
    bool dropped = false, found = false;

    add_up(chaos, sums, draws);
    for (uint32_t i = 0; i < chaos->node_count; i++) {
        struct chaos_node *node = &chaos->nodes[i];
        bool over = is_over(node, &sums[i]);

        if (!some)
            note_drop(chaos, i, over);
        dropped |= over && node->declared;
        found |= over && !node->declared && node->found;
        if (over && !node->declared && !node->found)
            wrong(chaos, &chaos->result->over_steps, 0, i);
    }
    if (!some) {
        chaos->result->dropped_steps += dropped;
        chaos->result->broken_steps += found;
    }
}

/* Stations that break what they confirmed, counted apart. */
static void look_at_broken(struct chaos *chaos, int32_t *draws)
{
    struct sums sums[CHAOS_NODES];
    bool broke = false;

    for (uint32_t i = 0; i < chaos->evse_count; i++)
        if (chaos->stations[chaos->evses[i].station].broken && chaos->evses[i].session != 0) {
            draws[i] = chaos->evses[i].cap_da;
            broke = true;
        }
    if (!broke)
        return;
    add_up(chaos, sums, draws);
    for (uint32_t i = 0; i < chaos->node_count; i++)
        if (is_over(&chaos->nodes[i], &sums[i])) {
            chaos->result->broken_steps++;
            return;
        }
}

void chaos_check(struct chaos *chaos)
{
    int32_t may[CHAOS_EVSES], some[CHAOS_EVSES];

    look_at_stations(chaos, may);
    /* Where some draw nothing, a line of a transformer may carry more. */
    for (uint32_t i = 0; i < chaos->evse_count; i++)
        some[i] = chance(chaos, 300) ? 0 : may[i];
    look_at_limits(chaos, may, false);
    look_at_limits(chaos, some, true);
    if (chaos->server.up)
        excuse_left(chaos);
    for (uint32_t i = 0; i < chaos->node_count && chaos->server.up; i++)
        look_at_booked(chaos, i);
    look_at_broken(chaos, may);
}
