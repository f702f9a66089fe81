#include <math.h>

#include "test.h"

#include "base/rand.h"
#include "energy/simplex.h"

enum {
    WORK = 1000000,
    SPACES = 3000,
    VARIABLES = 3,
    LIMITS = 5,
    PLANES = LIMITS + 2 * VARIABLES,
    AGAIN_MAX = 100,
};

static void all_are_at_their_bounds_until_a_limit_is_passed(void **state)
{
    static const struct simplex_variable variables[] = { { 100, SIMPLEX_ONE }, { 0, 5 } };
    static const struct simplex_term term = { 0, SIMPLEX_ONE };
    struct arena arena;
    struct simplex *simplex;
    (void)state;
    arena_init(&arena, NULL, 0);
    simplex = simplex_new(&arena, variables, 2, WORK);
    assert_non_null(simplex);
    assert_true(simplex_limit(simplex, &term, 1, 100));
    assert_true(simplex_limit(simplex, NULL, 0, 0));
    assert_int_equal(simplex_value(simplex, 0), 100);
    assert_int_equal(simplex_value(simplex, 1), 0);
    assert_true(simplex_limit(simplex, &term, 1, 40));
    assert_int_equal(simplex_value(simplex, 0), 40);
    assert_true(simplex_limit(simplex, &term, 1, 0));
    assert_int_equal(simplex_value(simplex, 0), 0);
    arena_reset(&arena);
}

static void it_gives_up_when_its_work_is_done(void **state)
{
    static const struct simplex_variable variables[] = { { 100, SIMPLEX_ONE }, { 90, 5 } };
    static const struct simplex_term terms[] = { { 0, SIMPLEX_ONE }, { 1, SIMPLEX_ONE } };
    struct arena arena;
    struct simplex *simplex;
    (void)state;
    arena_init(&arena, NULL, 0);
    simplex = simplex_new(&arena, variables, 2, 0);
    assert_non_null(simplex);
    assert_false(simplex_limit(simplex, terms, 2, 30));
    assert_false(simplex_limit(simplex, terms, 2, 1000));
    arena_reset(&arena);
}

static void without_memory_there_is_none(void **state)
{
    static const struct simplex_variable variable = { 100, SIMPLEX_ONE };
    (void)state;
    for (uint64_t nth = 1; nth <= 11; nth++) {
        struct arena arena;
        arena_init(&arena, NULL, 0);
        (void)arena_fail_at(nth);
        assert_null(simplex_new(&arena, &variable, 1, WORK));
        (void)arena_fail_at(0);
        arena_reset(&arena);
    }
}

/* --- against all corners */

struct space {
    struct simplex_variable variables[VARIABLES];
    struct simplex_term limits[LIMITS][VARIABLES];
    int64_t most[LIMITS];
};

static void space_fill(struct rand *rand, struct space *space)
{
    for (uint32_t v = 0; v < VARIABLES; v++)
        space->variables[v] =
            (struct simplex_variable){ rand_range(rand, 0, (int64_t)1 << SIMPLEX_VALUE_BITS),
                                       (int32_t)rand_range(rand, 1000, 2 * SIMPLEX_ONE) };
    for (uint32_t l = 0; l < LIMITS; l++) {
        space->most[l] = rand_range(rand, 0, (int64_t)1 << SIMPLEX_VALUE_BITS);
        for (uint32_t v = 0; v < VARIABLES; v++)
            space->limits[l][v] =
                (struct simplex_term){ v, rand_below(rand, 4) == 0
                                              ? 0
                                              : (int32_t)rand_range(rand, -SIMPLEX_ONE / 4,
                                                                    SIMPLEX_ONE) };
    }
}

/* Plane p: normal · x = distance; those of limits first, then x = 0, x = most. */
static double plane(const struct space *space, uint32_t p, double *normal)
{
    uint32_t v = (p - LIMITS) % VARIABLES;

    for (uint32_t i = 0; i < VARIABLES; i++)
        normal[i] = p < LIMITS ? (double)space->limits[p][i].part / SIMPLEX_ONE : i == v;
    if (p < LIMITS)
        return (double)space->most[p];
    return p < LIMITS + VARIABLES ? 0 : (double)space->variables[v].most;
}

static double det(const double *a, const double *b, const double *c)
{
    return a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) +
           a[2] * (b[0] * c[1] - b[1] * c[0]);
}

