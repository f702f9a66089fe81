#include "energy/possible.h"

static bool covers(const struct possible_value *a, const struct possible_value *b)
{
    return a->da >= b->da && a->until >= b->until && (a->under_way || !b->under_way);
}

static void drop(struct possible *possible, uint32_t i)
{
    check(i < possible->count);
    possible->values[i] = possible->values[--possible->count];
}

/* Makes one of the two lowest. */
static void merge(struct possible *possible)
{
    struct possible_value *values = possible->values, *least = &values[0], *next = NULL;

    for (uint32_t i = 1; i < possible->count; i++)
        if (values[i].da < least->da)
            least = &values[i];
    for (uint32_t i = 0; i < possible->count; i++)
        if (&values[i] != least && (next == NULL || values[i].da < next->da))
            next = &values[i];
    check(next != NULL);
    if (least->until > next->until)
        next->until = least->until;
    next->under_way |= least->under_way;
    drop(possible, (uint32_t)(least - values));
}

void possible_add(struct possible *possible, int32_t da, utc_ms until, bool under_way)
{
    struct possible_value value = { .da = da, .until = until, .under_way = under_way };

    check(da >= 0);
    for (uint32_t i = 0; i < possible->count;) {
        if (covers(&possible->values[i], &value))
            return;
        if (covers(&value, &possible->values[i]))
            drop(possible, i);
        else
            i++;
    }
    if (possible->count == POSSIBLE_MAX)
        merge(possible);
    possible->values[possible->count++] = value;
}

void possible_end(struct possible *possible, utc_ms by, bool all)
{
    for (uint32_t i = 0; i < possible->count; i++) {
        struct possible_value *value = &possible->values[i];

        if (value->until > by && (all || !value->under_way))
            value->until = by;
    }
}

void possible_landed(struct possible *possible)
{
    for (uint32_t i = 0; i < possible->count; i++)
        possible->values[i].under_way = false;
}

void possible_unlink(struct possible *possible, utc_ms by)
{
    for (uint32_t i = 0; i < possible->count; i++)
        if (possible->values[i].until == POSSIBLE_LINKED)
            possible->values[i].until = by;
}

void possible_link(struct possible *possible)
{
    for (uint32_t i = 0; i < possible->count; i++)
        if (possible->values[i].until < POSSIBLE_LINKED)
            possible->values[i].until = POSSIBLE_LINKED;
}

void possible_shift(struct possible *possible, int64_t ms)
{
    for (uint32_t i = 0; i < possible->count; i++)
        if (possible->values[i].until < POSSIBLE_LINKED - ms)
            possible->values[i].until += ms;
}

void possible_prune(struct possible *possible, utc_ms now)
{
    for (uint32_t i = 0; i < possible->count;) {
        if (possible->values[i].until <= now)
            drop(possible, i);
        else
            i++;
    }
}

int32_t possible_most(const struct possible *possible, utc_ms now)
{
    int32_t most = -1;

    for (uint32_t i = 0; i < possible->count; i++)
        if (possible->values[i].until > now && possible->values[i].da > most)
            most = possible->values[i].da;
    return most;
}

bool possible_landed_any(const struct possible *possible)
{
    for (uint32_t i = 0; i < possible->count; i++)
        if (!possible->values[i].under_way)
            return true;
    return false;
}

utc_ms possible_until(const struct possible *possible)
{
    utc_ms until = UTC_UNKNOWN;

    for (uint32_t i = 0; i < possible->count; i++)
        if (possible->values[i].until > until)
            until = possible->values[i].until;
    return until;
}

utc_ms possible_next(const struct possible *possible)
{
    utc_ms next = UTC_NEVER;

    for (uint32_t i = 0; i < possible->count; i++)
        if (possible->values[i].until < next && possible->values[i].until != POSSIBLE_LINKED)
            next = possible->values[i].until;
    return next;
}
