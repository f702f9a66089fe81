#include "test.h"

#include "energy/commit.h"

/* More than are looked at in one go (COMMIT_AT_ONCE). */
enum { EVSES = 1500, CAP_DA = 320, SHARE_DA = 160, SETTLE_MS = 2000, MS_MAX = 20 };

struct many {
    struct arena arena;
    struct commit *commit;
    utc_ms now;
};

static void open_site(struct many *many)
{
    const struct tree_node root = { .parent = -1,
                                    .limit_da = { TREE_NO_LIMIT_DA, TREE_NO_LIMIT_DA,
                                                  TREE_NO_LIMIT_DA },
                                    .limit_w = TREE_NO_LIMIT_W };
    static struct tree_leaf leaves[EVSES];
    static struct commit_evse evses[EVSES];
    struct commit_site site = { .rules = commit_rules_default(),
                                .node_count = 1,
                                .station_count = EVSES,
                                .evse_count = EVSES,
                                .nodes = &root,
                                .leaves = leaves,
                                .evses = evses };
    const struct commit_trust trust = {
        .obeys = true, .stops = true, .leases = true, .linked = true, .settle_ms = SETTLE_MS
    };

    for (uint32_t i = 0; i < EVSES; i++) {
        leaves[i] = (struct tree_leaf){
            .node = 0, .wires = WIRES_THREE_PHASE, .wires_live = 3, .volts = 230
        };
        evses[i] = (struct commit_evse){ .station = i, .cap_da = CAP_DA, .min_da = 60 };
    }
    site.rules.sends_per_s = 1000000;
    many->now = 1000000;
    arena_init(&many->arena, NULL, 0);
    assert_int_equal(commit_new(&many->arena, &site, &many->commit), ERR_NONE);
    for (uint32_t i = 0; i < EVSES; i++) {
        commit_trust(many->commit, i, &trust, many->now);
        commit_station(many->commit, i, true, many->now);
        commit_session(many->commit, i, true, many->now);
        commit_wish(many->commit, i, SHARE_DA, 1, many->now);
    }
}

/* What is to be sent up to so many milliseconds later, answered at once; *first_ms: in the first
 * of them. */
static uint32_t send_all(struct many *many, int ms, uint32_t *first_ms, utc_ms *ends_by)
{
    struct commit_report report;
    struct commit_send send;
    uint32_t count = 0;

    *ends_by = 0;
    for (int i = 0; i < ms; i++, many->now++) {
        while (commit_report(many->commit, &report))
            continue;
        while (commit_next(many->commit, many->now, &send)) {
            count++;
            *ends_by = send.ends_at > *ends_by ? send.ends_at : *ends_by;
            commit_answer(many->commit, send.id, COMMIT_ACCEPTED, many->now);
        }
        if (i == 0)
            *first_ms = count;
    }
    return count;
}

/* Limits that fall by the clock are heard of by all, some in each millisecond, and it wants to be
 * woken for the others. */
static void a_limit_that_falls_is_heard_of_in_steps(void **state)
{
    struct many many;
    utc_ms drop_at, ends_by;
    uint32_t first;

    (void)state;
    open_site(&many);
    assert_int_equal(send_all(&many, MS_MAX, &first, &ends_by), EVSES);
    assert_true(ends_by == COMMIT_LINKED);
    assert_int_equal(send_all(&many, MS_MAX, &first, &ends_by), 0);
    drop_at = many.now + 600000;
    commit_leases_by(many.commit, drop_at, many.now);
    assert_true(commit_wake(many.commit) <= many.now + 1);
    assert_int_equal(send_all(&many, MS_MAX, &first, &ends_by), EVSES);
    assert_in_range(first, 1, EVSES / 2);
    assert_true(ends_by < drop_at);
    commit_leases_by(many.commit, drop_at, many.now);
    assert_int_equal(send_all(&many, MS_MAX, &first, &ends_by), 0);
    commit_leases_by(many.commit, UTC_NEVER, many.now);
    assert_int_equal(send_all(&many, 1, &first, &ends_by), 0); /* their leases do until they end */
    arena_reset(&many.arena);
}

/* Who may draw something else is named once. */
static void what_changes_is_named_once(void **state)
{
    struct many many;
    uint32_t id, first, named = 0;
    utc_ms ends_by;

    (void)state;
    open_site(&many);
    (void)send_all(&many, SETTLE_MS + MS_MAX, &first, &ends_by);
    while (commit_changed(many.commit, &id))
        assert_true(named++ < EVSES);
    assert_int_equal(named, EVSES);
    commit_wish(many.commit, 7, 100, 1, many.now);
    (void)send_all(&many, SETTLE_MS + MS_MAX, &first, &ends_by);
    assert_true(commit_changed(many.commit, &id));
    assert_int_equal(id, 7);
    assert_false(commit_changed(many.commit, &id));
    arena_reset(&many.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_that_falls_is_heard_of_in_steps),
        cmocka_unit_test(what_changes_is_named_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
