/* scene.h: one scenario: a text of directives, played line by line (README.md lists them). */
#pragma once
#include "match.h"
#include "stage.h"
#include "watch.h"

struct scene_call;

struct scene {
    struct stage stage;
    struct ocpp_config config;
    utc_ms start_at;
    bool begun; /* the server has been started */
    struct kept kept;
    struct arena arena;       /* of the scenario */
    struct scene_call *calls; /* newest first */
    struct watch watch;       /* what is told of power, once `listen` was said */
    uint32_t line;
    struct str why; /* what failed */
};

/* Plays it. False: scene_why tells the line and what was wrong. */
bool scene_play(struct scene *scene, struct str text);
void scene_fini(struct scene *scene);
