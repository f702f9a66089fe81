/* inner.h: the walk of the reader, shared by reader.c (objects and lists) and scalar.c (values). */
#pragma once
#include "json/cursor.h"
#include "json/reader.h"

enum { JSON_LEVELS_MAX = 24 }; /* of objects that descriptors name; OCPP needs 8 */

/* An object that is open. */
struct json_level {
    const struct json_desc *desc;
    char *object;
    const struct json_field *field; /* whose value is being read; NULL: one that is not known */
    struct str unknown;             /* its name */
    uint64_t seen;                  /* bit n: desc->fields[n] */
    char *items;                    /* of the list that `field` is */
    uint32_t item_count, item_cap;
    bool item_between, overfull;
    bool between;    /* members stand before */
    const char *raw; /* where the object began, when it is kept as text in *raw_at */
    struct str *raw_at;
};

struct json_walk {
    struct json_cursor cursor;
    struct arena *arena;
    struct json_report *report;
    enum json_mode mode;
    enum err err; /* why the walk has stopped */
    uint32_t depth;
    struct json_level levels[JSON_LEVELS_MAX];
};

/* What became of a value. */
enum json_taken {
    JSON_STOP, /* the walk ends; err says why */
    JSON_LEFT, /* flawed beyond use: as if absent */
    JSON_TAKEN,
};

/* Notes a flaw of the value being read. True: the walk goes on (lenient, and it can). */
bool json_walk_flaw(struct json_walk *walk, enum json_flaw_kind kind);
/* Passes over a value of the wrong type, or stops. */
enum json_taken json_walk_leave(struct json_walk *walk, enum json_flaw_kind kind);
/* Reads a value that is neither object nor list into `at`. The cursor stands on its first byte. */
enum json_taken json_walk_scalar(struct json_walk *walk, const struct json_field *field, char *at);
