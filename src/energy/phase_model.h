/* phase_model.h: a tree as phase.c and rollout.c see it: groups of cars, and the nodes whose limits
 * they can reach, each limit as a row of numbers. Others use phase.h.
 *
 * A group: cars between the same wires at the same volts, on the same side of the same kind of
 * transformer. A row
 * says how a limit sees the groups: the current of a line is |sum of direction × amount|,
 * directions being phasors in whole numbers (line.h has the angles), power is the same without an
 * angle. Rows that even all cars together do not reach are left out, and nodes without a row.
 *
 * What is found by rows is an aim, not a limit: roundings here are to the nearest, and each booking
 * goes through tree_room.
 */
#pragma once
#include "energy/phase.h"

enum { PHASE_GROUPS_MAX = 12, PHASE_ROWS_MAX = 8, PHASE_NO_NODE = -1 };

struct phase_row {
    int64_t base_re, base_im, limit;
    int32_t re[PHASE_GROUPS_MAX], im[PHASE_GROUPS_MAX];
    bool straight; /* no angles: a sum */
};

/* Does it allow what flows with so much of each group on top of what is booked? */
bool phase_row_allows(const struct phase_row *row, uint32_t group_count, const int32_t *da);

struct phase_node {
    int32_t parent; /* smaller than its own number; PHASE_NO_NODE */
    uint8_t row_count;
    struct phase_row rows[PHASE_ROWS_MAX];
};

/* A car, in the order of laxity. */
struct phase_entry {
    uint32_t car; /* in the caller's list */
    int32_t node; /* PHASE_NO_NODE: nothing limits it but itself */
    uint8_t group;
    int32_t more_da; /* it wants beyond what is booked */
};

struct phase_model {
    uint32_t group_count, node_count, entry_count;
    int32_t group_w[PHASE_GROUPS_MAX]; /* power of 1 A */
    uint8_t group_wires[PHASE_GROUPS_MAX];
    struct phase_node *nodes;
    struct phase_entry *entries;
};

/* How fast the level of each group rises, in 1/1024. */
enum { PHASE_WEIGHT_BITS = 10 };
#define PHASE_WEIGHT_ONE (1 << PHASE_WEIGHT_BITS)
struct phase_weights {
    int32_t of[PHASE_GROUPS_MAX];
    int32_t inverse[PHASE_GROUPS_MAX]; /* level per amount, in 1/1024 too, rounded up */
};
void phase_weights_set(struct phase_weights *weights, uint32_t group, int32_t weight);

/* ERR_FULL: memory is out. More kinds of wires than PHASE_GROUPS_MAX share the last group. */
MUST_CHECK enum err phase_model_new(const struct tree *tree, const struct phase_car *cars,
                                    uint32_t count, struct arena *arena, struct phase_model *model);

/* More than all cars that are looked at together can want. */
#define PHASE_WANT_MAX_DA (1 << 25)

/* A node that is being filled. */
struct phase_filling {
    const struct phase_node *node;
    const struct phase_weights *weights;
    const int32_t *want_da;
    uint32_t group_count;
    bool coarse;                    /* to 1 in 256 will do: it is a trial */
    int64_t full[PHASE_GROUPS_MAX]; /* phase_level's own: the level at which a group has all */
};

/* What a node lets through of want_da by group: the weighted level, as far as rows allow. */
void phase_level(const struct phase_filling *filling, int32_t *got_da);
