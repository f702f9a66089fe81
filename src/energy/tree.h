/* tree.h: the limits of one site (grid connection → transformer → panel → circuit → station →
 * EVSE), phase by phase, and what is booked on them.
 *
 * All amounts are whole numbers, so "never over" is exact: currents in 0.1 A (`_da`), power in W,
 * sums in int64. Currents of one wire add up as numbers; the current of a line is their phasor sum
 * (unity power factor, as charging cars have), and where a rounding is needed it is upwards
 * (line.h). A car that may draw 16 A may also draw nothing: what counts is the most that a line can
 * carry while each leaf draws anything up to what is booked for it.
 *
 * Pure: no clock, no I/O. Memory comes from the arena at tree_init; nothing else allocates.
 */
#pragma once
#include "base/base.h"

enum { LINE_COUNT = 3 };
#define TREE_NO_LIMIT_DA INT32_MAX
#define TREE_NO_LIMIT_W  INT64_MAX
#define TREE_NODES_MAX   20000u
#define TREE_LEAVES_MAX  200000u
#define TREE_DEPTH_MAX   16u
#define TREE_DA_MAX      (1 << 17) /* most that a leaf or a base load can have: 13 kA */

/* What a car's current flows between, seen from the grid: rotation of the station is in it. */
enum wire { WIRE_L1, WIRE_L2, WIRE_L3, WIRE_L12, WIRE_L23, WIRE_L31, WIRE_COUNT };
typedef uint8_t wire_set; /* by bit */
#define WIRE_BIT(wire)    ((wire_set)(1u << (wire)))
#define WIRES_THREE_PHASE ((wire_set)7)    /* L1, L2, L3 against neutral */
#define WIRES_DELTA       ((wire_set)0x38) /* L12, L23, L31 */

struct tree_node {
    int32_t parent;               /* index, smaller than its own; -1: a root */
    int32_t limit_da[LINE_COUNT]; /* per line; TREE_NO_LIMIT_DA */
    int64_t limit_w;              /* all phases together; TREE_NO_LIMIT_W */
    /* Booked here, and so on all nodes above, besides the leaves: loads that nobody controls, with
     * their margin, less solar and battery; may be negative. Loads are added to the current of the
     * leaves as a number (any power factor), solar as a phasor. */
    int32_t base_da[LINE_COUNT];
    int64_t base_w;
    /* A delta-wye transformer stands between this node (its secondary side) and the parent: line
     * volts of the primary, times 1000, over phase volts of the secondary (480/120 V: 4000). 0:
     * none; at least 100. At most one on any path. */
    int32_t ratio_permille;
};

struct tree_leaf {
    uint32_t node;
    wire_set wires;     /* each is booked with the leaf's current: all candidates while the phase of
                           a single-phase car is not known */
    uint8_t wires_live; /* how many of them carry it at once: 1 to 3; for the power */
    int16_t volts;      /* of each wire, nominal: 230 (L-N), 400, 208 (L-L) */
};

/* A limit that is passed, and by how much. */
struct tree_excess {
    int32_t node;
    int8_t line;  /* 0..2; -1: the power limit */
    int64_t over; /* 0.1 A, or W */
};

struct tree; /* tree.c's own; made by tree_new */

/* Copies nodes and leaves. ERR_BAD_VALUE: a parent that does not come before its child, a path with
 * two transformers or deeper than TREE_DEPTH_MAX, wires empty or mixed (L-N and L-L), no volts, a
 * negative limit; ERR_FULL: too many, or memory is out. A base load beyond TREE_DA_MAX is that: a
 * meter that errs leaves no room, but a tree. */
MUST_CHECK enum err tree_new(struct arena *arena, const struct tree_node *nodes,
                             uint32_t node_count, const struct tree_leaf *leaves,
                             uint32_t leaf_count, struct tree **tree);

/* New limits or base loads of a node: they change while what is booked stays. A negative limit is
 * 0; a base load beyond TREE_DA_MAX is TREE_DA_MAX. */
void tree_set_limits(struct tree *tree, uint32_t node, const int32_t limit_da[LINE_COUNT],
                     int64_t limit_w);
void tree_set_base(struct tree *tree, uint32_t node, const int32_t base_da[LINE_COUNT],
                   int64_t base_w);
/* The phase of a car was learned: what is booked moves to the new wires. */
void tree_set_wires(struct tree *tree, uint32_t leaf, wire_set wires, uint8_t wires_live);

/* Books `da` for the leaf in the place of what it had; no limit is asked. */
void tree_book(struct tree *tree, uint32_t leaf, int32_t da);
int32_t tree_booked(const struct tree *tree, uint32_t leaf);
/* The most that could be booked for the leaf, up to `want_da`, with no limit passed of those that
 * it adds to, and all others as they are; less than what is booked now, down to 0, where one is
 * passed already. */
int32_t tree_room(const struct tree *tree, uint32_t leaf, int32_t want_da);

/* Could it have `da`? Where it could not, tree_room is less. */
bool tree_fits(const struct tree *tree, uint32_t leaf, int32_t da);
/* The node nearest to the leaf, and its line (-1: its power), that would not allow it `da`; false:
 * none. */
bool tree_hinders(const struct tree *tree, uint32_t leaf, int32_t da, int32_t *node, int8_t *line);

/* The worst excess of a node, of its lines before its power; false: none. */
bool tree_over(const struct tree *tree, uint32_t node, struct tree_excess *excess);
/* The first node that is over, from the root; false: none is. */
bool tree_any_over(const struct tree *tree, struct tree_excess *excess);
/* Booked at a node: current per line (rounded up) and power, base included. Negative: fed back. */
void tree_sums(const struct tree *tree, uint32_t node, int64_t line_da[LINE_COUNT],
               int64_t *power_w);
/* The same when each leaf draws all that is booked for it, and not only up to that: where loads
 * cancel each other it is less. Rounded down. */
void tree_flows(const struct tree *tree, uint32_t node, int64_t line_da[LINE_COUNT],
                int64_t *power_w);

uint32_t tree_node_count(const struct tree *tree);
const struct tree_node *tree_node(const struct tree *tree, uint32_t node);
const struct tree_leaf *tree_leaf(const struct tree *tree, uint32_t leaf);
/* Power of a leaf at `da`, in W, rounded up; and the current for `w`, rounded down. */
int64_t tree_leaf_w(const struct tree *tree, uint32_t leaf, int32_t da);
int32_t tree_leaf_da(const struct tree *tree, uint32_t leaf, int64_t w);
