/* sentence.h: something said to people that a program can read as well: a code, what it is about,
 * and the sentence in English.
 *
 *     SENTENCE(arena, "id_twice", "The id {id} is there twice.", ARGS(ARG_STR("id", id)))
 *
 * goes out as "code":"id_twice", "args":{"id":"a"}, and the sentence. Pages say it in the reader's
 * language by the code (web/console/lang, "said.…"; web/unit holds them together); others show the
 * sentence. A number's name ends with its unit (limit_a, power_w, need_wh), so that it is shown as
 * the reader writes such.
 */
#pragma once
#include "base/arena.h"
#include "json/writer.h"

struct sentence_arg {
    const char *name; /* NULL: no more */
    struct str text;  /* ptr NULL: it is the number */
    int64_t number;
    int scale; /* decimals of the number */
};

#define ARG_STR(name, text)             { (name), (text), 0, 0 }
#define ARG_INT(name, value)            { (name), { NULL, 0 }, (int64_t)(value), 0 }
#define ARG_DECIMAL(name, value, scale) { (name), { NULL, 0 }, (int64_t)(value), (scale) }
/* Tenths of an ampere: 63.5 */
#define ARG_DA(name, da) { (name), { NULL, 0 }, (int64_t)(da), 1 }
#define ARGS(...)        ((const struct sentence_arg[]){ __VA_ARGS__, { NULL, { NULL, 0 }, 0, 0 } })
#define NO_ARGS          NULL

struct sentence {
    const char *code; /* NULL: nothing is said */
    struct str args;  /* a JSON object */
    struct str text;  /* with the arguments in their places; ptr NULL: memory was out */
};

/* In the arena; `args` is only read here. A {name} that has no argument stays as it is. */
struct sentence sentence_make(struct arena *arena, const char *code, const char *pattern,
                              const struct sentence_arg *args);
#define SENTENCE(arena, code, pattern, args) sentence_make((arena), (code), (pattern), (args))

/* Members "code" and "args" of the object that is open; nothing without a code. */
void sentence_write_code(struct json_writer *json, const struct sentence *sentence);
