/* watch.h: what the room that shares power would be told (ocpp/power.h), as lines of text. */
#pragma once
#include "ocpp/ocpp.h"

struct watch_line {
    struct watch_line *next;
    struct str text;
};

struct watch {
    struct engine *engine;
    struct arena *arena;
    struct watch_line *first, **end;
    int64_t profile_id; /* the one dynamic profile that there is, and its limit; -1: none */
    struct charging_period limit;
};

/* From now on every station's power is managed, and its events are kept. */
void watch_begin(struct watch *watch, struct engine *engine, struct arena *arena);
/* The oldest event that was not taken yet; its ptr is NULL: none. */
struct str watch_take(struct watch *watch);
