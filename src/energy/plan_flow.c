/* Opening slots by cost and filling them directly; plan_augment.c makes each flow the largest. */
#include "energy/plan_flow.h"

#include "energy/plan_augment.h"

enum { KEYS = 256 };

static size_t at_node(const struct flow *f, uint32_t slot, uint32_t node)
{
    return (size_t)slot * f->model->nodes + node;
}

static size_t at_car(const struct flow *f, uint32_t slot, uint32_t car)
{
    return (size_t)slot * f->model->cars + car;
}

static enum err alloc_sets(struct flow *f, struct arena *arena)
{
    const struct plan_model *m = f->model;

    f->room = ARENA_NEW_ARRAY(arena, uint64_t, (size_t)m->cars * m->words + 1);
    f->flows = ARENA_NEW_ARRAY(arena, uint64_t, (size_t)m->cars * m->words + 1);
    f->free = ARENA_NEW_ARRAY(arena, uint64_t, (size_t)m->nodes * m->words);
    f->seen = ARENA_NEW_ARRAY(arena, uint64_t, (size_t)m->nodes * m->words);
    f->fresh = ARENA_NEW_ARRAY(arena, uint64_t, (size_t)m->nodes * m->words);
    f->layer = ARENA_NEW_ARRAY(arena, uint8_t, (size_t)m->nodes * m->slots);
    f->down = ARENA_NEW_ARRAY(arena, uint8_t, (size_t)m->nodes * m->slots);
    f->car_layer = ARENA_NEW_ARRAY(arena, uint8_t, m->cars + 1);
    return f->room && f->flows && f->free && f->seen && f->fresh && f->layer && f->down &&
                   f->car_layer
               ? ERR_NONE
               : ERR_FULL;
}

static enum err list_children(struct flow *f, struct arena *arena)
{
    const struct plan_model *m = f->model;
    f->child_from = ARENA_NEW_ARRAY(arena, uint32_t, m->nodes + 2);
    f->children = ARENA_NEW_ARRAY(arena, uint32_t, m->nodes);

    if (!f->child_from || !f->children)
        return ERR_FULL;
    uint32_t *from = f->child_from + 1; /* shifted by one while it fills */
    for (uint32_t n = 1; n < m->nodes; n++)
        from[m->parent[n] + 1]++;
    for (uint32_t n = 1; n <= m->nodes; n++)
        from[n] += from[n - 1];
    for (uint32_t n = 1; n < m->nodes; n++)
        f->children[from[m->parent[n]]++] = n;
    return ERR_NONE;
}

enum err flow_new(const struct plan_model *model, struct arena *arena, struct flow **flow)
{
    struct flow *f = ARENA_NEW(arena, struct flow);

    if (!f)
        return ERR_FULL;
    f->model = model;
    f->wh = ARENA_NEW_ARRAY(arena, int32_t, (size_t)model->cars * model->slots + 1);
    f->used = ARENA_NEW_ARRAY(arena, int32_t, (size_t)model->nodes * model->slots);
    f->open = ARENA_NEW_ARRAY(arena, int32_t, model->slots);
    f->left = ARENA_NEW_ARRAY(arena, int64_t, model->cars + 1);
    f->ahead = ARENA_NEW_ARRAY(arena, int64_t, model->cars + 1);
    f->order = ARENA_NEW_ARRAY(arena, uint32_t, model->cars + 1);
    f->key = ARENA_NEW_ARRAY(arena, uint32_t, model->cars + 1);
    f->load = ARENA_NEW_ARRAY(arena, int64_t, model->nodes);
    f->level_wh = ARENA_NEW_ARRAY(arena, int64_t, 2 * (size_t)model->slots);
    if (!f->wh || !f->used || !f->open || !f->left || !f->ahead || !f->order || !f->key ||
        !f->load || !f->level_wh)
        return ERR_FULL;
    *flow = f;
    enum err err = list_children(f, arena);
    return err == ERR_NONE ? alloc_sets(f, arena) : err;
}

static void put(uint64_t *set, uint32_t slot, bool in)
{
    uint64_t bit = UINT64_C(1) << (slot % 64);

    if (in)
        set[slot / 64] |= bit;
    else
        set[slot / 64] &= ~bit;
}

int32_t flow_node_room(const struct flow *f, uint32_t slot, uint32_t node)
{
    int32_t cap = node == 0 ? f->open[slot] : f->model->cap[at_node(f, slot, node)];

    return cap - f->used[at_node(f, slot, node)];
}

void flow_node_add(struct flow *f, uint32_t slot, uint32_t node, int32_t wh)
{
    f->used[at_node(f, slot, node)] += wh;
    put(f->free + (size_t)node * f->model->words, slot, flow_node_room(f, slot, node) > 0);
}

int32_t flow_car_floor(const struct flow *f, uint32_t slot, uint32_t car)
{
    return f->model->floor ? f->model->floor[at_car(f, slot, car)] : 0;
}

