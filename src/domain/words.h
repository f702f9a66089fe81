/* words.h: the enums that rows hold, and their words. See words.def. */
#pragma once
#include "base/base.h"

#define WORDS(name, prefix)      enum name {
#define WORD(prefix, name, word) prefix##_##name,
#define WORDS_END(prefix) \
    prefix##_COUNT        \
    }                     \
    ;
#include "domain/words.def"
#undef WORDS
#undef WORD
#undef WORDS_END

/* `enum NAME_words[value]` is the word; PREFIX_COUNT of them. */
#define WORDS(name, prefix) extern const struct str name##_words[];
#define WORD(prefix, name, word)
#define WORDS_END(prefix)
#include "domain/words.def"
#undef WORDS
#undef WORD
#undef WORDS_END

/* The value of a word, or -1. Use as word_find(registration_words, REGISTRATION_COUNT, text). */
int64_t word_find(const struct str *words, int64_t count, struct str word);
/* The word of a stored value; "unknown" when a newer version wrote it. */
struct str word_of(const struct str *words, int64_t count, int64_t value);

#define FLAG_BIT(name) (INT64_C(1) << FLAG_##name)
