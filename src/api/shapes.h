/* shapes.h: how things look in answers and events, with what is computed beside fields.def. */
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

bool is_moment(utc_ms at);
