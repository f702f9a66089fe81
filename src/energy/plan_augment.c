/* Augmenting paths, all shortest ones in one round (Dinic 1970), where the length of a path is the
 * number of cars that have to move. Within a slot the way up the tree and down to a car is free. */
#include "energy/plan_augment.h"

enum { LAYERS_MAX = 250, NOT_REACHED = 255, ASK_EVERY = 64 };

/* A car on the path: it takes more in `slot`, which it enters the tree by; there the path leaves
 * either to the grid, or at `top` down to the next car, which gives up as much in that slot. */
struct hop {
    uint32_t car, slot, top;
};

struct search {
    struct flow *f;
    uint32_t depth; /* layer of the cars that the round starts from */
    struct hop hops[LAYERS_MAX + 1];
};

static uint8_t *layer_of(const struct flow *f, uint32_t slot, uint32_t node)
{
    return &f->layer[(size_t)slot * f->model->nodes + node];
}

static uint8_t *down_of(const struct flow *f, uint32_t slot, uint32_t node)
{
    return &f->down[(size_t)slot * f->model->nodes + node];
}

static bool is_free(const struct flow *f, uint32_t slot, uint32_t node)
{
    return f->free[(size_t)node * f->model->words + slot / 64] >> (slot % 64) & 1;
}

/* Notes the layer of the slots in `set`. */
/* NOLINTNEXTLINE(readability-function-size): where, which, and what is noted */
static void note(struct flow *f, uint32_t node, uint32_t word, uint64_t set, uint8_t layer,
                 bool from_below)
{
    for (; set; set &= set - 1) {
        uint32_t slot = word * 64 + (uint32_t)__builtin_ctzll(set);
        *layer_of(f, slot, node) = layer;
        if (from_below)
            *down_of(f, slot, node) = layer;
    }
}

/* The children of what was reached, where they can carry more. */
static void spread_down(struct flow *f, uint8_t layer)
{
    const struct plan_model *m = f->model;

    for (uint32_t n = 1; n < m->nodes; n++)
        for (uint32_t w = 0; w < m->words; w++) {
            size_t at = (size_t)n * m->words + w;
            uint64_t reached = f->seen[(size_t)m->parent[n] * m->words + w] & f->free[at];
            uint64_t added = reached & ~f->seen[at];
            if (added == 0)
                continue;
            f->seen[at] |= added;
            note(f, n, w, added, layer, false);
        }
}

/* From below: what cars of the layer before can give up, at their node and all above it. */
static void spread_up(struct flow *f, uint8_t layer)
{
    const struct plan_model *m = f->model;

    for (uint32_t n = m->nodes; n-- > 0;)
        for (uint32_t w = 0; w < m->words; w++) {
            size_t at = (size_t)n * m->words + w;
            uint64_t added = f->fresh[at] & ~f->seen[at];
            f->fresh[at] = 0;
            if (added == 0)
                continue;
            f->seen[at] |= added;
            note(f, n, w, added, layer, true);
            if (n > 0)
                f->fresh[(size_t)m->parent[n] * m->words + w] |= added;
        }
}

/* Cars that can take more in a slot that was reached. Returns whether any is new; `found`: one of
 * them still needs energy. */
static bool reach_cars(struct flow *f, uint8_t layer, bool *found)
{
    const struct plan_model *m = f->model;
    bool any = false;

    for (uint32_t n = 1; n < m->nodes; n++) {
        const uint64_t *seen = f->seen + (size_t)n * m->words;
        uint64_t *fresh = f->fresh + (size_t)n * m->words;
        for (uint32_t i = m->node_cars[n]; i < m->node_cars[n + 1]; i++) {
            const uint64_t *room = f->room + (size_t)i * m->words;
            uint64_t meets = 0;
            if (f->car_layer[i] != NOT_REACHED)
                continue;
            for (uint32_t w = 0; w < m->words; w++)
                meets |= room[w] & seen[w];
            if (meets == 0)
                continue;
            f->car_layer[i] = layer;
            *found |= f->left[i] > 0;
            any = true;
            for (uint32_t w = 0; w < m->words; w++)
                fresh[w] |= f->flows[(size_t)i * m->words + w];
        }
    }
    return any;
}

