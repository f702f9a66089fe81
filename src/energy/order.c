#include "energy/order.h"

enum err order_init(struct order *order, struct arena *arena, uint32_t cap)
{
    *order = (struct order){
        .cap = cap,
        .items = ARENA_NEW_ARRAY(arena, uint32_t, cap),
        .place = ARENA_NEW_ARRAY(arena, uint32_t, cap),
        .keys = ARENA_NEW_ARRAY(arena, int64_t, cap),
    };
    return order->items == NULL || order->place == NULL || order->keys == NULL ? ERR_FULL
                                                                               : ERR_NONE;
}

static void set(struct order *order, uint32_t at, uint32_t item)
{
    order->items[at] = item;
    order->place[item] = at + 1;
}

static int64_t key_at(const struct order *order, uint32_t at)
{
    return order->keys[order->items[at]];
}

static void rise(struct order *order, uint32_t at)
{
    uint32_t item = order->items[at];

    while (at > 0 && key_at(order, (at - 1) / 2) > order->keys[item]) {
        set(order, at, order->items[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    set(order, at, item);
}

static void sink(struct order *order, uint32_t at)
{
    uint32_t item = order->items[at];

    while (2 * at + 1 < order->count) {
        uint32_t child = 2 * at + 1;

        if (child + 1 < order->count && key_at(order, child + 1) < key_at(order, child))
            child++;
        if (key_at(order, child) >= order->keys[item])
            break;
        set(order, at, order->items[child]);
        at = child;
    }
    set(order, at, item);
}

void order_put(struct order *order, uint32_t item, int64_t key)
{
    check(item < order->cap);
    if (order->place[item] == 0) {
        set(order, order->count++, item);
    } else if (order->keys[item] == key) {
        return;
    }
    order->keys[item] = key;
    rise(order, order->place[item] - 1);
    sink(order, order->place[item] - 1);
}

void order_take(struct order *order, uint32_t item)
{
    uint32_t at;

    check(item < order->cap);
    if (order->place[item] == 0)
        return;
    at = order->place[item] - 1;
    order->place[item] = 0;
    if (at == --order->count)
        return;
    item = order->items[order->count];
    set(order, at, item);
    rise(order, at);
    sink(order, order->place[item] - 1);
}

bool order_first(const struct order *order, uint32_t *item, int64_t *key)
{
    if (order->count == 0)
        return false;
    *item = order->items[0];
    *key = order->keys[order->items[0]];
    return true;
}