static bool is_inside(const struct space *space, const double *x)
{
    for (uint32_t v = 0; v < VARIABLES; v++)
        if (x[v] < -1 || x[v] > (double)space->variables[v].most + 1)
            return false;
    for (uint32_t l = 0; l < LIMITS; l++) {
        double normal[VARIABLES], most = plane(space, l, normal), sum = 0;
        for (uint32_t v = 0; v < VARIABLES; v++)
            sum += normal[v] * x[v];
        if (sum > most + 1)
            return false;
    }
    return true;
}

static double worth(const struct space *space, const double *x)
{
    double sum = 0;

    for (uint32_t v = 0; v < VARIABLES; v++)
        sum += x[v] * space->variables[v].worth / SIMPLEX_ONE;
    return sum;
}

static bool corner(const struct space *space, const uint32_t *planes, double *x)
{
    double normal[VARIABLES][VARIABLES], distance[VARIABLES], all;

    for (uint32_t i = 0; i < VARIABLES; i++)
        distance[i] = plane(space, planes[i], normal[i]);
    all = det(normal[0], normal[1], normal[2]);
    if (fabs(all) < 1e-9)
        return false;
    for (uint32_t v = 0; v < VARIABLES; v++) {
        double with[VARIABLES][VARIABLES];
        memcpy(with, normal, sizeof with);
        for (uint32_t i = 0; i < VARIABLES; i++)
            with[i][v] = distance[i];
        x[v] = det(with[0], with[1], with[2]) / all;
    }
    return true;
}

static double best_corner(const struct space *space)
{
    double best = 0, x[VARIABLES];
    uint32_t planes[VARIABLES];

    for (planes[0] = 0; planes[0] < PLANES; planes[0]++)
        for (planes[1] = 0; planes[1] < planes[0]; planes[1]++)
            for (planes[2] = 0; planes[2] < planes[1]; planes[2]++)
                if (corner(space, planes, x) && is_inside(space, x) && worth(space, x) > best)
                    best = worth(space, x);
    return best;
}

static bool passes(const struct simplex *simplex, const struct space *space, uint32_t l)
{
    int64_t sum = 0;

    for (uint32_t v = 0; v < VARIABLES; v++)
        sum += space->limits[l][v].part * simplex_value(simplex, v) / SIMPLEX_ONE;
    return sum > space->most[l] + (1 << 16);
}

/* Those that are passed, until none is. -1: it gives up. */
static double by_simplex(struct arena *arena, const struct space *space)
{
    struct simplex *simplex = simplex_new(arena, space->variables, VARIABLES, WORK);
    double x[VARIABLES];
    bool any = true;

    assert_non_null(simplex);
    for (uint32_t round = 0; any; round++) {
        assert_true(round < AGAIN_MAX);
        any = false;
        for (uint32_t l = 0; l < LIMITS; l++)
            if (passes(simplex, space, l)) {
                any = true;
                if (!simplex_limit(simplex, space->limits[l], VARIABLES, space->most[l]))
                    return -1;
            }
    }
    for (uint32_t v = 0; v < VARIABLES; v++)
        x[v] = (double)simplex_value(simplex, v);
    return worth(space, x);
}

static void no_corner_is_worth_more(void **state)
{
    struct rand rand = { 7 };
    struct arena arena;
    double worst = 0;
    int given_up = 0;
    (void)state;
    arena_init(&arena, NULL, 0);
    for (int i = 0; i < SPACES; i++) {
        struct space space;
        double best, found;
        space_fill(&rand, &space);
        best = best_corner(&space);
        found = by_simplex(&arena, &space);
        arena_reset(&arena);
        if (found < 0)
            given_up++;
        else
            worst = fmax(worst, fabs(found - best));
    }
    print_message("# worst: %.6f of the largest bound; %d given up\n",
                  worst / (1 << SIMPLEX_VALUE_BITS), given_up);
    assert_true(worst < (1 << SIMPLEX_VALUE_BITS) / 5000.0);
    assert_true(given_up < SPACES / 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_gives_up_when_its_work_is_done),
        cmocka_unit_test(without_memory_there_is_none),
        cmocka_unit_test(all_are_at_their_bounds_until_a_limit_is_passed),
        cmocka_unit_test(no_corner_is_worth_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
