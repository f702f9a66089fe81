/* The level of a node: how far all groups rise together before a row stands in the way. */
#include "energy/phase_model.h"

#define HELD      (-1)
#define LEVEL_ALL ((int64_t)1 << 50)

enum { COARSE_BITS = 10 };

bool phase_row_allows(const struct phase_row *row, uint32_t group_count, const int32_t *da)
{
    int64_t re = row->base_re, im = row->base_im;

    for (uint32_t g = 0; g < group_count; g++) {
        re += (int64_t)row->re[g] * da[g];
        im += (int64_t)row->im[g] * da[g];
    }
    if (row->straight)
        return re <= row->limit;
    re = re < 0 ? -re : re;
    im = im < 0 ? -im : im;
    return re <= row->limit && im <= row->limit && re * re + im * im <= row->limit * row->limit;
}

void phase_weights_set(struct phase_weights *weights, uint32_t group, int32_t weight)
{
    check(weight > 0 && weight <= PHASE_WEIGHT_ONE);
    weights->of[group] = weight;
    weights->inverse[group] = (PHASE_WEIGHT_ONE * PHASE_WEIGHT_ONE + weight - 1) / weight;
}

/* The currents by group at a level. A group with full[g] < 0 is held where it is. */
static void at_level(const struct phase_filling *f, int64_t level, int32_t *da)
{
    for (uint32_t g = 0; g < f->group_count; g++)
        if (f->full[g] >= 0) {
            int64_t risen = level * f->weights->of[g] >> PHASE_WEIGHT_BITS;
            da[g] = level >= f->full[g] || risen > f->want_da[g] ? f->want_da[g] : (int32_t)risen;
        }
}

/* Which of the rows `rows` (by bit) do not allow it. */
static uint32_t hindering(const struct phase_node *node, uint32_t rows, uint32_t group_count,
                          const int32_t *da)
{
    uint32_t hinders = 0;

    for (uint32_t r = 0; r < node->row_count; r++)
        if (rows >> r & 1 && !phase_row_allows(&node->rows[r], group_count, da))
            hinders |= 1u << r;
    return hinders;
}

/* What a row sees between two levels where no group gets full: from + slope · level / 1024. */
struct path {
    int64_t from_re, from_im, slope_re, slope_im, limit;
    bool straight;
};

static struct path path_of(const struct phase_filling *f, const struct phase_row *row, int64_t low,
                           const int32_t *da)
{
    struct path path = { row->base_re, row->base_im, 0, 0, row->limit, row->straight };

    for (uint32_t g = 0; g < f->group_count; g++) {
        int64_t moves = f->full[g] > low ? f->weights->of[g] : 0;
        int64_t stays = moves ? 0 : da[g];
        path.from_re += row->re[g] * stays;
        path.from_im += row->im[g] * stays;
        path.slope_re += row->re[g] * moves;
        path.slope_im += row->im[g] * moves;
    }
    return path;
}

static bool path_allows(const struct path *path, int64_t level)
{
    int64_t re = path->from_re + (path->slope_re * level >> PHASE_WEIGHT_BITS), im;

    if (path->straight)
        return re <= path->limit;
    im = path->from_im + (path->slope_im * level >> PHASE_WEIGHT_BITS);
    re = re < 0 ? -re : re;
    im = im < 0 ? -im : im;
    return re <= path->limit && im <= path->limit && re * re + im * im <= path->limit * path->limit;
}

/* Between `low`, which is allowed (or 0), and `high`, which `rows` do not allow. They end as the
 * rows that stand in the way. `da`: the currents at low. */
