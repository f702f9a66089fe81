/* line.h: the current of one line from what its loads draw: a phasor sum in whole numbers.
 *
 * Unity power factor, as charging cars have: a load between L1 and neutral draws in phase with V1,
 * one between L1 and L2 in phase with V12. Seen from line 1, in a frame where V1 points along the
 * real axis, each kind of load has one direction:
 *
 *   straight   0°        L1-N
 *   ahead      +30°      L12, or L1-N behind a delta-wye transformer
 *   behind     −30°      L31, or L3-N behind one (it flows back through this line)
 *   far_ahead  +60°      L12 behind a transformer     (its windings A and B; line 1 carries A less
 * C) far_behind −60°      L23 behind one twice      0°, ×2    L31 behind one               (both of
 * its windings end in this line)
 *
 * Lines 2 and 3 are the same, turned by 120°. A transformer is the one of the ACN papers: a primary
 * line carries what windings A and C differ by, I_A = (I_a − I_c) · 1000 / ratio_permille.
 *
 * A car that may draw 16 A may also draw nothing, and some loads cancel others. So the current that
 * counts is the most that can flow while each load draws anything between nothing and its amount:
 * it never falls when a load grows. All roundings are outwards.
 */
#pragma once
#include "base/base.h"

/* Amounts are in 1/16384 of 0.1 A, so that a transformer's ratio costs no whole 0.1 A; each is
 * below 2^55. */
#define LINE_FINE_BITS 14
#define LINE_FINE      ((int64_t)1 << LINE_FINE_BITS)

struct line_load {
    int64_t straight, ahead, behind, far_ahead, far_behind, twice; /* >= 0 */
    /* Solar, as a load below nothing (<= 0): on this side, and behind a transformer. */
    int64_t sun, sun_ahead, sun_behind;
};

/* Is the current at most `limit_da`? */
bool line_fits(const struct line_load *load, int64_t limit_da);
/* The current in 0.1 A, rounded up. */
int64_t line_current(const struct line_load *load);
/* And what flows when each load draws all of its amount, rounded down. */
int64_t line_flow(const struct line_load *load);
