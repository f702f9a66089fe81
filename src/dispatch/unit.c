/* unit.c: a limit in the unit that its station takes.
 *
 * What is booked is a current on each wire. A station that takes watts alone spreads them over the
 * phases that the car uses, or over three whatever the car does (1.6 §7.14: numberPhases is 3 when
 * it is not said), and nobody knows which before a car of one phase has shown it, nor which car it
 * is before it draws: until then all of its watts are booked as if they flowed on one wire. At its
 * rating no wire carries more, however it spreads them. */
#include "dispatch/tells.h"
#include "dispatch/trusts.h"

enum {
    VOLTS_LOW_PERMILLE = 940, /* the voltage may be that low (EN 50160: 10 %) */
    VOLTS_HIGH_PERMILLE = 1050,
    LEVELS = 4, /* limits in a row, apart from each other, that a car of one phase follows */
};

static const struct document_evse *known_of(const struct power_evse *evse)
{
    return &evse->station->site->document.evses[evse->index];
}

static bool takes_watts(const struct power_evse *evse)
{
    return !known_of(evse)->is_dc && evse->station->behaviour.unit == CHARGE_W;
}

/* Or it is told which one to use. */
static bool has_one_phase(const struct power_evse *evse)
{
    return known_of(evse)->leaf.wires_live == 1 || evse->car.phase_to_use;
}

static bool spreads(const struct power_evse *evse)
{
    return evse->station->behaviour.spreads == PROOF_YES;
}

static int32_t phases_seen(const struct power_evse *evse)
{
    return evse->car.session ? car_phases(&evse->car.seen) : 0;
}

int32_t unit_volts_dv(const struct power_evse *evse)
{
    return known_of(evse)->leaf.volts * 10 * VOLTS_LOW_PERMILLE / 1000;
}

int32_t unit_phases(const struct power_evse *evse, enum commit_layer layer, int32_t da)
{
    int32_t seen = phases_seen(evse);

    if (known_of(evse)->leaf.wires_live == 1 || (layer == LAYER_PROFILE && evse->car.phase_to_use))
        return 1;
    if (layer == LAYER_STATION || !takes_watts(evse) || spreads(evse) ||
        da >= known_of(evse)->max_da)
        return 3;
    return layer == LAYER_PROFILE && seen > 0 ? seen : 1;
}

bool unit_is_sure(const struct power_evse *evse)
{
    return !takes_watts(evse) || has_one_phase(evse) || phases_seen(evse) > 0;
}

int32_t unit_limit(const struct power_evse *evse, enum commit_layer layer, int32_t da)
{
    const struct document_evse *known = known_of(evse);

    if (known->is_dc)
        return (int32_t)((int64_t)charging_w_within(da, unit_volts_dv(evse), 3) *
                         known->efficiency_permille / 1000);
    return behaviour_limit(&evse->station->behaviour, da, unit_volts_dv(evse),
                           unit_phases(evse, layer, da));
}

int32_t unit_upto(const struct power_evse *evse, enum charging_unit unit, int32_t limit)
{
    const struct document_evse *known = known_of(evse);
    int32_t volts_dv = known->leaf.volts * 10, seen = phases_seen(evse);

    if (unit == CHARGE_A)
        return known->is_dc ? INT32_MAX : limit; /* of a cable whose voltage nobody tells */
    if (known->is_dc)
        return charging_da_upto(limit, volts_dv * known->efficiency_permille / 1000, LINE_COUNT);
    return charging_da_upto(limit, volts_dv, seen > 0 ? seen : 1);
}

/* --- phases -------------------------------------------------------------- */

/* May it be told which phase to use (2.0.1 K01.FR.19, FR.20)? */
static bool switches(const struct power_evse *evse)
{
    const struct power_station *station = evse->station;
    const struct document_evse *known = known_of(evse);

    return (station->protocol == PROTOCOL_201 || station->protocol == PROTOCOL_21) &&
           station->behaviour.switches == PROOF_YES && !known->is_dc &&
           !(known->leaf.wires & WIRES_DELTA);
}

static wire_set wire_at(const struct document_evse *known, int terminal)
{
    return WIRE_BIT(rotation_line((enum rotation)known->rotation, terminal));
}

