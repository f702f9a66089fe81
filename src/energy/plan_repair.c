/* Scale, fill, move, make room. Everything goes through lines_room: what comes out fits. */
#include "energy/plan_repair.h"

enum { SCALE_TRIES = 4, PASSES = 3, FILL_SHIFT_FIRST = 10 };

static size_t at_car(const struct repair *r, uint32_t slot, uint32_t car)
{
    return (size_t)slot * r->lines->model->cars + car;
}

static void add(struct repair *r, uint32_t slot, uint32_t car, int32_t wh)
{
    r->wh[at_car(r, slot, car)] += wh;
    r->left[car] -= wh;
    lines_add(r->lines, slot, car, wh);
}

static void book_wish(struct repair *r)
{
    const struct plan_model *m = r->lines->model;

    lines_clear(r->lines);
    for (uint32_t i = 0; i < m->cars; i++)
        r->left[i] = r->need[i];
    for (uint32_t t = 0; t < m->slots; t++)
        for (uint32_t i = 0; i < m->cars; i++) {
            int32_t wh = r->wh[at_car(r, t, i)];
            wh = wh < r->left[i] ? wh : (int32_t)r->left[i];
            r->wh[at_car(r, t, i)] = 0;
            if (wh > 0)
                add(r, t, i, wh);
        }
}

/* The least share that the limits on a car's path allow, on the lines that it uses. */
static int64_t share_of(const struct repair *r, uint32_t slot, uint32_t car)
{
    const struct plan_model *m = r->lines->model;
    const struct line_use *use = &r->lines->use[car];
    int64_t least = LINES_SHARE_ONE;
    int stage = 0;

    for (uint32_t n = m->car[car].node;; n = m->parent[n]) { /* until the grid connection */
        size_t cell = (size_t)slot * m->nodes + n;
        for (int k = 0; k <= LINE_COUNT; k++) {
            if (k < LINE_COUNT && use->re[stage][k] == 0 && use->im[stage][k] == 0)
                continue;
            int64_t share = lines_share(r->lines, cell, k);
            least = share < least ? share : least;
        }
        if (n == 0)
            return least;
        stage |= r->lines->ratio[n] != 0;
    }
}

/* Less for all who share what is over; all shares are taken before the first is applied. Returns
 * whether anything was. `last`: cars on it get nothing. */
static bool scale_slot(struct repair *r, uint32_t slot, bool last)
{
    const struct plan_model *m = r->lines->model;
    bool any = false;

    for (uint32_t i = 0; i < m->cars; i++) {
        int32_t wh = r->wh[at_car(r, slot, i)];
        r->share[i] = wh > 0 ? share_of(r, slot, i) : LINES_SHARE_ONE;
    }
    for (uint32_t i = 0; i < m->cars; i++) {
        int32_t wh = r->wh[at_car(r, slot, i)];
        if (r->share[i] >= LINES_SHARE_ONE)
            continue;
        any = true;
        add(r, slot, i, (last ? 0 : (int32_t)(wh * r->share[i] / LINES_SHARE_ONE)) - wh);
    }
    return any;
}

/* Once is enough where all currents add up; phasors that cancel out may need more. */
static void scale(struct repair *r)
{
    for (uint32_t t = 0; t < r->lines->model->slots; t++)
        for (int n = 0; n < SCALE_TRIES && scale_slot(r, t, n == SCALE_TRIES - 1); n++)
            ;
}

static int32_t least3(int64_t a, int64_t b, int64_t c)
{
    a = a < b ? a : b;
    return (int32_t)(a < c ? a : c);
}

/* What a car can get more in a slot. */
static int32_t room_for(const struct repair *r, uint32_t slot, uint32_t car, int64_t wish)
{
    int64_t most = (int64_t)r->most[at_car(r, slot, car)] - r->wh[at_car(r, slot, car)];
    int32_t wh = least3(most, wish, INT32_MAX);

    return wh > 0 ? lines_room(r->lines, slot, car, wh) : 0;
}

static int64_t surplus_left(const struct repair *r, uint32_t slot)
{
    const struct plan_model *m = r->lines->model;
    int64_t surplus = model_surplus_wh(m, slot);

    return surplus - r->held[slot] - r->lines->sum[(size_t)slot * m->nodes].wh;
}

/* What the next Wh of a slot costs, and how far that goes; or what the last one cost. */
static int32_t next_cost(const struct repair *r, uint32_t slot, int64_t *reach)
{
    const struct plan_model *m = r->lines->model;
    int64_t left = surplus_left(r, slot);
    bool sun = left > 0 && m->surplus_cost[slot] < m->cost[slot];

    *reach = sun ? left : INT32_MAX;
    return sun ? m->surplus_cost[slot] : m->cost[slot];
}

/* No energy that costs more than it is worth. */
static int32_t worth_while(const struct repair *r, uint32_t slot, uint32_t car)
{
    int64_t reach = 0;

    if (r->left[car] <= 0 || next_cost(r, slot, &reach) >= r->lines->model->value)
        return 0;
    return room_for(r, slot, car, r->left[car] < reach ? r->left[car] : reach);
}

