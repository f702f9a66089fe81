/* wheel.c: rows of a circle of lists. */
#include "net/wheel.h"

static void list_init(struct wheel_node *list)
{
    list->next = list->prev = list;
}

static void list_add(struct wheel_node *list, struct wheel_node *node)
{
    node->prev = list->prev;
    node->next = list;
    list->prev->next = node;
    list->prev = node;
}

static void list_remove(struct wheel_node *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    node->next = node->prev = NULL;
}

void wheel_init(struct wheel *wheel, mono_ms now)
{
    for (uint32_t i = 0; i < WHEEL_SLOTS; i++)
        list_init(&wheel->slots[i]);
    wheel->tick = (uint32_t)(now / WHEEL_TICK_MS);
    wheel->count = 0;
}

void wheel_clear(struct wheel *wheel, struct wheel_node *node)
{
    if (!node->next)
        return;
    list_remove(node);
    wheel->count--;
}

void wheel_set(struct wheel *wheel, struct wheel_node *node, mono_ms now, uint32_t in_ms)
{
    wheel_clear(wheel, node);
    if (wheel->count == 0)
        wheel->tick = (uint32_t)(now / WHEEL_TICK_MS); /* an empty wheel need not be turned */
    /* One more, since part of the present tick is over. */
    node->due = (uint32_t)((now + in_ms) / WHEEL_TICK_MS) + 1;
    list_add(&wheel->slots[node->due % WHEEL_SLOTS], node);
    wheel->count++;
}

/* The list is taken off first, so that a node set again meanwhile is not met twice. */
static void run_slot(struct wheel *wheel, wheel_fn *due, void *context)
{
    struct wheel_node *slot = &wheel->slots[wheel->tick % WHEEL_SLOTS], mine;

    list_init(&mine);
    while (slot->next != slot) {
        struct wheel_node *node = slot->next;
        list_remove(node);
        list_add(&mine, node);
    }
    while (mine.next != &mine) {
        struct wheel_node *node = mine.next;
        if (node->due != wheel->tick) {
            list_remove(node);
            list_add(slot, node); /* of a later round */
            continue;
        }
        wheel_clear(wheel, node);
        due(context, node);
    }
}

void wheel_run(struct wheel *wheel, mono_ms now, wheel_fn *due, void *context)
{
    uint32_t end = (uint32_t)(now / WHEEL_TICK_MS);

    if (wheel->count == 0)
        wheel->tick = end;
    while (wheel->tick != end) {
        wheel->tick++;
        run_slot(wheel, due, context);
    }
}
