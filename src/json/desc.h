/* desc.h: what a JSON object must look like and where its parts go in a struct: one table for
 * reading (reader.h), checking and writing (encode.h).
 *
 * OCPP's tables are generated (tools/gen_contracts.py); small ones for REST bodies are written by
 * hand with the macros below.
 *
 * How a field lies in the struct, and what it holds when it is absent:
 *   string          struct str NAME                 ptr NULL
 *   enumeration     enum NAME                       0 (also for a word that is not known)
 *   time            utc_ms NAME                     UTC_UNKNOWN
 *   object          struct T *NAME                  NULL
 *   any JSON        struct str NAME, the raw text   ptr NULL
 *   integer         int64_t NAME; bool has_NAME     has_NAME is only there when it is optional
 *   number          the same, × 10^JSON_NUMBER_SCALE
 *   boolean         bool NAME; bool has_NAME        the same
 *   list of these   T *NAME; uint32_t NAME_count    0
 */
#pragma once
#include "base/base.h"
#include "json/words.h"

#define JSON_NUMBER_SCALE 6
#define JSON_NUMBER_UNIT  INT64_C(1000000)
#define JSON_ITEMS_MAX    10000u /* of a list for which the schema names no limit */
#define JSON_FIELDS_MAX   64u
#define JSON_NOWHERE      UINT16_MAX

enum json_kind {
    JSON_STR,
    JSON_ENUM,
    JSON_INT,
    JSON_NUMBER,
    JSON_BOOL,
    JSON_TIME,
    JSON_OBJECT,
    JSON_RAW,  /* any JSON */
    JSON_OPEN, /* an object kept as raw text that must have the fields of `desc` */
};

enum {
    JSON_REQUIRED = 1,
    JSON_LIST = 2,
    JSON_URI = 4,   /* of a string: RFC 3986 */
    JSON_WHOLE = 8, /* of a number: no fraction */
};

struct json_desc;

struct json_field {
    struct str name;
    struct json_key key;
    union {
        const struct json_desc *desc;   /* OBJECT, OPEN */
        const struct json_words *words; /* ENUM; STR that must be one of them, or NULL */
    };
    int64_t min, max; /* INT, NUMBER (scaled); ENUM and words: max is the last one allowed */
    int64_t step;     /* NUMBER: a multiple of it; 0: any */
    uint32_t len_max; /* STR: code points; 0: any */
    uint32_t items_min, items_max; /* LIST */
    uint16_t offset;
    uint16_t side_offset; /* of the list's count or of has_NAME; JSON_NOWHERE: there is none */
    uint8_t kind, flags;
};

struct json_desc {
    const char *name;
    const struct json_field *fields;
    struct json_slots slots;
    uint64_t required; /* bit n: fields[n] */
    uint64_t times;    /* bit n: fields[n] is a time, UTC_UNKNOWN when absent */
    uint32_t size;     /* of the struct */
    uint16_t count;
    bool open; /* unknown fields are welcome */
};

/* The field of this name, or -1. */
static inline int json_field_find(const struct json_desc *desc, struct str name)
{
    struct json_key key;
    const struct json_field *field;
    uint32_t at;

    if (desc->slots.seed == 0) {
        for (int i = 0; i < desc->count; i++)
            if (str_equal(desc->fields[i].name, name))
                return i;
        return -1;
    }
    key = json_key_make(name);
    at = json_slot(&desc->slots, key, name.len);
    if (at == 0)
        return -1;
    field = &desc->fields[at - 1];
    if (field->name.len != name.len || field->key.head != key.head ||
        field->key.middle != key.middle || field->key.tail != key.tail ||
        (name.len > 24 && !str_equal(field->name, name)))
        return -1;
    return (int)at - 1;
}

/* The bytes that an item of a list of this kind takes. */
static inline uint32_t json_item_size(const struct json_field *field)
{
    switch ((enum json_kind)field->kind) {
    case JSON_OBJECT:
        return field->desc->size;
    case JSON_ENUM:
        return sizeof(int);
    case JSON_BOOL:
        return sizeof(bool);
    case JSON_INT:
    case JSON_NUMBER:
    case JSON_TIME:
        return sizeof(int64_t);
    case JSON_STR:
    case JSON_RAW:
    case JSON_OPEN:
        break;
    }
    return sizeof(struct str);
}

