/* simplex.h: the greatest sum of variables that lie between 0 and a bound, each with its worth,
 * under limits that are told one after the other.
 *
 * It begins with each variable at its bound. A limit that is passed is met by the dual simplex
 * method with bounded variables (V. Chvátal, Linear Programming, 1983, chapters 8 and 10): what
 * costs least gives way, and after each step the sum is the greatest under all limits told so far.
 * So only limits that are passed need to be told, and one that has become loose is forgotten (tell
 * it again if it is passed again): the table never has more rows than variables.
 *
 * In whole numbers: parts have SIMPLEX_BITS behind the point. What it finds is right to one part in
 * some thousand, enough for an aim; where numbers grow beyond what fits, or the work is done, it
 * says so and is of no more use.
 */
#pragma once
#include "base/arena.h"
#include "base/base.h"

enum { SIMPLEX_BITS = 20, SIMPLEX_VALUE_BITS = 30 };
#define SIMPLEX_ONE (1 << SIMPLEX_BITS)

struct simplex_variable {
    int64_t most;  /* 0 to 2^SIMPLEX_VALUE_BITS */
    int32_t worth; /* of one: 0 to 2 · SIMPLEX_ONE */
};

struct simplex_term {
    uint32_t variable;
    int32_t part; /* -SIMPLEX_ONE to SIMPLEX_ONE */
};

struct simplex;

/* `work_max`: cells of its table that may be looked at. NULL: memory is out. */
struct simplex *simplex_new(struct arena *arena, const struct simplex_variable *variables,
                            uint32_t count, uint32_t work_max);

/* The sum of part · value is to be no more than `most`, which all at 0 must meet: at least 0.
 * false: it gives up, values mean nothing. */
MUST_CHECK bool simplex_limit(struct simplex *simplex, const struct simplex_term *terms,
                              uint32_t count, int64_t most);

/* 0 to its bound, but for roundings. */
int64_t simplex_value(const struct simplex *simplex, uint32_t variable);