enum reach { REACH_NONE, REACH_FOUND, REACH_TOO_FAR };

/* Breadth first from the grid. REACH_NONE: no car that needs energy can be reached, the flow is the
 * largest. */
static enum reach find_layers(struct search *s)
{
    struct flow *f = s->f;
    const struct plan_model *m = f->model;
    size_t sets = (size_t)m->nodes * m->words * sizeof(uint64_t);
    bool found = false;

    memset(f->seen, 0, sets);
    memset(f->fresh, 0, sets);
    memset(f->layer, NOT_REACHED, (size_t)m->nodes * m->slots);
    memset(f->down, NOT_REACHED, (size_t)m->nodes * m->slots);
    memset(f->car_layer, NOT_REACHED, m->cars);
    for (uint32_t w = 0; w < m->words; w++) {
        f->seen[w] = f->free[w];
        note(f, 0, w, f->free[w], 0, false);
    }
    for (uint32_t layer = 0; layer < LAYERS_MAX; layer++) {
        if (layer > 0)
            spread_up(f, (uint8_t)layer);
        spread_down(f, (uint8_t)layer);
        if (!reach_cars(f, (uint8_t)layer, &found))
            return REACH_NONE;
        s->depth = layer;
        if (found)
            return REACH_FOUND;
    }
    return REACH_TOO_FAR;
}

static uint32_t first_child_with(const struct flow *f, uint32_t node, uint32_t slot, uint8_t layer)
{
    for (uint32_t c = f->child_from[node]; c < f->child_from[node + 1]; c++)
        if (*down_of(f, slot, f->children[c]) == layer)
            return f->children[c];
    return 0;
}

static bool first_car_with(const struct flow *f, uint32_t node, uint32_t slot, uint8_t layer,
                           uint32_t *car)
{
    const struct plan_model *m = f->model;

    for (uint32_t i = m->node_cars[node]; i < m->node_cars[node + 1]; i++)
        if (f->car_layer[i] == layer &&
            f->flows[(size_t)i * m->words + slot / 64] >> (slot % 64) & 1) {
            *car = i;
            return true;
        }
    return false;
}

/* A car below `top` that can give up energy in the slot and goes on from there; what leads nowhere
 * is struck off. */
static bool descend(struct flow *f, uint32_t top, uint32_t slot, uint8_t layer, uint32_t *car)
{
    uint32_t node = top;

    while (*down_of(f, slot, top) == layer) {
        uint32_t child = first_child_with(f, node, slot, layer);
        if (child) {
            node = child;
            continue;
        }
        if (first_car_with(f, node, slot, (uint8_t)(layer - 1), car))
            return true;
        *down_of(f, slot, node) = NOT_REACHED;
        node = node == top ? top : f->model->parent[node];
    }
    return false;
}

enum way { WAY_NONE, WAY_GRID, WAY_CAR };

/* From a car's node in a slot up the tree: to the grid, or to where it goes down to another car. */
/* NOLINTNEXTLINE(readability-function-size): from where, and where to */
static enum way climb(struct flow *f, uint32_t slot, uint32_t node, uint8_t layer, struct hop *hop,
                      uint32_t *next)
{
    for (uint32_t n = node; *layer_of(f, slot, n) == layer; n = f->model->parent[n]) {
        if (layer > 0 && descend(f, n, slot, layer, next)) {
            hop->top = n;
            return WAY_CAR;
        }
        bool goes_on = is_free(f, slot, n);
        if (n == 0 && goes_on && layer == 0)
            return WAY_GRID;
        if (n == 0 || !goes_on)
            break;
    }
    /* All that was passed leads nowhere; up to the first that is of another layer anyway. */
    for (uint32_t n = node; *layer_of(f, slot, n) == layer; n = f->model->parent[n]) {
        bool goes_on = n > 0 && is_free(f, slot, n);
        *layer_of(f, slot, n) = NOT_REACHED;
        if (!goes_on)
            break;
    }
    return WAY_NONE;
}

/* The next step from the car of a hop. */
static enum way step(struct flow *f, struct hop *hop, uint8_t layer, uint32_t *next)
{
    const struct plan_model *m = f->model;
    uint32_t node = m->car[hop->car].node;

