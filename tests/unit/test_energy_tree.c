#include <complex.h>
#include <math.h>

#include "test.h"

#include "base/rand.h"
#include "energy/tree.h"

#define NODES_MAX  24
#define LEAVES_MAX 40

static const struct tree_node free_node = {
    .parent = -1,
    .limit_da = { TREE_NO_LIMIT_DA, TREE_NO_LIMIT_DA, TREE_NO_LIMIT_DA },
    .limit_w = TREE_NO_LIMIT_W,
};

static struct tree_node node_with(int32_t parent, int32_t limit_da, int64_t limit_w)
{
    return (struct tree_node){
        .parent = parent,
        .limit_da = { limit_da, limit_da, limit_da },
        .limit_w = limit_w,
    };
}

static const struct tree_leaf three_phase = { 0, WIRES_THREE_PHASE, 3, 230 };

/* ------------------------------------------------------------------------------- bad input */

static enum err new_of(const struct tree_node *nodes, uint32_t node_count,
                       const struct tree_leaf *leaves, uint32_t leaf_count)
{
    struct arena arena;
    struct tree *tree = NULL;
    enum err err;

    arena_init(&arena, NULL, 0);
    err = tree_new(&arena, nodes, node_count, leaves, leaf_count, &tree);
    assert_true((err == ERR_NONE) == (tree != NULL));
    arena_reset(&arena);
    return err;
}

