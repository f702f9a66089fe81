/* demo.h: three sites with twelve simulated stations, inside the server's process and over real
 * WebSockets. */
#pragma once
#include "node/node.h"

struct demo {
    uint64_t seed;
};
struct demo_run;

/* Makes sites, stations and tokens, and lets the stations connect. NULL: why says. */
struct demo_run *demo_start(const struct demo *demo, struct node *node, char *why, size_t why_cap);
/* NULL is none. */
void demo_stop(struct demo_run *run);
/* Removes the directory of a demo: the files that voltd makes, nothing else. */
void demo_remove(const char *directory);
