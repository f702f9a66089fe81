/* plan: made-up plans, each solved by voltd and as a linear program by CLP.
 *
 *   plan SEED COUNT [--lp DIR]    --lp: writes each program, and what CLP found, for another
 *                                 solver (highs.mjs)
 *
 * Equal where one commodity is planned; else within the certified gap, at most 1 %; and the
 * certificate never lies: nothing is below the bound that the solver reaches. Each plan is checked
 * against the limits as the program states them. Ends with "N passed, N failed".
 */
#include <coin/Clp_C_Interface.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "instances.h"
#include "lp.h"

static const struct instance_size sizes[] = {
    { INSTANCE_POWER, 30, 48, false },    { INSTANCE_POWER, 100, 96, false },
    { INSTANCE_BALANCED, 40, 48, false }, { INSTANCE_POWER, 30, 48, true },
    { INSTANCE_BALANCED, 20, 30, true },  { INSTANCE_MIXED, 40, 48, false },
    { INSTANCE_MIXED, 100, 48, false },
};

struct tally {
    uint32_t passed, failed;
    double worst_permille; /* where phases mix, as are these */
    uint32_t gap_permille, gaps[11], mixed;
};

static double solve(const struct lp *lp, struct arena *arena)
{
    Clp_Simplex *clp = Clp_newModel();
    double *zero = ARENA_NEW_ARRAY(arena, double, (size_t)lp->columns + 1);
    double *least = ARENA_NEW_ARRAY(arena, double, (size_t)lp->rows + 1);

    check(clp && zero && least);
    for (int r = 0; r < lp->rows; r++)
        least[r] = lp->equal[r] ? lp->limit[r] : -1e30;
    Clp_setLogLevel(clp, 0);
    Clp_loadProblem(clp, lp->columns, lp->rows, lp->start, lp->row, lp->value, zero, lp->upper,
                    lp->objective, least, lp->limit);
    Clp_setOptimizationDirection(clp, -1);
    Clp_initialSolve(clp);
    if (Clp_status(clp) != 0) { /* it takes one in a thousand for infeasible, which none is */
        Clp_scaling(clp, 0);
        Clp_primal(clp, 0);
    }
    check(Clp_status(clp) == 0);
    double best = Clp_objectiveValue(clp) + lp->constant;
    Clp_deleteModel(clp);
    return best;
}

/* Does the plan keep every row of the program? The columns of cars come in its order. */
static bool keeps_limits(const struct plan_input *input, const struct plan *plan,
                         const struct lp *lp, struct arena *arena)
{
    double *sum = ARENA_NEW_ARRAY(arena, double, (size_t)lp->rows + 1);
    int column = input->demand.cost > 0 ? 1 : 0,
        cars_end = lp->columns - 2 * (int)input->slot_count;
    uint32_t cell = 0, cells = input->car_count * input->slot_count;

    check(sum != NULL);
    for (; cell < cells; cell++) {
        uint32_t slot = cell % input->slot_count;
        const struct plan_car *car = &input->cars[cell / input->slot_count];
        bool there = lp_car_wh(input, car, slot) > 0;
        if (plan->wh[cell] < 0 || (!there && plan->wh[cell] != 0))
            return false;
        if (!there)
            continue;
        if (plan->wh[cell] > lp->upper[column])
            return false;
        for (int e = lp->start[column]; e < lp->start[column + 1]; e++)
            sum[lp->row[e]] += lp->value[e] * plan->wh[cell];
        column++;
    }
    check(column == cars_end);
    for (int r = 0; r < lp->rows; r++)
        if (!lp->equal[r] && lp->start[1] != 0 && input->demand.cost == 0 &&
            sum[r] > lp->limit[r] + 1e-6)
            return false;
    return true;
}

/* What whole Wh and W may lose: one of each node and slot, at the highest price; W of a peak. */
static double rounding(const struct plan_input *input, const struct instance_size *size)
{
    double wh = size->kind == INSTANCE_POWER && !size->demand
                    ? 0
                    : (double)(input->node_count + 1) * input->slot_count;

    return 1000 + wh * 500000 + (size->demand ? 8.0 * (double)input->demand.cost : 0);
}

static void write_program(uint64_t seed, const struct instance_size *size, const char *dir,
                          const struct lp *lp, double best)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/%d-%llu.lp", dir, (int)(size - sizes),
             (unsigned long long)seed);
    lp_write(lp, path);
    printf("%s %.17g %.17g\n", path, lp->constant, best);
}

static void note(struct tally *tally, uint32_t gap_permille, double off_permille)
{
    if (off_permille > tally->worst_permille)
        tally->worst_permille = off_permille;
    if (gap_permille > tally->gap_permille)
        tally->gap_permille = gap_permille;
    tally->gaps[gap_permille < 10 ? gap_permille : 10]++;
    tally->mixed++;
}

static void print(const struct tally *tally)
{
    printf("where phases mix: furthest from the best %.2f permille, largest certified gap %u\n",
           tally->worst_permille, tally->gap_permille);
    for (int gap = 0; gap <= 10; gap++)
        printf("%s%u", gap ? " " : "certified gaps of 0..10 permille: ", tally->gaps[gap]);
    printf(" of %u\n%u passed, %u failed\n", tally->mixed, tally->passed, tally->failed);
}

static bool judge(uint64_t seed, const struct instance_size *size, const char *dir,
                  struct tally *tally)
{
    struct arena arena;
    struct instance instance;
    struct plan *plan = NULL;
    struct lp lp;

    arena_init(&arena, NULL, 0);
    instance_make(seed, size, &arena, &instance);
    check(plan_make(&instance.input, NULL, &arena, &plan) == ERR_NONE);
    lp_make(&instance.input, &arena, &lp);
    double best = solve(&lp, &arena);
    if (dir)
        write_program(seed, size, dir, &lp, best);
    double gain = (double)plan->gain * 1000;
    double slack = rounding(&instance.input, size), off = best - gain;
    double permille = best > 0 ? off / best * 1000 : 0;
    bool inside = keeps_limits(&instance.input, plan, &lp, &arena);
    bool near = plan->method == PLAN_FLOW ? fabs(off) <= slack : off <= best * 0.01 + slack;
    bool honest = (double)plan->gain_bound * 1000 >= best - slack - fabs(best) * 1e-9;
    bool within = plan->gap_permille <= 10 || plan->method == PLAN_FLOW;
    if (!inside || !near || !honest || !within)
        printf("not ok kind %d seed %llu: %s%s%s%s gain %.0f, best %.0f, bound %.0f (off %.3f "
               "permille, gap %u)\n",
               (int)(size - sizes), (unsigned long long)seed, inside ? "" : "above a limit, ",
               near ? "" : "not the best, ", honest ? "" : "bound too low, ",
               within ? "" : "gap above 1 %,", gain, best, (double)plan->gain_bound * 1000,
               permille, plan->gap_permille);
    if (plan->method == PLAN_PRICE)
        note(tally, plan->gap_permille, permille);
    arena_reset(&arena);
    return inside && near && honest && within;
}

int main(int argc, char **argv)
{
    struct tally tally = { 0 };
    uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : 20;
    const char *dir = argc > 4 && strcmp(argv[3], "--lp") == 0 ? argv[4] : NULL;

    for (uint64_t seed = first; seed < first + count; seed++)
        for (size_t k = 0; k < COUNT(sizes); k++)
            if (judge(seed, &sizes[k], dir, &tally))
                tally.passed++;
            else
                tally.failed++;
    print(&tally);
    return tally.failed ? 1 : 0;
}
