/* How it is made, and what can be asked of it. commit_book.c: what is booked; commit_facts.c and
 * commit_draw.c: what changes that; commit_need.c, commit_send.c, commit_answer.c: what is sent. */
#include "energy/commit_parts.h"

struct commit_rules commit_rules_default(void)
{
    return (struct commit_rules){
        .lease_ms = 900000,
        .offline_ms = 300000,
        .notice_ms = 1200000,
        .skew_ms = 60000,
        .sends_per_s = 20,
        .retry_ms = 5000,
        .partial_ms = 5000,
        .blocked_ms = 5000,
        .tolerance_da = 9,
        .over_samples = 2,
        .mean_samples = 20,
        .mean_tolerance_da = 6,
        .mean_permille = 20,
    };
}

/* --- made -------------------------------------------------------------------------------- */

static bool rules_make_sense(const struct commit_rules *rules)
{
    return rules->lease_ms >= 2000 && rules->offline_ms >= 0 && rules->notice_ms >= 0 &&
           rules->skew_ms >= 0 && rules->sends_per_s > 0 && rules->retry_ms > 0 &&
           rules->partial_ms >= 0 && rules->blocked_ms >= 0 && rules->tolerance_da >= 0 &&
           rules->over_samples > 0 && rules->mean_samples > 0 && rules->mean_tolerance_da >= 0 &&
           rules->mean_permille >= 0;
}

static bool site_makes_sense(const struct commit_site *site)
{
    uint32_t station = 0;

    if (!rules_make_sense(&site->rules) || site->evse_count > TREE_LEAVES_MAX)
        return false;
    for (uint32_t i = 0; i < site->evse_count; i++) {
        const struct commit_evse *evse = &site->evses[i];
        bool next =
            i == 0 ? evse->station == 0 : evse->station == station || evse->station == station + 1;

        if (!next || evse->cap_da < 0 || evse->min_da < 0 || evse->step_da < 0)
            return false;
        station = evse->station;
    }
    return site->station_count == (site->evse_count == 0 ? 0 : station + 1);
}

void commit_know_nothing(struct evse *evse, bool profile)
{
    if (profile) {
        evse->profile.count = 0;
        possible_add(&evse->profile, evse->fixed.cap_da, UTC_NEVER, false);
    }
    evse->failsafe.count = 0;
    possible_add(&evse->failsafe, evse->fixed.cap_da, UTC_NEVER, false);
    for (uint32_t i = 0; i < LAYER_COUNT; i++)
        evse->layers[i].confirmed_da = -1;
}

static void evse_init(struct evse *evse, const struct commit_evse *fixed)
{
    evse->fixed = *fixed;
    evse->least_da = fixed->min_da;
    for (uint32_t i = 0; i < LAYER_COUNT; i++)
        evse->layers[i] = (struct layer){ .wanted_da = -1, .confirmed_da = -1 };
    commit_know_nothing(evse, true);
    /* No record on disk is read as this one. */
    evse->logged = (struct commit_durable){ .profile_da = fixed->cap_da,
                                            .profile_until = UTC_NEVER,
                                            .default_da = fixed->cap_da };
    evse->fell_at = evse->heard_at = evse->draw_at = UTC_UNKNOWN;
}

static enum err sums_init(struct commit *commit, struct arena *arena,
                          const struct commit_site *site)
{
    struct tree **const sums[] = { &commit->booked, &commit->now_tree, &commit->claimed };
    uint32_t count = site->evse_count;
    struct tree_leaf *leaves = ARENA_NEW_ARRAY(arena, struct tree_leaf, 2 * (size_t)count);
    enum err err = leaves == NULL ? ERR_FULL : ERR_NONE;

    for (uint32_t i = 0; i < count && err == ERR_NONE; i++)
        leaves[i] = leaves[count + i] = site->leaves[i];
    for (size_t i = 0; i < COUNT(sums) && err == ERR_NONE; i++)
        err = tree_new(arena, site->nodes, site->node_count, leaves, 2 * count, sums[i]);
    if (err == ERR_NONE)
        err = order_init(&commit->timers, arena, count);
    if (err == ERR_NONE)
        err = order_init(&commit->ready, arena, count);
    return err;
}

