/* line.h: one line of a scenario, cut into words. */
#pragma once
#include "scene.h"

enum { WORDS_MAX = 40 };

struct line {
    struct str words[WORDS_MAX]; /* in the scenario's arena */
    uint32_t count;
    struct str text; /* the whole line, as it stands */
};

/* Cut at spaces; quotes keep words together and go away. False: there are too many. */
bool line_cut(struct scene *scene, struct str text, struct line *line);
/* What follows the first `count` words, as it stands. */
struct str line_rest(const struct line *line, uint32_t count);
/* The value of `key=value` among the words from `from` on; `otherwise` where there is none. */
struct str line_option(const struct line *line, uint32_t from, const char *key,
                       struct str otherwise);
/* "+30s", "+20ms", "+5m", "+24h", "+90d". False: it is none. */
bool line_duration(struct str text, int64_t *ms);
/* The text, with a thousand brackets for {{1000*[}}. */
struct str line_unfold(struct str text, struct arena *arena);
