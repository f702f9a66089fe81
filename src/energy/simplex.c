/* The table: each variable stands in a column, at one of its bounds, or has a row, which says how
 * it moves with the columns. Limits that are met exactly have a column too: their slack, at 0. */
#include "energy/simplex.h"

enum {
    SMALLEST_PART = SIMPLEX_ONE >> 10, /* to pivot on */
    CLOSE_BITS = 12,                   /* a bound is met to this part of it */
};

#define CELL_MAX ((int64_t)1 << 30)
#define MOVE_MAX ((int64_t)1 << 32)
#define NONE     (-1)

struct simplex {
    uint32_t count, row_count;
    int64_t work, work_max;
    bool broken;             /* a number is too large */
    int64_t *cells;          /* row by row: of what has the row, by what is in the column */
    int64_t *costs;          /* of each column: the sum by it */
    int64_t *limit;          /* the row that is to be met, while it is */
    int64_t *values, *most;  /* by variable */
    int32_t *in_column;      /* by column: its variable; NONE: a slack */
    bool *at_most;           /* by column: it is at its upper bound */
    int32_t *columns, *rows; /* by variable: where it is; NONE */
    uint32_t *in_row;        /* by row: its variable */
};

/* A limit that has to be met: `limit` has to fall by `over`. */
struct leaving {
    int64_t over;
    int32_t variable; /* whose bound it is; NONE: one that was told */
    bool upper;
};

static int64_t times(int64_t a, int64_t b)
{
    return (a * b + (SIMPLEX_ONE >> 1)) >> SIMPLEX_BITS;
}

static int64_t *row_at(const struct simplex *simplex, uint32_t row)
{
    return &simplex->cells[(size_t)row * simplex->count];
}

static bool is_large(int64_t cell)
{
    return cell > CELL_MAX || cell < -CELL_MAX;
}

/* Row -= factor · limit, except in `column`. */
static void subtract(struct simplex *simplex, int64_t *row, int64_t factor, uint32_t column)
{
    int64_t kept = row[column];
    bool large = is_large(factor);

    for (uint32_t j = 0; !large && j < simplex->count; j++) {
        row[j] -= times(factor, simplex->limit[j]);
        large |= is_large(row[j]);
    }
    row[column] = kept;
    simplex->broken |= large;
}

/* The column that meets the limit at least cost when it moves off its bound; NONE. */
static int32_t cheapest(const struct simplex *simplex)
{
    int32_t best = NONE;
    int64_t best_cost = 0, best_part = 1;

    for (uint32_t j = 0; j < simplex->count; j++) {
        bool down = simplex->at_most[j];
        int64_t part = down ? simplex->limit[j] : -simplex->limit[j];
        int64_t cost = down ? simplex->costs[j] : -simplex->costs[j];
        if (part < SMALLEST_PART)
            continue;
        cost = cost > 0 ? cost : 0;
        if (best == NONE || cost * best_part < best_cost * part ||
            (cost * best_part == best_cost * part && part > best_part)) {
            best = (int32_t)j;
            best_cost = cost;
            best_part = part;
        }
    }
    return best;
}

/* From one bound to the other. */
static void flip(struct simplex *simplex, uint32_t column)
{
    int32_t variable = simplex->in_column[column];
    int64_t move = simplex->at_most[column] ? -simplex->most[variable] : simplex->most[variable];

    for (uint32_t r = 0; r < simplex->row_count; r++)
        simplex->values[simplex->in_row[r]] += times(row_at(simplex, r)[column], move);
    simplex->at_most[column] = !simplex->at_most[column];
    simplex->values[variable] += move;
    simplex->work += simplex->row_count;
}

static void drop_row(struct simplex *simplex, uint32_t row)
{
    uint32_t last = --simplex->row_count, moved = simplex->in_row[last];

    if (row == last)
        return;
    memcpy(row_at(simplex, row), row_at(simplex, last), simplex->count * sizeof(int64_t));
    simplex->in_row[row] = moved;
    simplex->rows[moved] = (int32_t)row;
}