enum err commit_new(struct arena *arena, const struct commit_site *site, struct commit **made)
{
    struct commit *commit = ARENA_NEW(arena, struct commit);
    enum err err;

    if (!site_makes_sense(site))
        return ERR_BAD_VALUE;
    if (commit == NULL)
        return ERR_FULL;
    *commit = (struct commit){
        .rules = site->rules,
        .evse_count = site->evse_count,
        .station_count = site->station_count,
        .evses = ARENA_NEW_ARRAY(arena, struct evse, site->evse_count),
        .stations = ARENA_NEW_ARRAY(arena, struct station, site->station_count),
        .told = ARENA_NEW_ARRAY(arena, uint32_t, site->evse_count),
        .changed = ARENA_NEW_ARRAY(arena, uint32_t, site->evse_count),
        .now = UTC_UNKNOWN,
        .budget_at = UTC_UNKNOWN,
        .budget = (int64_t)site->rules.sends_per_s * 1000,
        .over_unsure = true,
        .drop_at = UTC_NEVER,
    };
    if (commit->evses == NULL || commit->stations == NULL || commit->told == NULL ||
        commit->changed == NULL)
        return ERR_FULL;
    err = sums_init(commit, arena, site);
    if (err != ERR_NONE)
        return err;
    for (uint32_t i = 0; i < site->evse_count; i++) {
        struct station *station = &commit->stations[site->evses[i].station];

        evse_init(&commit->evses[i], &site->evses[i]);
        if (station->count++ == 0)
            *station = (struct station){ .first = i, .count = 1, .slot_since = UTC_UNKNOWN };
        commit_refresh(commit, i);
    }
    *made = commit;
    return ERR_NONE;
}

int32_t commit_told(struct evse *evse, int32_t da)
{
    if (da < 0)
        return evse->fixed.cap_da;
    da = da < TREE_DA_MAX ? da : TREE_DA_MAX;
    evse->told_da = da > evse->told_da ? da : evse->told_da;
    return da;
}

void commit_restore(struct commit *commit, uint32_t id, const struct commit_durable *durable)
{
    struct evse *evse = &commit->evses[id];

    evse->profile.count = evse->failsafe.count = 0;
    /* Its call may have met a session that nobody has told of yet: the end of the one that is known
     * does not end it. */
    if (durable->profile_da >= 0)
        possible_add(&evse->profile, commit_told(evse, durable->profile_da), durable->profile_until,
                     true);
    possible_add(&evse->failsafe, commit_told(evse, durable->default_da), UTC_NEVER, false);
    evse->disobeys = durable->disobeys;
    evse->logged = *durable;
    commit->stations[evse->fixed.station].offset_ms = durable->offset_ms;
    commit_refresh(commit, id);
}

/* --- asked ------------------------------------------------------------------------------- */

void commit_tell(struct commit *commit, uint32_t id, enum commit_news news)
{
    struct evse *evse = &commit->evses[id];

    commit->logs += news == COMMIT_LOG && (evse->news & 1u << COMMIT_LOG) == 0;
    evse->news = (uint8_t)(evse->news | 1u << news);
    if (evse->told)
        return;
    evse->told = true;
    commit->told[(commit->told_first + commit->told_count++) % commit->evse_count] = id;
}

static bool report_limits(struct commit *commit, struct commit_report *report)
{
    if (commit->over_told) {
        commit->over_told = false;
        *report = (struct commit_report){ .news = COMMIT_OVER, .excess = commit->excess };
        return true;
    }
    if (commit->below_told) {
        commit->below_told = false;
        *report = (struct commit_report){ .news = COMMIT_BELOW, .ms = commit->over_ms };
        return true;
    }
    return false;
}

