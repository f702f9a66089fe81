#include "meters/pick.h"

#include "json/cursor.h"

enum { STEPS_MAX = 16, INDEX_MAX = 9999, SCALE = 6 };

/* One step of a path: a member's name, or an item's number. */
struct step {
    struct str name; /* empty: an item */
    uint32_t index;
};

static bool take_index(struct str *path, struct step *step)
{
    uint32_t at = 1, index = 0;

    for (; at < path->len && path->ptr[at] >= '0' && path->ptr[at] <= '9'; at++) {
        index = index * 10 + (uint32_t)(path->ptr[at] - '0');
        if (index > INDEX_MAX)
            return false;
    }
    if (at == 1 || at == path->len || path->ptr[at] != ']')
        return false;
    *step = (struct step){ .index = index };
    *path = (struct str){ path->ptr + at + 1, path->len - at - 1 };
    return true;
}

static bool take_name(struct str *path, struct step *step)
{
    uint32_t len = 0;

    while (len < path->len && path->ptr[len] != '.' && path->ptr[len] != '[' &&
           path->ptr[len] != ']' && path->ptr[len] != '"' && path->ptr[len] != '\\')
        len++;
    if (len == 0)
        return false;
    *step = (struct step){ .name = { path->ptr, len } };
    *path = (struct str){ path->ptr + len, path->len - len };
    return true;
}

/* The next step of a path that is not empty; `first`: no dot stands before it. */
static bool take_step(struct str *path, bool first, struct step *step)
{
    if (path->ptr[0] == '[')
        return take_index(path, step);
    if (!first) {
        if (path->ptr[0] != '.')
            return false;
        *path = (struct str){ path->ptr + 1, path->len - 1 };
    }
    return take_name(path, step);
}

bool meter_path_valid(struct str path)
{
    struct step step;

    for (uint32_t i = 0; path.len > 0; i++)
        if (i == STEPS_MAX || !take_step(&path, i == 0, &step))
            return false;
    return true;
}

static bool item(struct str array, uint32_t index, struct str *value)
{
    struct json_items items;

    if (!json_items_open(&items, array))
        return false;
    for (uint32_t i = 0; i <= index; i++)
        if (json_items_next(&items, value) != ERR_NONE || value->ptr == NULL)
            return false;
    return true;
}

bool meter_pick_number(struct str payload, struct str path, int64_t *micro)
{
    struct str value = str_trim(payload);

    for (uint32_t i = 0; path.len > 0; i++) {
        struct step step;
        struct str inner;
        if (i == STEPS_MAX || !take_step(&path, i == 0, &step))
            return false;
        if (step.name.len > 0 ? json_member(value, step.name, &inner) != ERR_NONE
                              : !item(value, step.index, &inner))
            return false;
        value = str_trim(inner);
    }
    if (value.len > 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
        value = str_trim((struct str){ value.ptr + 1, value.len - 2 });
    return str_to_decimal(value, SCALE, micro);
}

enum err meter_pick_all(struct str payload, const struct meter_config *config,
                        struct meter_values *values, uint32_t *missing)
{
    *values = (struct meter_values){ 0 };
    for (uint32_t i = 0; i < config->pick_count; i++) {
        const struct meter_pick *pick = &config->picks[i];
        int64_t micro;
        *missing = i;
        if (!meter_pick_number(payload, str_of(pick->path), &micro))
            return ERR_NOT_FOUND;
        meter_values_put(values, pick->what, pick->unit, pick->negate ? -micro : micro, -SCALE);
        if (!values->has[pick->what])
            return ERR_NOT_FOUND;
    }
    return ERR_NONE;
}
