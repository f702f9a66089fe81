#include "domain/words.h"

#define WORDS(name, prefix)      const struct str name##_words[] = {
#define WORD(prefix, name, word) STR_INIT(word),
#define WORDS_END(prefix) \
    }                     \
    ;
#include "domain/words.def"
#undef WORDS
#undef WORD
#undef WORDS_END

int64_t word_find(const struct str *words, int64_t count, struct str word)
{
    for (int64_t value = 0; value < count; value++)
        if (str_equal(words[value], word))
            return value;
    return -1;
}

struct str word_of(const struct str *words, int64_t count, int64_t value)
{
    return value >= 0 && value < count ? words[value] : STR("unknown");
}