bool commit_report(struct commit *commit, struct commit_report *report)
{
    uint32_t id;
    struct evse *evse;
    uint8_t news = 0;

    commit_settle(commit);
    if (report_limits(commit, report))
        return true;
    if (commit->told_count == 0)
        return false;
    id = commit->told[commit->told_first];
    evse = &commit->evses[id];
    while ((evse->news & 1u << news) == 0)
        news++;
    evse->news = (uint8_t)(evse->news & ~(1u << news));
    if (evse->news == 0) {
        evse->told = false;
        commit->told_first = (commit->told_first + 1) % commit->evse_count;
        commit->told_count--;
    }
    *report = (struct commit_report){ .news = (enum commit_news)news,
                                      .evse = id,
                                      .station = evse->fixed.station };
    if (news == COMMIT_LOG) {
        commit->logs--;
        report->durable = commit_durable(commit, id);
        report->log_first = commit_is_higher(&report->durable, &evse->logged);
        evse->logged = report->durable;
    }
    return true;
}

struct commit_state commit_state(const struct commit *commit, uint32_t id)
{
    const struct evse *evse = &commit->evses[id];
    const struct station *station = &commit->stations[evse->fixed.station];
    const struct layer *profile = &evse->layers[LAYER_PROFILE];
    const struct commit_trust *trust = &station->trust;

    return (struct commit_state){
        .booked_da = evse->booked_da,
        .now_da = evse->now_da,
        .claimed_da = evse->claimed_da,
        .more_da = evse->over_da > evse->limit_da && !evse->disobeys
                       ? evse->over_da - evse->limit_da
                   : commit_obeys(commit, evse) && evse->limit_da > 0 ? evse->more_da
                                                                      : 0,
        .floor_da = commit_obeys(commit, evse) ? commit_capped(evse, commit_floor(commit, id))
                                               : evse->fixed.cap_da,
        .confirmed_da = profile->confirmed_da,
        .ends_at = profile->confirmed_da < 0           ? UTC_UNKNOWN
                   : profile->ends_at == COMMIT_LINKED ? UTC_NEVER
                                                       : profile->ends_at,
        .steerable = commit_is_steerable(commit, evse),
        .changing = (station->flight.id != 0 && station->flight.evse == id) ||
                    evse->profile.count > 1 || evse->failsafe.count > 1,
        .doubted = !trust->obeys && (trust->ignores || evse->exceeds),
        .disobeys = evse->disobeys,
    };
}

void commit_note_change(struct commit *commit, uint32_t id)
{
    if (commit->evses[id].changed)
        return;
    commit->evses[id].changed = true;
    commit->changed[commit->changed_count++] = id;
}

bool commit_changed(struct commit *commit, uint32_t *id)
{
    if (commit->changed_count == 0)
        return false;
    *id = commit->changed[--commit->changed_count];
    commit->evses[*id].changed = false;
    return true;
}

uint64_t commit_moves(const struct commit *commit)
{
    return commit->moves;
}

bool commit_over(struct commit *commit, struct tree_excess *excess)
{
    commit_settle(commit);
    if (commit->over)
        *excess = commit->excess;
    return commit->over;
}

static bool path_fits(const struct tree *sums, uint32_t id)
{
    struct tree_excess excess;
    int32_t node = (int32_t)tree_leaf(sums, id)->node;

    for (; node >= 0; node = tree_node(sums, (uint32_t)node)->parent)
        if (tree_over(sums, (uint32_t)node, &excess))
            return false;
    return true;
}

bool commit_fits(const struct commit *commit, uint32_t id)
{
    return path_fits(commit->booked, id);
}

bool commit_claims_fit(const struct commit *commit, uint32_t id)
{
    return path_fits(commit->claimed, id);
}

const struct tree *commit_tree(const struct commit *commit)
{
    return commit->booked;
}
