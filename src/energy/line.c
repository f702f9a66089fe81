#include "energy/line.h"

__extension__ typedef __int128 wide;

/* The square root of 3 times 2^31 lies between these two. */
#define SQRT3_UP   INT64_C(3719550787)
#define SQRT3_DOWN INT64_C(3719550786)
#define SQRT3_BITS 31

static int64_t sqrt3_up(int64_t amount)
{
    return (int64_t)(((wide)amount * SQRT3_UP + ((wide)1 << SQRT3_BITS) - 1) >> SQRT3_BITS);
}

static int64_t sqrt3_down(int64_t amount)
{
    return (int64_t)(((wide)amount * SQRT3_DOWN) >> SQRT3_BITS);
}

/* |across + √3 · far|, at most 2 too large. */
static int64_t sideways(int64_t across, int64_t far)
{
    int64_t a = across, f = far;

    if (a < 0 || (a == 0 && f < 0)) {
        a = -a;
        f = -f;
    }
    if (f >= 0)
        return a + sqrt3_up(f);
    return a - sqrt3_down(-f) > sqrt3_up(-f) - a ? a - sqrt3_down(-f) : sqrt3_up(-f) - a;
}

/* Four times the square of the current, rounded up, with all loads as they are. */
static wide square_of(const struct line_load *l)
{
    int64_t real = 2 * (l->straight + l->sun) + l->far_ahead + l->far_behind + 4 * l->twice +
                   sqrt3_up(l->ahead + l->behind) - sqrt3_down(-(l->sun_ahead + l->sun_behind));
    int64_t side =
        sideways(l->ahead - l->behind + l->sun_ahead - l->sun_behind, l->far_ahead - l->far_behind);

    if (real < 0)
        real = 0; /* fed back: no load of ours */
    return (wide)real * real + (wide)side * side;
}

/* Loads of directions more than 90° apart, or solar, can lessen a current. The most that can flow
 * is at a corner: all that leads is there and some of what lags is not, or the other way round. */
static wide square_at_corners(const struct line_load *load)
{
    wide most = square_of(load);
    bool near = load->ahead || load->behind, far = load->far_ahead || load->far_behind;

    for (unsigned drop = 1; drop < 4; drop++) {
        struct line_load ahead = *load, behind = *load;
        wide square;

        if ((drop & 1 && !near) || (drop & 2 && !far))
            continue; /* nothing to drop: it was looked at */
        if (drop & 1) {
            ahead.behind = 0;
            behind.ahead = 0;
        }
        if (drop & 2) {
            ahead.far_behind = 0;
            behind.far_ahead = 0;
        }
        square = square_of(&ahead);
        most = square > most ? square : most;
        square = square_of(&behind);
        most = square > most ? square : most;
    }
    return most;
}

static wide square_most(const struct line_load *load)
{
    bool can_cancel =
        load->far_ahead || load->far_behind || load->sun || load->sun_ahead || load->sun_behind;

    return can_cancel ? square_at_corners(load) : square_of(load);
}

bool line_fits(const struct line_load *load, int64_t limit_da)
{
    wide doubled = 2 * (wide)limit_da * LINE_FINE;

    return limit_da >= 0 && square_most(load) <= doubled * doubled;
}

/* The least whole number whose square is not below. */
static int64_t root_up(wide square)
{
    int64_t root = 0;

    for (int bit = 61; bit >= 0; bit--) {
        int64_t with = root | ((int64_t)1 << bit);
        if ((wide)with * with <= square)
            root = with;
    }
    return (wide)root * root < square ? root + 1 : root;
}

int64_t line_current(const struct line_load *load)
{
    return (root_up(square_most(load)) + 2 * LINE_FINE - 1) / (2 * LINE_FINE);
}

int64_t line_flow(const struct line_load *load)
{
    enum { ROUNDED = 8 }; /* square_of is rounded up, by a few parts of LINE_FINE at most */
    int64_t root = root_up(square_of(load)) - ROUNDED;

    return root > 0 ? root / (2 * LINE_FINE) : 0;
}