    for (uint32_t w = 0; w < m->words; w++)
        for (uint64_t set =
                 f->room[(size_t)hop->car * m->words + w] & f->seen[(size_t)node * m->words + w];
             set; set &= set - 1) {
            hop->slot = w * 64 + (uint32_t)__builtin_ctzll(set);
            enum way way = climb(f, hop->slot, node, layer, hop, next);
            if (way != WAY_NONE)
                return way;
        }
    return WAY_NONE;
}

static int64_t car_gives(const struct flow *f, uint32_t slot, uint32_t car)
{
    return (int64_t)f->wh[(size_t)slot * f->model->cars + car] - flow_car_floor(f, slot, car);
}

static int64_t car_takes(const struct flow *f, uint32_t slot, uint32_t car)
{
    return (int64_t)model_car_cap(&f->model->car[car], slot) -
           f->wh[(size_t)slot * f->model->cars + car];
}

/* What the path of `count` hops can carry. */
static int32_t path_room(const struct search *s, uint32_t count)
{
    const struct flow *f = s->f;
    int64_t most = f->left[s->hops[0].car];

    for (uint32_t h = 0; h < count; h++) {
        const struct hop *hop = &s->hops[h];
        int64_t room = car_takes(f, hop->slot, hop->car);
        most = room < most ? room : most;
        for (uint32_t n = f->model->car[hop->car].node; n != hop->top; n = f->model->parent[n]) {
            room = flow_node_room(f, hop->slot, n);
            most = room < most ? room : most;
        }
        room = h + 1 < count ? car_gives(f, hop->slot, s->hops[h + 1].car)
                             : flow_node_room(f, hop->slot, 0);
        most = room < most ? room : most;
    }
    return (int32_t)most;
}

static void push_path(struct search *s, uint32_t count)
{
    struct flow *f = s->f;
    const uint32_t *parent = f->model->parent;
    int32_t wh = path_room(s, count);

    check(wh > 0);
    f->left[s->hops[0].car] -= wh;
    for (uint32_t h = 0; h < count; h++) {
        const struct hop *hop = &s->hops[h];
        flow_car_add(f, hop->slot, hop->car, wh);
        for (uint32_t n = f->model->car[hop->car].node; n != hop->top; n = parent[n])
            flow_node_add(f, hop->slot, n, wh);
        if (h + 1 == count) {
            flow_node_add(f, hop->slot, 0, wh);
            continue;
        }
        uint32_t giver = s->hops[h + 1].car;
        flow_car_add(f, hop->slot, giver, -wh);
        for (uint32_t n = f->model->car[giver].node; n != hop->top; n = parent[n])
            flow_node_add(f, hop->slot, n, -wh);
    }
}

/* One path from a car of the deepest layer to the grid, depth first; a car that leads nowhere is
 * out for this round. */
static bool augment_from(struct search *s, uint32_t car)
{
    struct flow *f = s->f;
    uint32_t count = 1;

    s->hops[0] = (struct hop){ .car = car };
    while (count > 0) {
        struct hop *hop = &s->hops[count - 1];
        uint32_t next = 0;
        enum way way = step(f, hop, (uint8_t)(s->depth + 1 - count), &next);
        if (way == WAY_GRID) {
            hop->top = 0;
            push_path(s, count);
            return true;
        }
        if (way == WAY_CAR) {
            s->hops[count++] = (struct hop){ .car = next };
        } else {
            f->car_layer[hop->car] = NOT_REACHED;
            count--;
        }
    }
    return false;
}

static bool is_out_of_time(const struct flow *f)
{
    const struct plan_input *input = f->model->input;

    return input->out_of_time && input->out_of_time(input->clock);
}

bool flow_augment(struct flow *f)
{
    struct search search;
    uint32_t paths = 0;

    search.f = f;
    while (!is_out_of_time(f)) {
        enum reach reach = find_layers(&search);
        if (reach != REACH_FOUND)
            return reach == REACH_NONE;
        f->rounds++;
        for (uint32_t i = 0; i < f->model->cars; i++)
            while (f->left[i] > 0 && f->car_layer[i] == search.depth && augment_from(&search, i))
                if (++paths % ASK_EVERY == 0 && is_out_of_time(f))
                    return false;
    }
    return false;
}