/* What enters gets the row `row`: by the limit, which has its column from now on. */
static void write_row(struct simplex *simplex, uint32_t row, uint32_t variable, int64_t inverse)
{
    int64_t *cells = row_at(simplex, row);

    for (uint32_t j = 0; j < simplex->count; j++)
        cells[j] = -times(simplex->limit[j], inverse);
    simplex->in_row[row] = variable;
    simplex->rows[variable] = (int32_t)row;
    simplex->columns[variable] = NONE;
}

/* The column and what leaves change places. */
static void pivot(struct simplex *simplex, const struct leaving *leaving, uint32_t column)
{
    int32_t enters = simplex->in_column[column],
            own = leaving->variable == NONE ? NONE : simplex->rows[leaving->variable];
    int64_t part = simplex->limit[column], move = -(leaving->over << SIMPLEX_BITS) / part;
    int64_t inverse = ((int64_t)1 << 2 * SIMPLEX_BITS) / part, factor;
    /* A slack rises while what it bounds from above falls. */
    int64_t sign = leaving->variable != NONE && leaving->upper ? -1 : 1;

    if (move > MOVE_MAX || move < -MOVE_MAX) {
        simplex->broken = true;
        return;
    }
    factor = times(simplex->costs[column], inverse);
    subtract(simplex, simplex->costs, factor, column);
    simplex->costs[column] = -sign * factor;
    for (uint32_t r = 0; r < simplex->row_count && !simplex->broken; r++) {
        int64_t *row = row_at(simplex, r);
        if ((int32_t)r == own || row[column] == 0)
            continue;
        simplex->values[simplex->in_row[r]] += times(row[column], move);
        factor = times(row[column], inverse);
        subtract(simplex, row, factor, column);
        row[column] = -sign * factor;
    }
    if (own != NONE) {
        simplex->values[leaving->variable] = leaving->upper ? simplex->most[leaving->variable] : 0;
        simplex->rows[leaving->variable] = NONE;
        simplex->columns[leaving->variable] = (int32_t)column;
    }
    if (enters != NONE) {
        uint32_t row = own != NONE ? (uint32_t)own : simplex->row_count++;
        write_row(simplex, row, (uint32_t)enters, inverse);
        row_at(simplex, row)[column] = -sign * inverse;
        simplex->values[enters] += move;
    } else if (own != NONE) {
        drop_row(simplex, (uint32_t)own);
    }
    simplex->in_column[column] = leaving->variable;
    simplex->at_most[column] = leaving->variable != NONE && leaving->upper;
    simplex->work += (int64_t)simplex->count * (simplex->row_count + 2);
}

/* Columns move from bound to bound as long as that does not meet the limit; then one enters. */
static void meet(struct simplex *simplex, struct leaving leaving)
{
    while (!simplex->broken) {
        int32_t column = cheapest(simplex), variable;
        int64_t can;
        simplex->work += simplex->count;
        if (column == NONE) {
            simplex->broken = true; /* there is a way: all at 0; it was lost in roundings */
            break;
        }
        variable = simplex->in_column[column];
        can = variable == NONE ? INT64_MAX
                               : times(simplex->most[variable], simplex->at_most[column]
                                                                    ? simplex->limit[column]
                                                                    : -simplex->limit[column]);
        if (can >= leaving.over) {
            pivot(simplex, &leaving, (uint32_t)column);
            break;
        }
        flip(simplex, (uint32_t)column);
        leaving.over -= can;
    }
}

/* The variable with a row that is most beyond a bound; false: none is. */
static bool find_beyond(const struct simplex *simplex, struct leaving *leaving)
{
    leaving->over = 0;
    for (uint32_t r = 0; r < simplex->row_count; r++) {
        uint32_t variable = simplex->in_row[r];
        int64_t value = simplex->values[variable], most = simplex->most[variable];
        int64_t close = 1 + (most >> CLOSE_BITS);
        bool upper = value > most;
        int64_t over = upper ? value - most : -value;
        if (over > close && over > leaving->over)
            *leaving = (struct leaving){ over, (int32_t)variable, upper };
    }
    return leaving->over > 0;
}

