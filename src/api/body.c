#include "api/body.h"

#include "json/cursor.h"

static enum body_type type_of(char first)
{
    switch (first) {
    case '{':
        return BODY_OBJECT;
    case '[':
        return BODY_ARRAY;
    case '"':
        return BODY_TEXT;
    case 't':
    case 'f':
        return BODY_BOOL;
    case 'n':
        return BODY_NULL;
    default:
        return BODY_NUMBER;
    }
}

static enum err add(struct body *body, struct arena *arena, struct str key, struct str value,
                    struct str *at)
{
    struct body_member member = { .type = type_of(value.ptr[0]), .raw = value };
    bool flawed = false;

    if (body->count == BODY_MEMBERS_MAX)
        return ERR_TOO_LARGE;
    if (member.type == BODY_TEXT && !json_value_str(value, arena, &member.text))
        return ERR_BAD_FORMAT;
    if (key.ptr && !json_unescape(key, arena, &member.name, &flawed))
        return ERR_FULL;
    if (flawed)
        return ERR_BAD_FORMAT;
    for (uint32_t i = 0; key.ptr && i < body->count; i++)
        if (str_equal(body->members[i].name, member.name)) {
            *at = member.name;
            return ERR_BAD_OCCURRENCE;
        }
    body->members[body->count++] = member;
    return ERR_NONE;
}

enum err body_parse(struct str text, struct arena *arena, struct body *body, struct str *at)
{
    struct str trimmed = str_trim(text), key = { NULL, 0 }, value;
    struct json_items items;
    enum err err = ERR_NONE;

    *at = STR_NONE;
    *body =
        (struct body){ .members = ARENA_NEW_ARRAY(arena, struct body_member, BODY_MEMBERS_MAX) };
    if (!body->members)
        return ERR_FULL;
    if (json_members_open(&items, trimmed))
        body->type = BODY_OBJECT;
    else if (json_items_open(&items, trimmed))
        body->type = BODY_ARRAY;
    else
        return trimmed.len && type_of(trimmed.ptr[0]) != BODY_NUMBER ? ERR_BAD_TYPE
                                                                     : ERR_BAD_FORMAT;
    do {
        err = body->type == BODY_OBJECT ? json_members_next(&items, &key, &value)
                                        : json_items_next(&items, &value);
        if (err == ERR_NONE && value.ptr)
            err = add(body, arena, key, value, at);
    } while (err == ERR_NONE && value.ptr);
    return err;
}

const struct body_member *body_find(const struct body *body, const char *name)
{
    for (uint32_t i = 0; i < body->count; i++)
        if (str_equal(body->members[i].name, str_of(name)))
            return &body->members[i];
    return NULL;
}