/* The cheapest slots first, for those who lose at most so much by the prices. */
static void fill_above(struct repair *r, int32_t merit_min)
{
    const struct plan_model *m = r->lines->model;

    for (uint32_t k = 0; k < m->slots; k++)
        for (uint32_t i = 0; i < m->cars; i++) {
            if (r->merit[at_car(r, r->slots[k], i)] < merit_min)
                continue;
            int32_t wh = worth_while(r, r->slots[k], i);
            if (wh > 0)
                add(r, r->slots[k], i, wh);
        }
}

static void fill(struct repair *r)
{
    for (int shift = FILL_SHIFT_FIRST; shift >= 0; shift -= 2)
        fill_above(r, -(r->lines->model->value >> shift));
    fill_above(r, INT32_MIN);
}

static int32_t last_cost(const struct repair *r, uint32_t slot, int64_t *reach)
{
    const struct plan_model *m = r->lines->model;
    int64_t left = surplus_left(r, slot);
    bool sun = left >= 0 && model_surplus_wh(m, slot) > 0 && m->surplus_cost[slot] < m->cost[slot];

    *reach = sun || left >= 0 ? INT32_MAX : -left;
    return sun ? m->surplus_cost[slot] : m->cost[slot];
}

/* Energy of a car from a dear slot to the cheapest ones that have room. */
static void move_from(struct repair *r, uint32_t car, uint32_t from)
{
    const struct plan_model *m = r->lines->model;

    for (uint32_t k = 0; k < m->slots && r->wh[at_car(r, from, car)] > 0; k++) {
        uint32_t to = r->slots[k];
        int64_t give = 0, take = 0;
        if (to < m->car[car].first || to >= m->car[car].end || to == from)
            continue;
        if (next_cost(r, to, &take) >= last_cost(r, from, &give))
            continue;
        give = give < r->wh[at_car(r, from, car)] ? give : r->wh[at_car(r, from, car)];
        int32_t wh = room_for(r, to, car, give < take ? give : take);
        if (wh <= 0)
            continue;
        add(r, from, car, -wh);
        add(r, to, car, wh);
    }
}

static void move_to_cheaper(struct repair *r)
{
    const struct plan_model *m = r->lines->model;

    for (uint32_t k = m->slots; k-- > 0;)
        for (uint32_t i = 0; i < m->cars; i++)
            if (r->wh[at_car(r, r->slots[k], i)] > 0)
                move_from(r, i, r->slots[k]);
}

/* A slot other than `from` in which the car could take what it gives up there. */
static bool other_slot(const struct repair *r, uint32_t car, uint32_t from, int32_t *wh,
                       uint32_t *to)
{
    const struct plan_model *m = r->lines->model;

    for (uint32_t k = 0; k < m->slots; k++) {
        uint32_t slot = r->slots[k];
        int32_t fits = slot == from ? 0 : room_for(r, slot, car, *wh);
        if (fits <= 0)
            continue;
        *wh = fits;
        *to = slot;
        return true;
    }
    return false;
}

/* `giver` goes elsewhere with what it has in the slot, and `car` gets what that frees; undone where
 * the one costs more than the other brings. */
static void exchange(struct repair *r, uint32_t car, uint32_t slot, uint32_t giver)
{
    uint32_t to = slot;
    int64_t reach = 0;
    int32_t wh = least3(r->wh[at_car(r, slot, giver)], 2 * r->left[car], INT32_MAX);

    if (wh <= 0 || !other_slot(r, giver, slot, &wh, &to))
        return;
    int64_t dearer = (int64_t)next_cost(r, to, &reach) - last_cost(r, slot, &reach);
    add(r, slot, giver, -wh);
    int32_t freed = worth_while(r, slot, car);
    int64_t gain = (int64_t)r->lines->model->value - next_cost(r, slot, &reach);
    if (freed * gain <= wh * dearer) {
        add(r, slot, giver, wh);
        return;
    }
    add(r, slot, car, freed);
    add(r, to, giver, wh);
}

/* Cars that still need energy, in slots where others are in their way. */
static void make_room(struct repair *r)
{
    const struct plan_model *m = r->lines->model;

    for (uint32_t i = 0; i < m->cars; i++)
        for (uint32_t k = 0; k < m->slots && r->left[i] > 0; k++) {
            uint32_t t = r->slots[k];
            if (r->wh[at_car(r, t, i)] >= r->most[at_car(r, t, i)])
                continue;
            for (uint32_t j = 0; j < m->cars && r->left[i] > 0; j++)
                if (j != i && r->wh[at_car(r, t, j)] > 0 &&
                    r->wh[at_car(r, t, i)] < r->most[at_car(r, t, i)])
                    exchange(r, i, t, j);
        }
}

void repair_plan(struct repair *r)
{
    book_wish(r);
    scale(r);
    for (int n = 0; n < PASSES; n++) {
        fill(r);
        if (r->thorough)
            make_room(r);
        move_to_cheaper(r);
    }
    fill(r);
}