static void a_node_that_is_none_is_refused(void **state)
{
    static const struct {
        const char *name;
        int32_t parent, limit_da;
        int64_t limit_w;
        int32_t ratio_permille;
    } cases[] = {
        { "its own parent", 1, 100, 100, 0 },
        { "a parent behind it", 2, 100, 100, 0 },
        { "a parent before the first", -2, 100, 100, 0 },
        { "a negative current", 0, -1, 100, 0 },
        { "a negative power", 0, 100, -1, 0 },
        { "a negative ratio", 0, 100, 100, -4000 },
        { "a ratio of nearly nothing", 0, 100, 100, 99 },
        { "two transformers", 0, 100, 100, 4000 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tree_node nodes[] = { free_node, free_node };
        nodes[0].ratio_permille = cases[i].ratio_permille == 4000 ? 4000 : 0;
        nodes[1] = node_with(cases[i].parent, cases[i].limit_da, cases[i].limit_w);
        nodes[1].ratio_permille = cases[i].ratio_permille;
        print_message("# %s\n", cases[i].name);
        assert_int_equal(new_of(nodes, 2, &three_phase, 1), ERR_BAD_VALUE);
    }
}

static void a_leaf_that_is_none_is_refused(void **state)
{
    static const struct {
        const char *name;
        struct tree_leaf leaf;
    } cases[] = {
        { "no such node", { 1, WIRE_BIT(WIRE_L1), 1, 230 } },
        { "no wires", { 0, 0, 1, 230 } },
        { "L-N and L-L", { 0, WIRE_BIT(WIRE_L1) | WIRE_BIT(WIRE_L12), 1, 230 } },
        { "a seventh wire", { 0, 0x48, 1, 230 } },
        { "none live", { 0, WIRE_BIT(WIRE_L1), 0, 230 } },
        { "more live than there are", { 0, WIRE_BIT(WIRE_L1), 3, 230 } },
        { "no volts", { 0, WIRE_BIT(WIRE_L1), 1, 0 } },
        { "negative volts", { 0, WIRE_BIT(WIRE_L1), 1, -230 } },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("# %s\n", cases[i].name);
        assert_int_equal(new_of(&free_node, 1, &cases[i].leaf, 1), ERR_BAD_VALUE);
    }
}

static void depth_and_size_end_somewhere(void **state)
{
    struct tree_node nodes[TREE_DEPTH_MAX + 1];
    static struct tree_node many[TREE_NODES_MAX + 1];
    (void)state;
    for (uint32_t i = 0; i < COUNT(nodes); i++)
        nodes[i] = node_with((int32_t)i - 1, 100, 100);
    assert_int_equal(new_of(nodes, TREE_DEPTH_MAX, NULL, 0), ERR_NONE);
    assert_int_equal(new_of(nodes, TREE_DEPTH_MAX + 1, NULL, 0), ERR_BAD_VALUE);
    for (uint32_t i = 0; i < COUNT(many); i++)
        many[i] = free_node;
    assert_int_equal(new_of(many, TREE_NODES_MAX, NULL, 0), ERR_NONE);
    assert_int_equal(new_of(many, TREE_NODES_MAX + 1, NULL, 0), ERR_FULL);
    assert_int_equal(new_of(NULL, 0, NULL, 0), ERR_NONE);
    assert_int_equal(new_of(NULL, 0, &three_phase, 1), ERR_BAD_VALUE);
}

static void memory_that_is_out_is_told(void **state)
{
    struct arena arena;
    struct tree *tree = NULL;
    enum err err = ERR_FULL;
    (void)state;
    arena_init(&arena, NULL, 0);
    for (uint64_t n = 1; err != ERR_NONE; n++) {
        arena_fail_at(n);
        err = tree_new(&arena, &free_node, 1, &three_phase, 1, &tree);
        assert_true(err == ERR_NONE || err == ERR_FULL);
        assert_true(n < 100);
    }
    arena_fail_at(0);
    arena_reset(&arena);
}

/* ------------------------------------------------------------------------------- by hand */

static void caltech_figures_come_out(void **state)
{
    /* AB, BC, CA of 10, 20 and 30 A on a 480/120 V transformer: |I_a|² = AB² + CA² + AB·CA, and
     * |I_A|² = (AB² + BC² + 4 CA² - AB·BC + 2 AB·CA + 2 BC·CA) / 16, which is less than with AB
     * drawing what it likes only where BC > AB + 2 CA. */
    struct tree_node nodes[] = { free_node, free_node };
    struct tree_leaf leaves[] = {
        { 1, WIRE_BIT(WIRE_L12), 1, 208 },
        { 1, WIRE_BIT(WIRE_L23), 1, 208 },
        { 1, WIRE_BIT(WIRE_L31), 1, 208 },
    };
    struct arena arena;
    struct tree *tree = NULL;
    int64_t lines_da[LINE_COUNT], power_w;
    (void)state;
    nodes[1].parent = 0;
    nodes[1].ratio_permille = 4000;
    arena_init(&arena, NULL, 0);
    assert_int_equal(tree_new(&arena, nodes, 2, leaves, 3, &tree), ERR_NONE);
    for (uint32_t i = 0; i < 3; i++)
        tree_book(tree, i, 100 * (int32_t)(i + 1));
    tree_sums(tree, 1, lines_da, &power_w);
    assert_int_equal(lines_da[0], 361); /* √(100 + 900 + 300) = 36.06 */
    assert_int_equal(lines_da[1], 265); /* √(400 + 100 + 200) = 26.46 */
    assert_int_equal(lines_da[2], 436); /* √(900 + 400 + 600) = 43.59 */
    assert_int_equal(power_w, 60 * 208);
    tree_sums(tree, 0, lines_da, &power_w);
    /* √(100 + 400 + 3600 - 200 + 600 + 1200) / 4 = 18.88 */
    assert_int_equal(lines_da[0], 189);
    assert_int_equal(power_w, 60 * 208);
    arena_reset(&arena);
}

static void room_ends_at_the_nearest_limit(void **state)
{
    static const struct {
        const char *name;
        int32_t feed_da, panel_da, panel_base_da;
        int64_t feed_w;
        int32_t other_da, want_da, room_da;
    } cases[] = {
        { "all of it", 1000, 1000, 0, TREE_NO_LIMIT_W, 0, 320, 320 },
        { "the panel", 1000, 200, 0, TREE_NO_LIMIT_W, 0, 320, 200 },
        { "the feed", 150, 200, 0, TREE_NO_LIMIT_W, 0, 320, 150 },
        { "what others have", 300, 1000, 0, TREE_NO_LIMIT_W, 200, 320, 100 },
        { "a load nobody controls", 1000, 200, 150, TREE_NO_LIMIT_W, 0, 320, 50 },
        { "solar", 200, 200, -100, TREE_NO_LIMIT_W, 0, 320, 300 },
        { "solar behind a full feed", 200, 200, -100, TREE_NO_LIMIT_W, 200, 320, 100 },
        { "power", 1000, 1000, 0, 6900, 0, 320, 100 },
        { "over already", 100, 1000, 0, TREE_NO_LIMIT_W, 200, 320, 0 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tree_node nodes[] = {
            node_with(-1, cases[i].feed_da, cases[i].feed_w),
            node_with(0, cases[i].panel_da, TREE_NO_LIMIT_W),
        };
        struct tree_leaf leaves[] = { three_phase, three_phase };
        struct arena arena;
        struct tree *tree = NULL;
        for (int l = 0; l < LINE_COUNT; l++)
            nodes[1].base_da[l] = cases[i].panel_base_da;
        leaves[0].node = 1;
        arena_init(&arena, NULL, 0);
        print_message("# %s\n", cases[i].name);
        assert_int_equal(tree_new(&arena, nodes, 2, leaves, 2, &tree), ERR_NONE);
        tree_book(tree, 1, cases[i].other_da);
        assert_int_equal(tree_room(tree, 0, cases[i].want_da), cases[i].room_da);
        tree_book(tree, 0, 10); /* what it has itself is no hindrance */
        assert_int_equal(tree_room(tree, 0, cases[i].want_da), cases[i].room_da);
        arena_reset(&arena);
    }
}

static void a_full_line_hinders_only_who_is_on_it(void **state)
{
    struct tree_node node = free_node;
    struct tree_leaf leaves[] = { { 0, WIRE_BIT(WIRE_L1), 1, 230 },
                                  { 0, WIRE_BIT(WIRE_L2), 1, 230 } };
    struct arena arena;
    struct tree *tree = NULL;
    struct tree_excess excess;
    (void)state;
    node.limit_da[0] = 100;
    node.base_da[0] = 130;
    arena_init(&arena, NULL, 0);
    assert_int_equal(tree_new(&arena, &node, 1, leaves, 2, &tree), ERR_NONE);
    assert_int_equal(tree_room(tree, 0, 320), 0);
    assert_int_equal(tree_room(tree, 1, 320), 320);
    assert_true(tree_any_over(tree, &excess));
    assert_int_equal(excess.node, 0);
    assert_int_equal(excess.line, 0);
    assert_int_equal(excess.over, 30);
    /* A learned phase moves what is booked. */
    tree_book(tree, 1, 60);
    tree_set_wires(tree, 1, WIRE_BIT(WIRE_L1), 1);
    assert_true(tree_over(tree, 0, &excess));
    assert_int_equal(excess.over, 90);
    tree_set_limits(tree, 0, (int32_t[]){ 190, 0, 0 }, 1000);
    assert_true(tree_over(tree, 0, &excess));
    assert_int_equal(excess.line, -1);
    assert_int_equal(excess.over, 380); /* 60 · 230 = 1,380 W */
    tree_set_base(tree, 0, (int32_t[]){ 0, 0, 0 }, -380);
    assert_false(tree_any_over(tree, &excess));
    arena_reset(&arena);
}

/* ------------------------------------------------------------------------------- by phasors */

struct random_tree {
    uint32_t node_count, leaf_count;
    struct tree_node nodes[NODES_MAX];
    struct tree_leaf leaves[LEAVES_MAX];
    int32_t booked_da[LEAVES_MAX];
};

static bool below(const struct random_tree *tree, uint32_t node, uint32_t above, double *ratio)
{
    *ratio = 0;
    for (int32_t i = (int32_t)node; i != -1; i = tree->nodes[i].parent) {
        if (i == (int32_t)above)
            return true;
        if (tree->nodes[i].ratio_permille)
            *ratio = tree->nodes[i].ratio_permille / 1000.0;
    }
    return false;
}

static double complex turned(double degrees)
{
    return cexp(I * degrees * M_PI / 180);
}

/* Current of a wire into the three lines of the winding that it hangs on. */
static void wire_into_lines(int wire, double amount, double complex lines[LINE_COUNT])
{
    double complex current = amount * turned(-120.0 * (wire % 3) + (wire >= 3 ? 30 : 0));

    lines[wire % 3] += current;
    if (wire >= 3)
        lines[(wire + 1) % 3] -= current;
}

/* True currents of a node's lines while leaf i draws share[i] of what is booked; loads that nobody
 * controls are added as numbers. */
static void lines_of(const struct random_tree *tree, uint32_t node, const double share[],
                     double lines_out[LINE_COUNT])
{
    double complex own[LINE_COUNT] = { 0 }, sun[LINE_COUNT] = { 0 };
    double base[LINE_COUNT] = { 0 };

    for (uint32_t n = 0; n < tree->node_count; n++) {
        double complex here[LINE_COUNT] = { 0 };
        double ratio;

        if (!below(tree, n, node, &ratio))
            continue;
        for (uint32_t i = 0; i < tree->leaf_count; i++)
            for (int wire = 0; wire < WIRE_COUNT && tree->leaves[i].node == n; wire++)
                if (tree->leaves[i].wires >> wire & 1)
                    wire_into_lines(wire, tree->booked_da[i] * share[i], here);
        if (ratio == 0) {
            for (int l = 0; l < LINE_COUNT; l++) {
                own[l] += here[l];
                base[l] += tree->nodes[n].base_da[l];
            }
            continue;
        }
        for (int l = 0; l < LINE_COUNT; l++)
            here[l] += tree->nodes[n].base_da[l] * turned(-120.0 * l);
        /* The frame turns: winding l lies between lines l and l + 1. */
        for (int l = 0; l < LINE_COUNT; l++)
            sun[l] += (here[l] - here[(l + 2) % 3]) / ratio * turned(30);
    }
    for (int l = 0; l < LINE_COUNT; l++) {
        double complex all = own[l] + sun[l] + (base[l] < 0 ? base[l] * turned(-120.0 * l) : 0);
        lines_out[l] = cabs(all) + (base[l] > 0 ? base[l] : 0);
    }
}

static void random_leaf(struct rand *rand, struct tree_leaf *leaf, bool delta)
{
    static const wire_set shapes[] = { 1, 2, 4, 7, 3, 8, 16, 32, 0x38, 0x18 };

    leaf->wires = shapes[rand_below(rand, delta ? COUNT(shapes) : 5)];
    leaf->wires_live = (uint8_t)rand_range(rand, 1, __builtin_popcount(leaf->wires));
    leaf->volts = leaf->wires < 8 ? 230 : 400;
}

/* kind by bit: 1 L-L loads, 2 transformers, 4 loads that nobody controls, 8 solar */
static void random_fill(struct rand *rand, struct random_tree *tree, unsigned kind)
{
    bool behind[NODES_MAX];

    tree->node_count = (uint32_t)rand_range(rand, 1, NODES_MAX);
    tree->leaf_count = (uint32_t)rand_range(rand, 1, LEAVES_MAX);
    for (uint32_t i = 0; i < tree->node_count; i++) {
        struct tree_node *node = &tree->nodes[i];
        *node = free_node;
        node->parent = i ? (int32_t)rand_range(rand, i > 6 ? i - 6 : 0, i - 1) : -1;
        behind[i] = i && behind[node->parent];
        if (kind & 2 && !behind[i] && rand_below(rand, 3) == 0) {
            node->ratio_permille = (int32_t)rand_range(rand, 900, 90000);
            behind[i] = true;
        }
        for (int l = 0; l < LINE_COUNT; l++)
            if (kind & 12 && rand_below(rand, 4) == 0)
                node->base_da[l] =
                    (int32_t)rand_range(rand, kind & 8 ? -500 : 0, kind & 4 ? 500 : 0);
    }
    for (uint32_t i = 0; i < tree->leaf_count; i++) {
        tree->leaves[i].node = (uint32_t)rand_below(rand, tree->node_count);
        random_leaf(rand, &tree->leaves[i], kind & 1);
        tree->booked_da[i] = (int32_t)rand_range(rand, 0, 320);
    }
}

static struct tree *tree_of(struct arena *arena, const struct random_tree *random)
{
    struct tree *tree = NULL;

    if (tree_new(arena, random->nodes, random->node_count, random->leaves, random->leaf_count,
                 &tree) != ERR_NONE)
        return NULL;
    for (uint32_t i = 0; i < random->leaf_count; i++)
        tree_book(tree, i, random->booked_da[i]);
    return tree;
}

/* The most over all corners that count: each kind of wire on each side all there or all gone. */
static void most_of(const struct random_tree *random, uint32_t node, double most[LINE_COUNT])
{
    double share[LEAVES_MAX], lines[LINE_COUNT], ratio;

    memset(most, 0, sizeof(double) * LINE_COUNT);
    for (unsigned mask = 0; mask < 1u << (2 * WIRE_COUNT); mask++) {
        bool used = mask == (1u << (2 * WIRE_COUNT)) - 1;
        for (uint32_t i = 0; i < random->leaf_count; i++) {
            int wire = __builtin_ctz(random->leaves[i].wires);
            below(random, random->leaves[i].node, node, &ratio);
            share[i] = mask >> (wire + (ratio != 0 ? WIRE_COUNT : 0)) & 1;
            used |= share[i] > 0;
        }
        if (!used)
            continue;
        lines_of(random, node, share, lines);
        for (int l = 0; l < LINE_COUNT; l++)
            most[l] = fmax(most[l], lines[l]);
    }
}

static void sums_are_those_of_phasors(void **state)
{
    struct rand rand = { 1 };
    static struct random_tree random;
    double share[LEAVES_MAX], lines[LINE_COUNT];
    (void)state;
    for (unsigned round = 0; round < rounds(2000); round++) {
        struct arena arena;
        struct tree *tree;

        random_fill(&rand, &random, round % 8); /* no solar: all there is the most, or nearly so */
        arena_init(&arena, NULL, 0);
        tree = tree_of(&arena, &random);
        assert_non_null(tree);
        for (uint32_t n = 0; n < random.node_count; n++) {
            int64_t lines_da[LINE_COUNT], flows_da[LINE_COUNT], power_w;
            tree_flows(tree, n, flows_da, &power_w);
            tree_sums(tree, n, lines_da, &power_w);
            for (int part = 0; part < 8; part++) {
                for (uint32_t i = 0; i < random.leaf_count; i++)
                    share[i] = part == 0 ? 1 : (double)rand_below(&rand, 5) / 4;
                lines_of(&random, n, share, lines);
                for (int l = 0; l < LINE_COUNT; l++) {
                    assert_true((double)lines_da[l] >= lines[l] - 1e-6);
                    if (part == 0 && !(round % 8 & 2))
                        assert_true((double)lines_da[l] <= lines[l] + 1 + 1e-3);
                    if (part == 0) { /* all of it: no more, and hardly less */
                        assert_true((double)flows_da[l] <= lines[l] + 1e-3);
                        assert_true((double)flows_da[l] >= lines[l] - 1 - 1e-3);
                    }
                }
            }
        }
        arena_reset(&arena);
    }
}

/* Wires of one leaf that are not all there or all gone together are not told apart by most_of, so
 * each leaf has one wire here. */
static void nothing_is_booked_beyond_the_worst_corner(void **state)
{
    struct rand rand = { 2 };
    static struct random_tree random;
    (void)state;
    for (unsigned round = 0; round < rounds(60); round++) {
        struct arena arena;
        struct tree *tree;
        double most[LINE_COUNT];
        int64_t lines_da[LINE_COUNT], power_w;

        random_fill(&rand, &random, round % 4);
        for (uint32_t i = 0; i < random.leaf_count; i++) {
            random.leaves[i].wires &= (wire_set)-random.leaves[i].wires;
            random.leaves[i].wires_live = 1;
        }
        arena_init(&arena, NULL, 0);
        tree = tree_of(&arena, &random);
        assert_non_null(tree);
        most_of(&random, 0, most);
        tree_sums(tree, 0, lines_da, &power_w);
        for (int l = 0; l < LINE_COUNT; l++) {
            assert_true((double)lines_da[l] >= most[l] - 1e-6);
            assert_true((double)lines_da[l] <= most[l] + 1 + 2e-3);
        }
        arena_reset(&arena);
    }
}

static void sums_hold_with_solar(void **state)
{
    struct rand rand = { 3 };
    static struct random_tree random;
    double share[LEAVES_MAX], lines[LINE_COUNT];
    (void)state;
    for (unsigned round = 0; round < rounds(1000); round++) {
        struct arena arena;
        struct tree *tree;

        random_fill(&rand, &random, 8 | round % 8);
        arena_init(&arena, NULL, 0);
        tree = tree_of(&arena, &random);
        assert_non_null(tree);
        for (int part = 0; part < 20; part++) {
            int64_t lines_da[LINE_COUNT], power_w;
            double none[LEAVES_MAX] = { 0 }, idle[LINE_COUNT];
            uint32_t n = (uint32_t)rand_below(&rand, random.node_count);

            for (uint32_t i = 0; i < random.leaf_count; i++)
                share[i] = part == 0 ? 1 : (double)rand_below(&rand, 3) / 2;
            tree_sums(tree, n, lines_da, &power_w);
            lines_of(&random, n, share, lines);
            lines_of(&random, n, none, idle);
            /* Or what is fed back while no car draws anything: no load of ours. */
            for (int l = 0; l < LINE_COUNT; l++)
                assert_true((double)lines_da[l] >= lines[l] - 1e-6 || lines[l] <= idle[l] + 1e-6);
        }
        arena_reset(&arena);
    }
}

/* Room and sums agree: with the room booked no limit that the leaf adds to is passed, with 0.1 A
 * more one is; and booking in any order gives the same sums. */
static void room_is_what_fits(void **state)
{
    struct rand rand = { 4 };
    static struct random_tree random;
    (void)state;
    for (unsigned round = 0; round < rounds(3000); round++) {
        struct arena arena;
        struct tree *tree;
        struct tree_excess excess;

        random_fill(&rand, &random, round % 16);
        for (uint32_t i = 0; i < random.node_count; i++) {
            for (int l = 0; l < LINE_COUNT; l++)
                random.nodes[i].limit_da[l] = (int32_t)rand_range(&rand, 500, 12000);
            random.nodes[i].limit_w = rand_range(&rand, 20000, 400000);
        }
        memset(random.booked_da, 0, sizeof random.booked_da);
        arena_init(&arena, NULL, 0);
        tree = tree_of(&arena, &random);
        assert_non_null(tree);
        for (uint32_t try = 0; try < 2 * LEAVES_MAX; try++) {
            uint32_t leaf = (uint32_t)rand_below(&rand, random.leaf_count);
            int32_t room = tree_room(tree, leaf, 640);
            bool was_over = tree_any_over(tree, &excess);

            if (room < tree_booked(tree, leaf)) {
                assert_true(was_over);
                continue;
            }
            if (room < 640) {
                tree_book(tree, leaf, room + 1);
                assert_true(tree_any_over(tree, &excess));
            }
            tree_book(tree, leaf, room);
            assert_true(was_over || !tree_any_over(tree, &excess));
            tree_book(tree, leaf, (int32_t)rand_range(&rand, 0, room));
        }
        for (uint32_t i = 0; i < random.leaf_count; i++)
            tree_book(tree, i, 0);
        for (uint32_t i = 0; i < random.node_count; i++) {
            int64_t lines_da[LINE_COUNT], power_w;
            struct tree *fresh = tree_of(&arena, &random);
            int64_t fresh_da[LINE_COUNT], fresh_w;
            assert_non_null(fresh);
            tree_sums(tree, i, lines_da, &power_w);
            tree_sums(fresh, i, fresh_da, &fresh_w);
            assert_memory_equal(lines_da, fresh_da, sizeof lines_da);
            assert_int_equal(power_w, fresh_w);
        }
        arena_reset(&arena);
    }
}

static void a_load_beyond_all_leaves_no_room(void **state)
{
    static const int32_t loads_da[] = { INT32_MIN, -TREE_DA_MAX - 1, TREE_DA_MAX + 1, INT32_MAX };
    (void)state;
    for (size_t i = 0; i < COUNT(loads_da); i++) {
        struct tree_node node = node_with(-1, 630, TREE_NO_LIMIT_W);
        struct arena arena;
        struct tree *tree = NULL;

        node.base_da[2] = loads_da[i];
        node.base_w = loads_da[i] < 0 ? INT64_MIN : INT64_MAX;
        arena_init(&arena, NULL, 0);
        assert_int_equal(tree_new(&arena, &node, 1, &three_phase, 1, &tree), ERR_NONE);
        assert_int_equal(tree_room(tree, 0, 320), loads_da[i] < 0 ? 320 : 0);
        arena_reset(&arena);
    }
}

static void power_and_current_of_a_leaf(void **state)
{
    struct tree_leaf leaves[] = { three_phase, { 0, WIRES_THREE_PHASE, 1, 230 } };
    struct arena arena;
    struct tree *tree = NULL;
    (void)state;
    arena_init(&arena, NULL, 0);
    assert_int_equal(tree_new(&arena, &free_node, 1, leaves, 2, &tree), ERR_NONE);
    assert_int_equal(tree_leaf_w(tree, 0, 160), 11040);
    assert_int_equal(tree_leaf_w(tree, 0, 1), 69);
    assert_int_equal(tree_leaf_w(tree, 1, 61), 1403); /* rounded up; one phase, which is unknown */
    assert_int_equal(tree_leaf_da(tree, 0, 11040), 160);
    assert_int_equal(tree_leaf_da(tree, 0, 11039), 159);
    assert_int_equal(tree_leaf_da(tree, 0, -1), 0);
    assert_int_equal(tree_leaf_da(tree, 0, TREE_NO_LIMIT_W), TREE_DA_MAX);
    arena_reset(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_that_is_none_is_refused),
        cmocka_unit_test(a_leaf_that_is_none_is_refused),
        cmocka_unit_test(depth_and_size_end_somewhere),
        cmocka_unit_test(memory_that_is_out_is_told),
        cmocka_unit_test(caltech_figures_come_out),
        cmocka_unit_test(room_ends_at_the_nearest_limit),
        cmocka_unit_test(a_full_line_hinders_only_who_is_on_it),
        cmocka_unit_test(sums_are_those_of_phasors),
        cmocka_unit_test(nothing_is_booked_beyond_the_worst_corner),
        cmocka_unit_test(sums_hold_with_solar),
        cmocka_unit_test(room_is_what_fits),
        cmocka_unit_test(a_load_beyond_all_leaves_no_room),
        cmocka_unit_test(power_and_current_of_a_leaf),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
