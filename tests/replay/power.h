/* power.h: what people, programs and meters say of a site's power, and what is then: README.md
 * lists the directives. */
#pragma once
#include "stage.h"

/* The words of a line, or NULL-terminated text behind them; false: *why tells what is wrong. */
struct power_line {
    const struct str *words;
    uint32_t count;
    struct str rest; /* behind the first two words */
    struct arena *arena;
    struct str why;
};

bool power_document(struct stage *stage, struct power_line *line);
bool power_proven(struct stage *stage, struct power_line *line);
bool power_cap(struct stage *stage, struct power_line *line, int64_t for_ms);
bool power_override(struct stage *stage, struct power_line *line, int64_t for_ms);
bool power_need(struct stage *stage, struct power_line *line, int64_t for_ms);
bool power_meter(struct stage *stage, struct power_line *line);
bool power_evse(struct stage *stage, struct power_line *line);
bool power_held(struct stage *stage, struct power_line *line);
bool power_node(struct stage *stage, struct power_line *line);
bool power_trail(struct stage *stage, struct power_line *line);
