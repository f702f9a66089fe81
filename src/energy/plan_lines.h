/* plan_lines.h: what a plan books on lines and nodes, slot by slot, where phases mix. For plan*.c
 * only.
 *
 * Currents in 0.1 A, times 2^20, as the mean of a whole slot: in a slot that is partly over the
 * limits are smaller in the same measure. Currents of wires between two lines are phasors.
 */
#pragma once
#include "energy/plan_model.h"

enum { LINE_FRACTION = 20 };
#define LINE_NO_LIMIT INT64_MAX

struct line_cap {
    int64_t wh, line[LINE_COUNT];
};

struct line_sum {
    int64_t wh, re[LINE_COUNT], im[LINE_COUNT];
};

/* What a Wh of a car puts on the lines: below a delta-wye transformer, and above it. Rounded away
 * from 0. */
struct line_use {
    int32_t re[2][LINE_COUNT], im[2][LINE_COUNT];
};

struct lines {
    const struct plan_model *model;
    struct line_cap *cap; /* [slot * nodes + node] */
    struct line_sum *sum; /* the same */
    struct line_use *use; /* [car] */
    int32_t *ratio;       /* [node], of the transformer above it; 0: none */
    bool phasors;         /* some car has wires between two lines */
};

MUST_CHECK enum err lines_new(const struct plan_model *model, struct arena *arena,
                              struct lines **lines);
void lines_clear(struct lines *lines);
/* Books, or takes back where negative. */
void lines_add(struct lines *lines, uint32_t slot, uint32_t car, int32_t wh);
/* How many of `wh` fit. */
int32_t lines_room(const struct lines *lines, uint32_t slot, uint32_t car, int32_t wh);
/* The share of what is booked that a node's limits allow: line 0..2, or LINE_COUNT: energy. In
 * 65536ths; at least 65536 where nothing is passed. */
enum { LINES_SHARE_ONE = 65536 };
int64_t lines_share(const struct lines *lines, size_t cell, int line);