static bool goes_on(const struct simplex *simplex)
{
    return !simplex->broken && simplex->work <= simplex->work_max;
}

static void keep_bounds(struct simplex *simplex)
{
    struct leaving leaving;

    while (goes_on(simplex) && find_beyond(simplex, &leaving)) {
        const int64_t *row = row_at(simplex, (uint32_t)simplex->rows[leaving.variable]);
        for (uint32_t j = 0; j < simplex->count; j++)
            simplex->limit[j] = leaving.upper ? row[j] : -row[j];
        meet(simplex, leaving);
    }
}

static void add_term(struct simplex *simplex, const struct simplex_term *term)
{
    int32_t row = simplex->rows[term->variable];
    const int64_t *cells;

    if (row == NONE) {
        simplex->limit[simplex->columns[term->variable]] += term->part;
        return;
    }
    cells = row_at(simplex, (uint32_t)row);
    for (uint32_t j = 0; j < simplex->count; j++) {
        simplex->limit[j] += times(term->part, cells[j]);
        simplex->broken |= is_large(simplex->limit[j]);
    }
}

bool simplex_limit(struct simplex *simplex, const struct simplex_term *terms, uint32_t count,
                   int64_t most)
{
    int64_t sum = 0;

    check(most >= 0);
    for (uint32_t i = 0; i < count; i++)
        sum += times(terms[i].part, simplex->values[terms[i].variable]);
    if (sum > most && goes_on(simplex)) {
        memset(simplex->limit, 0, simplex->count * sizeof *simplex->limit);
        for (uint32_t i = 0; i < count; i++)
            add_term(simplex, &terms[i]);
        meet(simplex, (struct leaving){ .over = sum - most, .variable = NONE });
        keep_bounds(simplex);
    }
    return goes_on(simplex);
}

int64_t simplex_value(const struct simplex *simplex, uint32_t variable)
{
    return simplex->values[variable];
}

static bool make_table(struct simplex *simplex, struct arena *arena)
{
    size_t count = simplex->count + 1;

    simplex->cells = arena_alloc(arena, count * count * sizeof(int64_t));
    simplex->costs = arena_alloc(arena, count * sizeof(int64_t));
    simplex->limit = arena_alloc(arena, count * sizeof(int64_t));
    simplex->values = arena_alloc(arena, count * sizeof(int64_t));
    simplex->most = arena_alloc(arena, count * sizeof(int64_t));
    simplex->in_column = arena_alloc(arena, count * sizeof(int32_t));
    simplex->columns = arena_alloc(arena, count * sizeof(int32_t));
    simplex->rows = arena_alloc(arena, count * sizeof(int32_t));
    simplex->in_row = arena_alloc(arena, count * sizeof(uint32_t));
    simplex->at_most = arena_alloc(arena, count * sizeof(bool));
    return simplex->cells && simplex->costs && simplex->limit && simplex->values && simplex->most &&
           simplex->in_column && simplex->columns && simplex->rows && simplex->in_row &&
           simplex->at_most;
}

struct simplex *simplex_new(struct arena *arena, const struct simplex_variable *variables,
                            uint32_t count, uint32_t work_max)
{
    struct simplex *simplex = ARENA_NEW(arena, struct simplex);

    if (!simplex)
        return NULL;
    simplex->count = count;
    simplex->work_max = work_max;
    if (!make_table(simplex, arena))
        return NULL;
    for (uint32_t i = 0; i < count; i++) {
        check(variables[i].most >= 0 && variables[i].most <= (int64_t)1 << SIMPLEX_VALUE_BITS);
        simplex->values[i] = simplex->most[i] = variables[i].most;
        simplex->costs[i] = variables[i].worth;
        simplex->in_column[i] = simplex->columns[i] = (int32_t)i;
        simplex->rows[i] = NONE;
        simplex->at_most[i] = true;
    }
    return simplex;
}
