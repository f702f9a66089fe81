/* stations.h: what the handlers about stations share. */
#pragma once
#include "api/request.h"

/* The station that the path's first argument names. ERR_NOT_FOUND. */
MUST_CHECK enum err station_of(struct request *request, const struct station_row **station);
/* A new station with its defaults: accepted, security profile 1. */
struct station_row *station_make(struct turn *turn, struct str identity);
/* Ends a connection with which the station must not go on as it is now, once this turn is durable.
 */
void station_end_old_connection(struct turn *turn, const struct station_row *before,
                                const struct station_row *after, bool password_given);
/* Ends its connection once this turn is durable. */
void station_disconnect_after(struct turn *turn, int64_t station);
/* It leaves the inbox once this turn is durable. */
void inbox_leave_after(struct turn *turn, struct str identity);
/* By component, then by name. */
void variables_sort(struct store_rows *rows);
/* Percent-encoded, for a path. */
struct str url_text(struct arena *arena, struct str text);