void flow_car_add(struct flow *f, uint32_t slot, uint32_t car, int32_t wh)
{
    size_t words = f->model->words;
    int32_t *at = &f->wh[at_car(f, slot, car)];

    *at += wh;
    put(f->room + car * words, slot, *at < model_car_cap(&f->model->car[car], slot));
    put(f->flows + car * words, slot, *at > flow_car_floor(f, slot, car));
}

/* Gives a car up to `wh` in a slot, as far as its path has room; what it got. */
static int32_t push(struct flow *f, uint32_t slot, uint32_t car, int32_t wh)
{
    const uint32_t *parent = f->model->parent;
    uint32_t node = f->model->car[car].node;

    for (uint32_t n = node; wh > 0; n = parent[n]) {
        int32_t room = flow_node_room(f, slot, n);
        wh = room < wh ? room : wh;
        if (n == 0)
            break;
    }
    if (wh <= 0)
        return 0;
    for (uint32_t n = node;; n = parent[n]) { /* until the grid connection */
        flow_node_add(f, slot, n, wh);
        if (n == 0)
            break;
    }
    flow_car_add(f, slot, car, wh);
    f->left[car] -= wh;
    return wh;
}

static int32_t wish(const struct flow *f, uint32_t slot, uint32_t car)
{
    int64_t wh = model_car_cap(&f->model->car[car], slot) - f->wh[at_car(f, slot, car)];

    return (int32_t)(wh < f->left[car] ? wh : f->left[car]);
}

/* What cars hold comes before all, at any cost; the connection opens for it. */
static void push_floors(struct flow *f)
{
    const struct plan_model *m = f->model;

    for (uint32_t t = 0; m->floor && t < m->slots; t++)
        for (uint32_t i = 0; i < m->cars; i++) {
            int32_t *floor = &m->floor[at_car(f, t, i)];
            if (*floor == 0)
                continue;
            f->open[t] = f->used[at_node(f, t, 0)] + *floor;
            *floor = push(f, t, i, *floor);
            put(f->flows + (size_t)i * m->words, t, false);
        }
    for (uint32_t t = 0; t < m->slots; t++) {
        f->open[t] = f->used[at_node(f, t, 0)];
        put(f->free, t, false);
    }
}

static void start(struct flow *f)
{
    const struct plan_model *m = f->model;
    size_t cells = (size_t)m->slots * m->nodes;

    memset(f->wh, 0, (size_t)m->cars * m->slots * sizeof(*f->wh));
    memset(f->used, 0, cells * sizeof(*f->used));
    memset(f->room, 0, (size_t)m->cars * m->words * sizeof(*f->room));
    memset(f->flows, 0, (size_t)m->cars * m->words * sizeof(*f->flows));
    memset(f->free, 0, (size_t)m->nodes * m->words * sizeof(*f->free));
    memset(f->open, 0, m->slots * sizeof(*f->open));
    f->stopped = false;
    f->rounds = f->levels_exact = 0;
    for (uint32_t i = 0; i < m->cars; i++) {
        f->left[i] = m->car[i].need;
        f->ahead[i] = 0;
        for (uint32_t t = m->car[i].first; t < m->car[i].end; t++) {
            f->ahead[i] += model_car_cap(&m->car[i], t);
            put(f->room + (size_t)i * m->words, t, model_car_cap(&m->car[i], t) > 0);
        }
    }
    for (uint32_t t = 0; t < m->slots; t++)
        for (uint32_t n = 1; n < m->nodes; n++)
            put(f->free + (size_t)n * m->words, t, m->cap[at_node(f, t, n)] > 0);
    push_floors(f);
}

/* Cars that still need energy and are there, those first that have least slack in the slots that
 * are not opened yet. Returns how many. */
static uint32_t order_by_slack(struct flow *f, uint32_t slot)
{
    const struct plan_model *m = f->model;
    uint32_t count[KEYS + 1] = { 0 }, total = 0;
    uint32_t from = m->slot_from[slot], end = m->slot_from[slot + 1];

    for (uint32_t k = from; k < end; k++) {
        uint32_t i = m->slot_cars[k];
        const struct model_car *car = &m->car[i];
        f->key[i] = KEYS;
        if (f->left[i] <= 0)
            continue;
        int64_t slack = f->ahead[i] - f->left[i];
        int64_t slots = slack < 0 || car->cap == 0 ? 0 : slack / car->cap + 1;
        f->key[i] = slots < KEYS ? (uint32_t)slots : KEYS - 1;
        count[f->key[i] + 1]++;
        total++;
    }
    for (uint32_t k = 1; k <= KEYS; k++)
        count[k] += count[k - 1];
    for (uint32_t k = from; k < end; k++) {
        uint32_t i = m->slot_cars[k];
        if (f->key[i] < KEYS)
            f->order[count[f->key[i]]++] = i;
    }
    return total;
}

/* What a car of the plan before had more in a slot than it has now, as far as it still wants it. */
static int32_t had_more(const struct flow *f, uint32_t slot, uint32_t car, const int32_t *before)
{
    int32_t wh = before[at_car(f, slot, car)] - f->wh[at_car(f, slot, car)];
    int32_t most = wh > 0 ? wish(f, slot, car) : 0;

    return most <= 0 ? 0 : wh < most ? wh : most;
}

