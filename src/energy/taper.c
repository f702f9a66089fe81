#include "energy/taper.h"

enum {
    MS_PER_S = 1000,
    S_PER_H = 3600,
    LESS_DA = 10,      /* who takes so much less than it may is not held by that */
    LEAST_DA = 10,     /* below, meters are too coarse */
    FLAT_PERCENT = 95, /* so much of where it began is not yet a fall */
    HALF_MIN_S = 120,
    USUAL_PART = 8, /* of the usual one, that a car changes */
    DOUBLINGS_MAX = 31,
    TAU_PERMILLE = 1443, /* of a half life: 1 / ln 2 */
    SHORT_WH = 400,      /* what may be missing at the end */
};

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* How often it halved, in thousandths. */
static int64_t halvings(int64_t from_da, int64_t draw_da)
{
    int64_t permille = 0;

    for (; draw_da * 2 <= from_da; draw_da *= 2)
        permille += 1000;
    return permille + (from_da - draw_da) * 1000 / draw_da;
}

static void learn(struct taper *taper, int32_t draw_da, utc_ms at, int32_t *usual_half_s)
{
    int64_t half_s = (at - taper->from_at) / halvings(taper->from_da, draw_da);

    half_s = half_s < HALF_MIN_S ? HALF_MIN_S : least(half_s, TAPER_HALF_MAX_S);
    taper->half_s = (int32_t)half_s;
    if (*usual_half_s == 0)
        *usual_half_s = taper->half_s;
    else
        *usual_half_s += (taper->half_s - *usual_half_s) / USUAL_PART;
}

void taper_saw(struct taper *taper, int32_t draw_da, int32_t may_da, utc_ms at,
               int32_t *usual_half_s)
{
    bool falls = draw_da > 0 && draw_da < may_da - LESS_DA;

    if (!falls) {
        taper->from_at = 0;
        return;
    }
    if (taper->from_at == 0 || draw_da > taper->from_da) {
        taper->from_at = at;
        taper->from_da = draw_da;
    } else if (draw_da * 100 >= taper->from_da * FLAT_PERCENT) {
        taper->from_at = at; /* held by something else, until it falls */
    } else if (draw_da * 2 <= taper->from_da && taper->from_da >= LEAST_DA) {
        learn(taper, draw_da, at, usual_half_s);
        taper->from_at = at;
        taper->from_da = draw_da;
    }
}

int64_t taper_w(int32_t end_w, int32_t half_s, int32_t max_w, int64_t before_s)
{
    if (half_s <= 0 || before_s / half_s >= DOUBLINGS_MAX)
        return max_w;
    int64_t w = (int64_t)end_w << (before_s / half_s);
    if (w < max_w)
        w += w * (before_s % half_s) / half_s;
    return least(w, max_w);
}

/* What it could have in all of its stay, Wh. */
static int64_t could_wh(int32_t end_w, int32_t half_s, int32_t max_w, int64_t stays_s)
{
    int64_t falls_s = 0, at_w = end_w;

    for (; falls_s < stays_s && at_w < max_w; falls_s += half_s)
        at_w *= 2;
    if (at_w > max_w)
        falls_s -= (at_w - max_w) * half_s * 2 / at_w; /* straight in the last of them */
    if (falls_s > stays_s)
        falls_s = stays_s;
    int64_t top_w = taper_w(end_w, half_s, max_w, falls_s);
    return ((top_w - end_w) * half_s * TAU_PERMILLE / 1000 + max_w * (stays_s - falls_s)) / S_PER_H;
}

int32_t taper_end_w(int32_t half_s, int32_t max_w, int64_t need_wh, int64_t stays_s)
{
    if (half_s <= 0 || stays_s <= 0)
        return 0;
    int64_t end_w = SHORT_WH * (int64_t)S_PER_H / ((int64_t)half_s * TAU_PERMILLE / 1000) + 1;
    while (end_w < max_w && could_wh((int32_t)end_w, half_s, max_w, stays_s) < need_wh)
        end_w += end_w / 4 + 1;
    return end_w < max_w ? (int32_t)end_w : 0;
}