/* The terminal of a single wire, from 1; 0: it is none, or not the only one. */
static uint8_t terminal_of(const struct document_evse *known, wire_set wires)
{
    for (int terminal = 0; terminal < LINE_COUNT; terminal++)
        if (wires == wire_at(known, terminal))
            return (uint8_t)(terminal + 1);
    return 0;
}

/* How full the line is on its way to the grid, in parts per million, where it is fullest. What the
 * EVSE itself has is on all that it may use, and tells them not apart. */
static int64_t fullness_of(const struct power_evse *evse, int line)
{
    struct commit *commit = evse->station->site->commit;
    int64_t own_da = commit_state(commit, evse->index).booked_da, most = 0;
    const struct tree *tree = commit_tree(commit);
    int32_t node = (int32_t)known_of(evse)->leaf.node;

    for (; node >= 0; node = tree_node(tree, (uint32_t)node)->parent) {
        int64_t limit_da = tree_node(tree, (uint32_t)node)->limit_da[line];
        int64_t line_da[LINE_COUNT], power_w, full;

        if (limit_da == TREE_NO_LIMIT_DA)
            continue;
        tree_sums(tree, (uint32_t)node, line_da, &power_w);
        full = (line_da[line] - own_da) * 1000000 / (limit_da > 0 ? limit_da : 1);
        most = full > most ? full : most;
    }
    return most;
}

/* The terminal, from 1, whose line has most room. */
static uint8_t emptiest(const struct power_evse *evse)
{
    const struct document_evse *known = known_of(evse);
    int64_t least = INT64_MAX;
    uint8_t best = 0;

    for (int terminal = 0; terminal < LINE_COUNT; terminal++) {
        int64_t full;

        if (!(known->leaf.wires & wire_at(known, terminal)))
            continue;
        full = fullness_of(evse, rotation_line((enum rotation)known->rotation, terminal));
        if (full < least) {
            least = full;
            best = (uint8_t)(terminal + 1);
        }
    }
    return best;
}

/* Only a car that has said that it uses one phase: one that was seen on one may use three another
 * time, and a limit of one phase would keep its station from that (EVerest#1060). It is chosen once
 * a session, and a car that draws already stays where it is: a switch ends some sessions
 * (lbbrhzn/ocpp#1035). What is booked follows the meter alone (facts.c). */
void unit_choose_phase(struct power_evse *evse)
{
    const struct document_evse *known = known_of(evse);
    bool is_single = known->leaf.wires_live == 1 || evse->car.said_phases == 1;

    if (evse->car.phase_to_use || !evse->car.session || !switches(evse) || !is_single)
        return;
    evse->car.phase_to_use =
        terminal_of(known, evse->car.wires ? evse->car.wires : known->leaf.wires);
    if (!evse->car.phase_to_use && evse->car.seen.lines == 0)
        evse->car.phase_to_use = emptiest(evse);
    if (evse->car.phase_to_use)
        evse->linked_session = 0; /* an update of a dynamic profile has no phase: it is set anew */
}

/* Those of the outlet, else of a car whose phase was chosen. Layers that outlive the session say
 * what is true of all cars; its maximum names no phase, so that no profile can contradict it (2.1
 * Part 2 K §3.8). */
struct unit_phase unit_phase(const struct power_evse *evse, enum commit_layer layer)
{
    const struct document_evse *known = known_of(evse);
    bool outlet =
        !known->is_dc && known->leaf.wires_live == 1 && !(known->leaf.wires & WIRES_DELTA);
    struct unit_phase phase = { .phases = outlet };

    if (layer == LAYER_PROFILE && evse->car.phase_to_use && switches(evse))
        return (struct unit_phase){ 1, evse->car.phase_to_use };
    if (layer != LAYER_STATION && outlet && switches(evse))
        phase.to_use = terminal_of(known, known->leaf.wires);
    return phase;
}

/* --- steps ----------------------------------------------------------------- */

/* A car of one phase shows how its station spreads watts. */
static bool is_tried(const struct power_evse *evse)
{
    return takes_watts(evse) && !has_one_phase(evse) && phases_seen(evse) == 1 &&
           evse->station->behaviour.spreads == PROOF_NONE;
}