/* Does a slot of the plan before fit as it was? Then `load` is what each node gets of it. */
static bool slot_fits(struct flow *f, uint32_t slot, const int32_t *before)
{
    const struct plan_model *m = f->model;

    memset(f->load, 0, m->nodes * sizeof(*f->load));
    for (uint32_t k = m->slot_from[slot]; k < m->slot_from[slot + 1]; k++) {
        uint32_t i = m->slot_cars[k];
        f->load[m->car[i].node] += had_more(f, slot, i, before);
    }
    for (uint32_t n = m->nodes; n-- > 0;) {
        if (f->load[n] > 0 && f->load[n] > flow_node_room(f, slot, n))
            return false;
        if (n > 0)
            f->load[m->parent[n]] += f->load[n];
    }
    return true;
}

/* A slot begins with what it had in the plan before: node by node where all of it fits, which it
 * does unless limits have fallen; else car by car, as far as it goes. */
static void take_over(struct flow *f, uint32_t slot, const int32_t *before)
{
    const struct plan_model *m = f->model;
    bool fits = slot_fits(f, slot, before);

    for (uint32_t k = m->slot_from[slot]; k < m->slot_from[slot + 1]; k++) {
        uint32_t i = m->slot_cars[k];
        int32_t wh = had_more(f, slot, i, before);
        if (wh == 0)
            continue;
        if (!fits) {
            push(f, slot, i, wh);
            continue;
        }
        flow_car_add(f, slot, i, wh);
        f->left[i] -= wh;
    }
    for (uint32_t n = 0; fits && n < m->nodes; n++)
        if (f->load[n] > 0)
            flow_node_add(f, slot, n, (int32_t)f->load[n]);
}

static void fill_slot(struct flow *f, uint32_t slot, const int32_t *before)
{
    if (before)
        take_over(f, slot, before);
    uint32_t count = order_by_slack(f, slot);
    for (uint32_t k = 0; k < count && flow_node_room(f, slot, 0) > 0; k++)
        push(f, slot, f->order[k], wish(f, slot, f->order[k]));
}

static void open_arc(struct flow *f, const struct model_arc *arc, int64_t *opened)
{
    int64_t held = f->used[at_node(f, arc->slot, 0)];

    /* What is held counts as the cheapest part. */
    opened[arc->slot] += arc->cap;
    if (opened[arc->slot] > MODEL_WH_MAX)
        opened[arc->slot] = MODEL_WH_MAX;
    f->open[arc->slot] = (int32_t)(opened[arc->slot] > held ? opened[arc->slot] : held);
    put(f->free, arc->slot, f->open[arc->slot] > held);
}

/* The slots of one cost, in time order. Returns the arc behind them. */
static uint32_t fill_level(struct flow *f, uint32_t from, int64_t *opened, const int32_t *before)
{
    const struct plan_model *m = f->model;
    uint32_t end = from;

    for (; end < m->arc_count && m->arcs[end].cost == m->arcs[from].cost; end++) {
        uint32_t slot = m->arcs[end].slot;
        bool first = opened[slot] == 0;
        open_arc(f, &m->arcs[end], opened);
        for (uint32_t k = m->slot_from[slot]; first && k < m->slot_from[slot + 1]; k++)
            f->ahead[m->slot_cars[k]] -= model_car_cap(&m->car[m->slot_cars[k]], slot);
        fill_slot(f, slot, before);
    }
    return end;
}

void flow_run(struct flow *f, const int32_t *before)
{
    const struct plan_model *m = f->model;
    int64_t opened[PLAN_SLOTS_MAX] = { 0 };

    start(f);
    for (uint32_t arc = 0; arc < m->arc_count;) {
        uint32_t end = fill_level(f, arc, opened, before);
        if (!f->stopped)
            f->stopped = !flow_augment(f);
        if (!f->stopped) {
            int64_t sum = 0;
            for (uint32_t t = 0; t < m->slots; t++)
                sum += f->used[at_node(f, t, 0)];
            for (uint32_t a = arc; a < end; a++)
                f->level_wh[a] = sum;
            f->levels_exact = end;
        }
        arc = end;
    }
    if (!f->stopped)
        flow_settle(f);
}

/* Arcs filled from the cheapest, each as far as it goes, together no more than was proven, and in
 * all no more than the cars can take. */
int64_t flow_bound(const struct flow *f)
{
    const struct plan_model *m = f->model;
    int64_t most = 0, sum = 0, bound = 0;

    for (uint32_t i = 0; i < m->cars; i++) {
        int64_t can = 0;
        for (uint32_t t = m->car[i].first; t < m->car[i].end; t++)
            can += model_car_cap(&m->car[i], t);
        most += can < m->car[i].need ? can : m->car[i].need;
    }
    for (uint32_t a = 0; a < m->arc_count; a++) {
        int64_t limit = a < f->levels_exact ? f->level_wh[a] : most;
        int64_t wh = m->arcs[a].cap < limit - sum ? m->arcs[a].cap : limit - sum;
        if (wh <= 0)
            continue;
        sum += wh;
        bound += wh * ((int64_t)m->value - m->arcs[a].cost);
    }
    return bound;
}