static int64_t search(const struct phase_filling *f, int64_t low, int64_t high, const int32_t *da,
                      uint32_t *rows)
{
    UNINITIALIZED struct path paths[PHASE_ROWS_MAX];
    uint8_t left[PHASE_ROWS_MAX], count = 0; /* rows that stood in the way at `high` */

    for (uint8_t r = 0; r < f->node->row_count; r++)
        if (*rows >> r & 1) {
            paths[r] = path_of(f, &f->node->rows[r], low, da);
            left[count++] = r;
        }
    while (high - low > 1 && (!f->coarse || high - low > high >> COARSE_BITS)) {
        int64_t level = low + (high - low) / 2;
        uint8_t still = 0;
        for (uint8_t i = 0; i < count; i++)
            if (!path_allows(&paths[left[i]], level)) {
                uint8_t row = left[i]; /* those that allow it go behind */
                left[i] = left[still];
                left[still++] = row;
            }
        if (still) {
            count = still;
            high = level;
        } else {
            low = level;
        }
    }
    *rows = 0;
    for (uint8_t i = 0; i < count; i++)
        *rows |= 1u << left[i];
    return low;
}

/* Raises the level as far as rows allow; got_da is what flows then. The rows that end it, by bit;
 * 0: all have what they want. */
static uint32_t raise_level(const struct phase_filling *f, int32_t *got_da)
{
    uint32_t rows = (1u << f->node->row_count) - 1;
    int64_t high = 0, low;

    at_level(f, LEVEL_ALL, got_da);
    rows = hindering(f->node, rows, f->group_count, got_da);
    if (rows == 0)
        return 0;
    for (uint32_t g = 0; g < f->group_count; g++)
        high = f->full[g] > high ? f->full[g] : high;
    low = high;
    /* Down from one level at which a group gets full to the next, until all is allowed. */
    while (low > 0) {
        uint32_t hinders;
        high = low;
        low = 0;
        for (uint32_t g = 0; g < f->group_count; g++)
            if (f->full[g] < high && f->full[g] > low)
                low = f->full[g];
        at_level(f, low, got_da);
        hinders = hindering(f->node, rows, f->group_count, got_da);
        if (!hinders)
            break;
        rows = hinders;
    }
    at_level(f, search(f, low, high, got_da, &rows), got_da);
    return rows;
}

/* Would more of this group add to what a row sees? */
static bool adds_to(const struct phase_row *row, uint32_t group, uint32_t group_count,
                    const int32_t *da)
{
    int64_t re = row->base_re, im = row->base_im;

    for (uint32_t g = 0; g < group_count; g++) {
        re += (int64_t)row->re[g] * da[g];
        im += (int64_t)row->im[g] * da[g];
    }
    return row->straight ? row->re[group] > 0
                         : row->re[group] * (re >> 8) + row->im[group] * (im >> 8) > 0;
}

static bool is_held(const struct phase_filling *f, uint32_t group, uint32_t rows, const int32_t *da)
{
    for (uint32_t r = 0; r < f->node->row_count; r++)
        if (rows >> r & 1 && adds_to(&f->node->rows[r], group, f->group_count, da))
            return true;
    return false;
}

/* Ends the groups that are full or held by one of `rows`; was there one, and is one left? */
static bool end_groups(struct phase_filling *f, uint32_t rows, const int32_t *got_da)
{
    bool held = false, free = false;

    for (uint32_t g = 0; g < f->group_count; g++) {
        if (f->full[g] < 0)
            continue;
        if (got_da[g] >= f->want_da[g] || is_held(f, g, rows, got_da)) {
            f->full[g] = HELD;
            held = true;
        }
        free |= f->full[g] >= 0;
    }
    return free && held;
}

void phase_level(const struct phase_filling *filling, int32_t *got_da)
{
    struct phase_filling f = *filling;
    bool free = true;

    for (uint32_t g = 0; g < f.group_count; g++)
        f.full[g] = ((int64_t)f.want_da[g] * f.weights->inverse[g] + PHASE_WEIGHT_ONE - 1) >>
                    PHASE_WEIGHT_BITS;
    /* Each round ends with a group full or held: as many rounds as groups. */
    for (uint32_t round = 0; free && round < f.group_count; round++) {
        uint32_t rows = raise_level(&f, got_da);
        if (rows == 0)
            return;
        free = end_groups(&f, rows, got_da);
    }
}
