/* match.h: JSON of a script: compared as values, with holes.
 *
 * In an expected text `*` stands for any value, and $name for one that is kept under that name or,
 * once it is kept, must come again. In a text that is sent $name gives the value; inside of a
 * string, its text without the quotes.
 */
#pragma once
#include "base/base.h"

enum { KEPT_MAX = 64 };

struct kept {
    struct {
        struct str name, value; /* raw JSON */
    } items[KEPT_MAX];
    uint32_t count;
    struct arena *arena; /* the scenario's */
};

/* Raw JSON of a name; ptr NULL: nothing is kept under it. */
struct str kept_find(const struct kept *kept, struct str name);
void kept_put(struct kept *kept, struct str name, struct str value);
/* The text with its names filled in, in the arena. False: a name is not known, *unknown tells. */
bool kept_fill(const struct kept *kept, struct str text, struct arena *arena, struct str *filled,
               struct str *unknown);
/* Is it the same? Members of objects in any order. `why` gets where it is not. */
bool json_matches(struct kept *kept, struct str expected, struct str actual, struct arena *arena,
                  struct str *why);
