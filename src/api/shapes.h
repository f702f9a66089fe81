/* shapes.h: how things look in answers and events: their fields of fields.def, and what is computed
 * beside them. Each NAME_json writes one whole object; contracts/openapi.yaml says what is in it. A
 * row may be one of this turn or of the world; nothing is kept of it.
 */
#pragma once
#include "api/resource.h"

void station_json(struct turn *turn, struct json_writer *json, const struct station_row *station);
void session_json(struct turn *turn, struct json_writer *json, const struct session_row *session);
void token_json(struct turn *turn, struct json_writer *json, const struct token_row *token);
void site_json(struct turn *turn, struct json_writer *json, const struct site_row *site);
void person_json(struct turn *turn, struct json_writer *json, const struct person_row *person);
void review_json(struct turn *turn, struct json_writer *json, const struct review_row *review);
/* Whose session, entry or sum it is: also of a station that was deleted. Empty: nobody knows. */
struct station_label {
    struct str identity, name;
};
struct station_label station_label(struct turn *turn, int64_t station);
/* What a session draws now, for the live stream. */
void value_json(struct turn *turn, struct json_writer *json, const struct session_row *session,
                struct str station, utc_ms at);
/* An entry of the log; `place` is its id. */
void message_json(struct turn *turn, struct json_writer *json, const struct log_entry *entry,
                  struct str place, struct str station);

/* Is it a time, and neither UTC_NEVER nor UTC_UNKNOWN? Those are null outside. */
bool is_moment(utc_ms at);
