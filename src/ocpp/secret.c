/* secret.c: passwords leave no trace: what is kept of a frame has "(hidden)" in their places
 * (rules.md: secrets; 2.0.1 A01.FR.09).
 *
 * A value is hidden where its own name says what it is (SetNetworkProfile: apnPassword, simPin), or
 * where the setting is named beside it: 1.6 {"key":…,"value":…}, 2.x {"variable":{"name":…},
 * "attributeValue":…} and what a report says of such a variable. */
#include "ocpp/ocpp.h"

#include "json/cursor.h"

#define HIDDEN STR("(hidden)")

/* As they stand in names, whatever stands around them. */
static const struct str words[] = {
    STR_INIT("AuthorizationKey"), STR_INIT("Password"),     STR_INIT("Passphrase"),
    STR_INIT("PrivateKey"),       STR_INIT("PreSharedKey"), STR_INIT("SharedSecret"),
    STR_INIT("SimPin"),
};

static bool begins_word(struct str text)
{
    for (size_t word = 0; word < COUNT(words); word++)
        if (words[word].len <= text.len &&
            str_equal_nocase(str_first(text, words[word].len), words[word]))
            return true;
    return false;
}

/* Each frame is gone through: letters that begin no word are passed over in one look each. */
bool ocpp_holds_secret(struct str text)
{
    enum { CASE_BIT = 0x20 };
    static const bool first[256] = {
        ['A'] = true, ['a'] = true, ['P'] = true, ['p'] = true, ['S'] = true, ['s'] = true
    };

    for (uint32_t i = 0; i + 1 < text.len; i++) {
        char next;
        if (!first[(unsigned char)text.ptr[i]])
            continue;
        next = (char)(text.ptr[i + 1] | CASE_BIT); /* au, pa, pr, sh, si */
        if ((next == 'u' || next == 'a' || next == 'r' || next == 'h' || next == 'i') &&
            begins_word(str_from(text, i)))
            return true;
    }
    return false;
}

/* --- one object --------------------------------------------------------------- */

static bool is_text(struct str value)
{
    return value.len && value.ptr[0] == '"';
}

/* Does it name a setting that is a secret? */
static bool names_secret(struct str object)
{
    struct str value;

    if (json_member(object, STR("variable"), &value) == ERR_NONE && value.ptr[0] == '{')
        object = value;
    return (json_member(object, STR("key"), &value) == ERR_NONE ||
            json_member(object, STR("name"), &value) == ERR_NONE) &&
           is_text(value) && ocpp_holds_secret(value);
}

static bool is_value_of_setting(struct str key)
{
    return str_equal(key, STR("value")) || str_equal(key, STR("attributeValue")) ||
           str_equal(key, STR("actualValue"));
}

/* Of makes' own messages nobody knows the form: a text that says such a word with a value behind it
 * is hidden as a whole. */
static bool is_data_with_secret(struct str key, struct str value)
{
    return str_equal(key, STR("data")) && is_text(value) && ocpp_holds_secret(value) &&
           (str_find_byte(value, ':') >= 0 || str_find_byte(value, '=') >= 0);
}

/* --- the whole text ------------------------------------------------------------ */

/* An array or object under work. */
struct level {
    struct json_items items;
    bool is_object;
    bool of_secret; /* it, or what it lies in, names a setting that is one */
    bool is_vpn;    /* 2.x VPNType: `key` is its shared secret */
};

struct masking {
    struct level levels[JSON_DEPTH_MAX];
    uint32_t depth;
    struct json_writer json;
};

static bool open_level(struct masking *masking, struct str key, struct str value)
{
    struct level *above = masking->depth ? &masking->levels[masking->depth - 1] : NULL;
    struct level *level = &masking->levels[masking->depth];
    bool is_object = value.ptr[0] == '{';

    if (masking->depth == JSON_DEPTH_MAX || !(is_object ? json_members_open(&level->items, value)
                                                        : json_items_open(&level->items, value)))
        return false;
    level->is_object = is_object;
    level->of_secret = (above && above->of_secret) || (is_object && names_secret(value));
    level->is_vpn = is_object && str_equal(key, STR("vpn"));
    masking->depth++;
    if (is_object)
        json_object_begin(&masking->json);
    else
        json_array_begin(&masking->json);
    return true;
}

static void close_level(struct masking *masking)
{
    if (masking->levels[--masking->depth].is_object)
        json_object_end(&masking->json);
    else
        json_array_end(&masking->json);
}

static bool is_hidden(const struct level *level, struct str key, struct str value)
{
    return level->is_object &&
           (ocpp_holds_secret(key) || (level->of_secret && is_value_of_setting(key)) ||
            (level->is_vpn && str_equal(key, STR("key"))) || is_data_with_secret(key, value));
}

/* The next value of the innermost level. False: the text is no JSON. */
static bool go_on(struct masking *masking)
{
    struct level *level = &masking->levels[masking->depth - 1];
    struct str key = STR_NONE, value;
    enum err err = level->is_object ? json_members_next(&level->items, &key, &value)
                                    : json_items_next(&level->items, &value);

    if (err != ERR_NONE)
        return false;
    if (!value.ptr) {
        close_level(masking);
        return true;
    }
    if (level->is_object)
        json_key_of(&masking->json, key);
    if (value.ptr[0] == '{' || value.ptr[0] == '[')
        return open_level(masking, key, value);
    if (is_hidden(level, key, value))
        json_str(&masking->json, HIDDEN);
    else
        json_raw(&masking->json, value);
    return true;
}

struct str ocpp_masked(struct arena *arena, struct str text)
{
    const struct str nothing =
        STR("\"not kept: it can not be read, and what it says may hold a password\"");
    struct masking *masking;
    struct buf out;

    if (!ocpp_holds_secret(text))
        return text;
    masking = ARENA_NEW(arena, struct masking);
    buf_init_arena(&out, arena, 2 * text.len + 256);
    if (!masking)
        return nothing;
    masking->json = json_writer(&out);
    text = str_trim(text);
    if (!text.len || (text.ptr[0] != '[' && text.ptr[0] != '{') ||
        !open_level(masking, STR_NONE, text))
        return nothing;
    while (masking->depth)
        if (!go_on(masking))
            return nothing;
    return out.overflow ? nothing : buf_str(&out);
}