/* Descriptors by hand:
 *
 *     struct token_body { struct str id; bool blocked, has_blocked; utc_ms expires_at; };
 *     static const struct json_field token_fields[] = {
 *         JSON_FIELD_STR(struct token_body, id, "id", 36, JSON_REQUIRED),
 *         JSON_FIELD_BOOL_OPTIONAL(struct token_body, blocked, "blocked"),
 *         JSON_FIELD_TIME(struct token_body, expires_at, "expires_at", 0),
 *     };
 *     static const struct json_desc token_desc = JSON_DESC(struct token_body, token_fields);
 *
 * JSON_REQUIRED or 0 is the last argument. Required and time fields are found by json_read itself,
 * so the masks stay empty. */
#define JSON_FIELD_AT(type, member, text, kind_, flags_)                                 \
    .name = STR_INIT(text), .offset = (uint16_t)offsetof(type, member), .kind = (kind_), \
    .flags = (flags_), .min = INT64_MIN, .max = INT64_MAX, .items_max = JSON_ITEMS_MAX
#define JSON_FIELD_STR(type, member, text, len_max_, flags_)                            \
    { JSON_FIELD_AT(type, member, text, JSON_STR, flags_), .side_offset = JSON_NOWHERE, \
      .len_max = (len_max_) }
#define JSON_FIELD_TIME(type, member, text, flags_) \
    { JSON_FIELD_AT(type, member, text, JSON_TIME, flags_), .side_offset = JSON_NOWHERE }
#define JSON_FIELD_RAW(type, member, text, flags_) \
    { JSON_FIELD_AT(type, member, text, JSON_RAW, flags_), .side_offset = JSON_NOWHERE }
#define JSON_FIELD_OBJECT(type, member, text, desc_, flags_)                               \
    { JSON_FIELD_AT(type, member, text, JSON_OBJECT, flags_), .side_offset = JSON_NOWHERE, \
      .desc = (desc_) }
#define JSON_FIELD_OBJECTS(type, member, text, desc_, flags_)               \
    { JSON_FIELD_AT(type, member, text, JSON_OBJECT, (flags_) | JSON_LIST), \
      .side_offset = (uint16_t)offsetof(type, member##_count), .desc = (desc_) }
#define JSON_FIELD_STRS(type, member, text, len_max_, flags_)            \
    { JSON_FIELD_AT(type, member, text, JSON_STR, (flags_) | JSON_LIST), \
      .side_offset = (uint16_t)offsetof(type, member##_count), .len_max = (len_max_) }
#define JSON_FIELD_INT(type, member, text, min_, max_) \
    { .name = STR_INIT(text),                          \
      .offset = (uint16_t)offsetof(type, member),      \
      .kind = JSON_INT,                                \
      .flags = JSON_REQUIRED,                          \
      .side_offset = JSON_NOWHERE,                     \
      .min = (min_),                                   \
      .max = (max_) }
#define JSON_FIELD_INT_OPTIONAL(type, member, text, min_, max_) \
    { .name = STR_INIT(text),                                   \
      .offset = (uint16_t)offsetof(type, member),               \
      .kind = JSON_INT,                                         \
      .side_offset = (uint16_t)offsetof(type, has_##member),    \
      .min = (min_),                                            \
      .max = (max_) }
/* Scaled by 10^JSON_NUMBER_SCALE, the bounds too. */
#define JSON_FIELD_NUMBER_OPTIONAL(type, member, text, min_, max_) \
    { .name = STR_INIT(text),                                      \
      .offset = (uint16_t)offsetof(type, member),                  \
      .kind = JSON_NUMBER,                                         \
      .side_offset = (uint16_t)offsetof(type, has_##member),       \
      .min = (min_),                                               \
      .max = (max_) }
#define JSON_FIELD_BOOL(type, member, text) \
    { JSON_FIELD_AT(type, member, text, JSON_BOOL, JSON_REQUIRED), .side_offset = JSON_NOWHERE }
#define JSON_FIELD_BOOL_OPTIONAL(type, member, text)   \
    { JSON_FIELD_AT(type, member, text, JSON_BOOL, 0), \
      .side_offset = (uint16_t)offsetof(type, has_##member) }

#define JSON_DESC(type, fields_) \
    { .name = #type, .fields = (fields_), .size = sizeof(type), .count = COUNT(fields_) }
