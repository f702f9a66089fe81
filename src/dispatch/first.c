/* first.c: of a decision that cannot wait, whose wish is taken first. */
#include "dispatch/decide_parts.h"

#include "energy/sort.h"

/* As in energy/commit_need.c: least important class first, then the largest amount; who is not
 * lowered comes last. */
static int64_t key_of(const struct site_evse *evse, const struct site_verdict *verdict)
{
    int32_t less_da = evse->booked_da - verdict->target_da;

    if (!evse->plugged || less_da <= 0)
        return INT64_MAX;
    return ((int64_t)(UINT8_MAX - evse->class) << 32) - less_da;
}

void decide_order(struct power_work *work)
{
    uint32_t count = work->input.evse_count;
    uint32_t *order = arena_alloc(&work->arena, ((size_t)count + 1) * sizeof *order);
    int64_t *keys = arena_alloc(&work->arena, ((size_t)count + 1) * sizeof *keys);
    struct sort_entry *scratch =
        arena_alloc(&work->arena, 2 * ((size_t)count + 1) * sizeof *scratch);

    if (!order || !keys || !scratch)
        return;
    for (uint32_t i = 0; i < count; i++) {
        order[i] = i;
        keys[i] = key_of(&work->evses[i], &work->decision.verdicts[i]);
    }
    sort_indices(order, count, keys, scratch);
    work->order = order;
}