int32_t unit_step(const struct power_evse *evse, int32_t da)
{
    bool amperes = !known_of(evse)->is_dc && !takes_watts(evse);

    if (is_tried(evse) && evse->spread_levels % 2 == 1 && da < known_of(evse)->max_da)
        da = da * 3 / 4;
    return amperes && evse->station->behaviour.tenths != PROOF_YES ? da - da % 10 : da;
}

/* Of its watts, how many thirds surely reach each wire that its car uses? */
static int32_t sure_thirds(const struct power_evse *evse, int32_t phases)
{
    bool follows = evse->station->behaviour.spreads == PROOF_NO && phases_seen(evse) > 0;

    return has_one_phase(evse) || spreads(evse) || follows ? 3 : phases;
}

int32_t unit_min(const struct power_evse *evse, int32_t da)
{
    int32_t most_da = known_of(evse)->max_da, seen = phases_seen(evse);
    int32_t part = sure_thirds(evse, seen > 0 ? seen : 1) * VOLTS_LOW_PERMILLE, least_da;

    if (!takes_watts(evse))
        return da;
    least_da = (da * 3 * VOLTS_HIGH_PERMILLE + part - 1) / part;
    if (is_tried(evse)) /* and a level below it, to see whether it is followed */
        least_da = least_da * 4 / 3;
    least_da = (least_da + 9) / 10 * 10;
    return least_da < most_da ? least_da : most_da;
}

/* The same of what it was told last. */
static int32_t told_thirds(const struct power_evse *evse)
{
    return takes_watts(evse) ? sure_thirds(evse, evse->told_phases > 0 ? evse->told_phases : 1) : 3;
}

int32_t unit_drawn(const struct power_evse *evse, int32_t da)
{
    if (da <= 0 || (!known_of(evse)->is_dc && !takes_watts(evse)))
        return da;
    return (int32_t)((int64_t)da * 3 * 1000 / ((int64_t)told_thirds(evse) * VOLTS_LOW_PERMILLE));
}

int32_t unit_offered(const struct power_evse *evse, int32_t da)
{
    if (!takes_watts(evse))
        return da;
    return (int32_t)((int64_t)da * told_thirds(evse) * VOLTS_LOW_PERMILLE / 3000);
}

/* --- how it spreads watts ------------------------------------------------------------- */

/* A third of what was told, on one wire. */
static bool is_third(int32_t draw_da, int32_t told_da)
{
    return draw_da * 3 >= told_da * 85 / 100 && draw_da * 3 <= told_da * 102 / 100;
}

/* A car of one phase that follows several limits at a third of what one wire might carry: its
 * station divides by three. One that is held by the car follows none. */
void unit_saw(struct power_evse *evse, int32_t confirmed_da)
{
    struct behaviour *behaviour = &evse->station->behaviour;
    int32_t draw_da = evse->draw.da, level_da = evse->spread_level_da;
    bool apart = confirmed_da * 5 < level_da * 4 || level_da * 5 < confirmed_da * 4;

    if (!is_tried(evse) || evse->told_phases != 1 || evse->told_limit_da != confirmed_da ||
        confirmed_da >= known_of(evse)->max_da)
        return;
    if (draw_da * 3 > confirmed_da * 12 / 10) { /* more than a third */
        behaviour->spreads = PROOF_NO;
        probing_keep(evse->station);
        return;
    }
    if (!is_third(draw_da, confirmed_da)) {
        evse->spread_levels = 0;
        return;
    }
    if (evse->spread_levels > 0 && !apart)
        return;
    evse->spread_level_da = confirmed_da;
    if (++evse->spread_levels < LEVELS)
        return;
    behaviour->spreads = PROOF_YES;
    probing_keep(evse->station);
}

void unit_follow(struct power_evse *evse, utc_ms now)
{
    const struct document_evse *known = known_of(evse);
    int32_t before = evse->told_phases;
    int32_t da = evse->told_limit_da, phases = unit_phases(evse, LAYER_PROFILE, da);

    if (!before || before == phases || !takes_watts(evse))
        return;
    /* What was told is spread over fewer wires than it was reckoned for: up to all of it on one. */
    if (phases < before)
        da = da * before > known->max_da ? known->max_da : da * before;
    evse->told_phases = 0;
    evse->memory.reclaim_da = evse->memory.headroom_da = 0; /* it drew less for want of watts */
    evse->memory.reclaim_samples = 0;
    commit_restate(evse->station->site->commit, evse->index, da, now);
}
