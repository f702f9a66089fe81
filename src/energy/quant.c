#include "energy/quant.h"

#include "energy/sort.h"

bool pilots_are_sound(const struct site_pilots *pilots)
{
    if (pilots->step_da > 0)
        return true;
    if (pilots->step_da < 0 || pilots->count == 0 || pilots->count > PILOTS_MAX)
        return false;
    for (uint8_t i = 0; i < pilots->count; i++)
        if (pilots->list_da[i] <= (i > 0 ? pilots->list_da[i - 1] : 0))
            return false;
    return true;
}

int32_t pilot_least(const struct site_pilots *pilots, int32_t da)
{
    int32_t step = pilots->step_da;

    da = da > 0 ? da : 1;
    if (step > 0)
        return da > INT32_MAX - step ? PILOT_NONE : (da + step - 1) / step * step;
    for (uint8_t i = 0; i < pilots->count; i++)
        if (pilots->list_da[i] >= da)
            return pilots->list_da[i];
    return PILOT_NONE;
}

int32_t pilot_floor(const struct site_pilots *pilots, int32_t da)
{
    int32_t floor = 0;

    if (pilots->step_da > 0)
        return da > 0 ? da / pilots->step_da * pilots->step_da : 0;
    for (uint8_t i = 0; i < pilots->count && pilots->list_da[i] <= da; i++)
        floor = pilots->list_da[i];
    return floor;
}

int32_t pilot_above(const struct site_pilots *pilots, int32_t da)
{
    return da < INT32_MAX ? pilot_least(pilots, da + 1) : PILOT_NONE;
}

/* What the leaf goes on with, and what it lost. */
static int64_t cut(struct tree *tree, const struct quant_want *want)
{
    int32_t share = tree_booked(tree, want->leaf);
    int32_t da = pilot_floor(want->pilots, share);
    int64_t weight = want->weight ? want->weight : 1; /* below 2^16 */

    if (da < want->least_da)
        da = 0;
    tree_book(tree, want->leaf, da);
    return share > da ? (share - da) * weight : 0;
}

/* The next pilot, where it fits. A share below the least one may pass what was wanted. */
static bool raise(struct tree *tree, const struct quant_want *want)
{
    int32_t da = tree_booked(tree, want->leaf);
    int32_t next = da == 0 ? want->least_da : pilot_above(want->pilots, da);

    if (next > TREE_DA_MAX || (da > 0 && next > want->most_da) || want->most_da <= 0 ||
        !tree_fits(tree, want->leaf, next))
        return false;
    tree_book(tree, want->leaf, next);
    return true;
}

static int64_t in_32_bits(int64_t laxity_s)
{
    if (laxity_s > INT32_MAX)
        return INT32_MAX;
    return laxity_s < INT32_MIN ? INT32_MIN : laxity_s;
}

enum err quant_run(struct tree *tree, const struct quant_want *wants, uint32_t count,
                   struct arena *arena)
{
    uint32_t *turn = arena_alloc(arena, (count + 1) * sizeof *turn);
    struct sort_entry *scratch = arena_alloc(arena, 2 * sizeof *scratch * (count + 1));
    int64_t *keys = arena_alloc(arena, (count + 1) * sizeof *keys);
    uint32_t left = 0;

    if (!turn || !scratch || !keys)
        return ERR_FULL;
    for (uint32_t i = 0; i < count; i++) {
        keys[i] = -cut(tree, &wants[i]) * ((int64_t)1 << 32) + in_32_bits(wants[i].laxity_s);
        if (tree_booked(tree, wants[i].leaf) < wants[i].most_da)
            turn[left++] = i;
    }
    sort_indices(turn, left, keys, scratch);
    while (left > 0) { /* until nobody takes another: each raise is for good */
        uint32_t still = 0;
        for (uint32_t i = 0; i < left; i++)
            if (raise(tree, &wants[turn[i]]))
                turn[still++] = turn[i];
        left = still;
    }
    return ERR_NONE;
}
