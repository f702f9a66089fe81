/* play.h: the directives of a scenario (README.md), by what they are about. Each plays one line:
 * false, when it is not written right or does not hold; scene->why says so then.
 */
#pragma once
#include "line.h"

/* Sets scene->why, with the line's number; always false. */
PRINTF_LIKE(2, 3) bool scene_fail(struct scene *scene, const char *fmt, ...);
/* What was done comes to its end: 100 ms pass. Always true. */
bool scene_settle(struct scene *scene);
/* Starts the server, when the first line is played that needs one. */
void scene_begin(struct scene *scene);
/* NULL: no connection has this name. */
struct stage_conn *scene_conn(struct scene *scene, struct str name);
/* $name in a text becomes what was kept under it. */
bool scene_fill(struct scene *scene, struct str text, struct str *filled);

/* play_world.c */
bool do_world(struct scene *scene, const struct line *line);
bool do_at(struct scene *scene, const struct line *line);
bool do_clock(struct scene *scene, const struct line *line);
bool do_store(struct scene *scene, const struct line *line);
bool do_kill(struct scene *scene, const struct line *line);
bool do_restart(struct scene *scene, const struct line *line);

/* play_conn.c */
bool do_connect(struct scene *scene, const struct line *line);
bool do_state(struct scene *scene, const struct line *line);
bool do_disconnect(struct scene *scene, const struct line *line);
bool do_gone(struct scene *scene, const struct line *line);
bool do_deaf(struct scene *scene, const struct line *line);
bool do_silent(struct scene *scene, const struct line *line);
bool do_frame(struct scene *scene, const struct line *line);
bool do_crash(struct scene *scene, const struct line *line);

/* play_call.c */
bool do_call(struct scene *scene, const struct line *line);
bool do_outcome(struct scene *scene, const struct line *line);
bool do_adopt(struct scene *scene, const struct line *line);

/* play_rows.c */
bool do_put(struct scene *scene, const struct line *line);
bool do_rows(struct scene *scene, const struct line *line);
bool do_last(struct scene *scene, const struct line *line);
bool do_row(struct scene *scene, const struct line *line);
bool do_inbox(struct scene *scene, const struct line *line);

/* play_power.c */
bool do_listen(struct scene *scene, const struct line *line);
bool do_dynamic(struct scene *scene, const struct line *line);
bool do_told(struct scene *scene, const struct line *line);
bool do_power(struct scene *scene, const struct line *line);
bool do_power_state(struct scene *scene, const struct line *line);
