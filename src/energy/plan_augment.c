/* Augmenting paths, all shortest ones in one round (Dinic 1970), where the length of a path is the
 * number of cars that have to move. Within a slot the way up the tree and down to a car is free. */
#include "energy/plan_augment.h"

enum {
    LAYERS_MAX = 250,
    NOT_REACHED = 255,
    ASK_EVERY = 64,
    /* Who is settled, each with a search or two of all cars: as many as take 64,000 looks at cars
     * if each took one. A large site in which hundreds are short has better use for its time. */
    SETTLE_MAX = 64,
    SETTLE_MIN = 8,
    SETTLE_LOOKS = 64000,
    GIVERS_MAX = 4,
    GIVER_NEEDS = 2
};

/* A car on the path: it takes more in `slot`, which it enters the tree by; there the path leaves
 * either to the grid, or at `top` down to the next car, which gives up as much in that slot. */
struct hop {
    uint32_t car, slot, top;
};

struct search {
    struct flow *f;
    int64_t gives_above; /* cars that miss more than this end a path, too: they give up energy;
                            INT64_MAX: only the grid does */
    uint32_t taker;      /* then: the car that paths begin at … */
    uint32_t giver;      /* … and the only one that gives; `cars`: all that miss more */
    uint32_t depth;      /* layer of the cars that the round starts from */
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
static bool reach_cars(struct search *s, uint8_t layer, bool *found)
{
    struct flow *f = s->f;
    const struct plan_model *m = f->model;
    bool from_grid = s->gives_above == INT64_MAX;
    bool any = false;

    for (uint32_t n = 1; n < m->nodes; n++) {
        const uint64_t *seen = f->seen + (size_t)n * m->words;
        uint64_t *fresh = f->fresh + (size_t)n * m->words;
        for (uint32_t i = m->node_cars[n]; i < m->node_cars[n + 1]; i++) {
            const uint64_t *room = f->room + (size_t)i * m->words;
            uint32_t first = model_car_word(&m->car[i]), end = model_car_words_end(&m->car[i]);
            uint64_t meets = 0;
            if (f->car_layer[i] != NOT_REACHED)
                continue;
            for (uint32_t w = first; w < end; w++)
                meets |= room[w] & seen[w];
            if (meets == 0)
                continue;
            f->car_layer[i] = layer;
            *found |= from_grid ? f->left[i] > 0 : i == s->taker;
            any = true;
            for (uint32_t w = first; w < end; w++)
                fresh[w] |= f->flows[(size_t)i * m->words + w];
        }
    }
    return any;
}

static void seed_grid(struct flow *f)
{
    for (uint32_t w = 0; w < f->model->words; w++) {
        f->seen[w] = f->free[w];
        note(f, 0, w, f->free[w], 0, false);
    }
}

/* Those who miss much already can give up what they have. */
static void seed_givers(struct search *s)
{
    struct flow *f = s->f;
    const struct plan_model *m = f->model;

    for (uint32_t i = 0; i < m->cars; i++) {
        uint64_t *fresh = f->fresh + (size_t)m->car[i].node * m->words;
        if (s->giver < m->cars ? i != s->giver : f->left[i] <= s->gives_above)
            continue;
        f->car_layer[i] = 0;
        for (uint32_t w = model_car_word(&m->car[i]); w < model_car_words_end(&m->car[i]); w++)
            fresh[w] |= f->flows[(size_t)i * m->words + w];
    }
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
    if (s->gives_above != INT64_MAX)
        seed_givers(s);
    else
        seed_grid(f);
    for (uint32_t layer = s->gives_above != INT64_MAX; layer < LAYERS_MAX; layer++) {
        if (layer > 0)
            spread_up(f, (uint8_t)layer);
        spread_down(f, (uint8_t)layer);
        if (!reach_cars(s, (uint8_t)layer, &found))
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
    const struct model_car *car = &m->car[hop->car];
    uint32_t node = car->node;

    for (uint32_t w = model_car_word(car); w < model_car_words_end(car); w++)
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

/* What the path of `count` hops can carry. Where it ends at a giver, that is the last of them. */
static int32_t path_room(const struct search *s, uint32_t count)
{
    const struct flow *f = s->f;
    int64_t most = f->left[s->hops[0].car];
    uint32_t steps = count - (s->gives_above != INT64_MAX);

    for (uint32_t h = 0; h < steps; h++) {
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

    uint32_t steps = count - (s->gives_above != INT64_MAX);

    check(wh > 0);
    f->left[s->hops[0].car] -= wh;
    if (steps < count)
        f->left[s->hops[steps].car] += wh;
    for (uint32_t h = 0; h < steps; h++) {
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
        if (way == WAY_NONE) {
            f->car_layer[hop->car] = NOT_REACHED;
            count--;
            continue;
        }
        if (way == WAY_CAR)
            s->hops[count++] = (struct hop){ .car = next };
        else
            hop->top = 0;
        if (way == WAY_GRID || (s->gives_above != INT64_MAX && f->car_layer[next] == 0)) {
            push_path(s, count);
            return true;
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
    search.giver = f->model->cars;
    search.gives_above = INT64_MAX;
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

/* The car that misses least and is not tried yet; no car: `cars`. */
static uint32_t next_short(const struct flow *f)
{
    uint32_t best = f->model->cars;

    for (uint32_t i = 0; i < f->model->cars; i++)
        if (f->left[i] > 0 && f->key[i] == 0 &&
            (best == f->model->cars || f->left[i] < f->left[best]))
            best = i;
    return best;
}

/* The car with the largest need that is not yet in the list: it misses least, for its need, what
 * it gives up. */
static uint32_t next_large(const struct flow *f, uint32_t after)
{
    const struct model_car *car = f->model->car;
    uint32_t cars = f->model->cars, best = cars;

    for (uint32_t i = 0; i < cars; i++) {
        bool later = after == cars ||
                     (i > after ? car[i].need <= car[after].need : car[i].need < car[after].need);
        if (later && (best == cars || car[i].need > car[best].need))
            best = i;
    }
    return best;
}

/* The taker gets what it misses from those that may give. */
static void take(struct search *s)
{
    struct flow *f = s->f;

    while (f->left[s->taker] > 0 && find_layers(s) == REACH_FOUND)
        while (f->left[s->taker] > 0 && f->car_layer[s->taker] == s->depth &&
               augment_from(s, s->taker))
            ;
}

static uint32_t settle_most(uint32_t cars)
{
    uint32_t most = SETTLE_LOOKS / (cars + 1);

    return most < SETTLE_MIN ? SETTLE_MIN : most > SETTLE_MAX ? SETTLE_MAX : most;
}

void flow_settle(struct flow *f)
{
    struct search search;
    uint32_t cars = f->model->cars, most = settle_most(cars);

    search.f = f;
    memset(f->key, 0, cars * sizeof(*f->key));
    for (uint32_t n = 0; n < most && !is_out_of_time(f); n++) {
        uint32_t i = search.taker = next_short(f), giver = cars;
        if (i == cars)
            return;
        f->key[i] = 1;
        search.giver = cars;
        search.gives_above = f->left[i];
        take(&search);
        for (int k = 0; k < GIVERS_MAX && f->left[i] > 0; k++) {
            giver = next_large(f, giver);
            if (giver == cars || f->model->car[giver].need < GIVER_NEEDS * f->model->car[i].need)
                break;
            search.giver = giver;
            take(&search);
            f->key[giver] = 1;
        }
    }
}
