/* fill.h: the fair share of what a tree leaves: weighted max-min, by progressive filling.
 *
 * A level rises from 0. Each leaf follows it in steps of 0.1 A, from what is booked for it on, up
 * to its most: at level t it has floor(t · weight / W), W being the largest weight. A step that no
 * limit hinders is taken; a leaf that is hindered stays where it is. Steps of one level are taken
 * in the order of the tree (leaves of a node by number, then those of its children), which settles
 * who gets what is left when a division does not come out even.
 *
 * So no leaf could have 0.1 A more unless another lost it that has no higher level than this one
 * would have then. What is booked before is nobody's to take: it is where a leaf starts (its
 * minimum, or what an earlier class got), and it counts in the share. Where limits are passed
 * already, leaves that add to them stay as they are.
 *
 * Exact, and fast: between two events (a limit is reached, a leaf has all) nothing is added up.
 */
#pragma once
#include "energy/tree.h"

#define FILL_WEIGHT_MAX 1000 /* a larger weight counts as this; 0 counts as 1 */

struct fill_want {
    uint32_t leaf; /* each at most once */
    uint32_t weight;
    int32_t most_da; /* below what is booked: it stays at that */
};

/* Books the shares. ERR_FULL: memory is out, nothing is booked. */
MUST_CHECK enum err fill_run(struct tree *tree, const struct fill_want *wants, uint32_t count,
                             struct arena *arena);
