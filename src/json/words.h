/* words.h: a fixed list of words and a quick way to find one: the first, middle and last eight
 * bytes, mixed, lead to a slot, and tools/gen_contracts.py chose the mixing so that no two words
 * share one.
 */
#pragma once
#include <endian.h>

#include "base/base.h"

/* Bytes of a word as numbers: head, middle and tail overlap when it is shorter than 24. */
struct json_key {
    uint64_t head, middle, tail;
};

/* `seed` 0: no slots were computed (a list written by hand); it is searched one by one. */
struct json_slots {
    const uint8_t *slots; /* 1 + index; 0 is empty */
    uint64_t seed;
    uint8_t shift; /* 64 - the slots' count as a power of two */
};

/* An enumeration: text[1..count] are its words, text[0] is empty. */
struct json_words {
    const struct str *text;
    uint32_t count;
    struct json_slots slots;
};

static inline uint64_t json_load(const char *at, size_t len)
{
    uint64_t word = 0;

    memcpy(&word, at, len);
    return le64toh(word);
}

static inline struct json_key json_key_make(struct str s)
{
    struct json_key key = { 0 };

    if (s.len >= 8) {
        key.head = json_load(s.ptr, 8);
        key.middle = json_load(s.ptr + s.len / 2 - 4, 8);
        key.tail = json_load(s.ptr + s.len - 8, 8);
    } else if (s.len >= 4) {
        key.head = json_load(s.ptr, 4);
        key.tail = json_load(s.ptr + s.len - 4, 4);
    } else if (s.len) {
        key.head = (unsigned char)s.ptr[0];
        key.middle = (unsigned char)s.ptr[s.len / 2];
        key.tail = (unsigned char)s.ptr[s.len - 1];
    }
    return key;
}

/* The slot's content: 1 + the only index at which the word can be, or 0. */
static inline uint32_t json_slot(const struct json_slots *slots, struct json_key key, uint32_t len)
{
    uint64_t mixed =
        key.head + (key.middle << 21 | key.middle >> 43) + (key.tail << 42 | key.tail >> 22) + len;

    return slots->slots[(mixed * slots->seed) >> slots->shift];
}

/* 1 .. count, or 0 when the word is not in the list. */
static inline uint32_t json_words_find(const struct json_words *words, struct str text)
{
    uint32_t at = json_slot(&words->slots, json_key_make(text), text.len);

    return at && str_equal(words->text[at], text) ? at : 0;
}
