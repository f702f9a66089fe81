/* calls.h: a call to a station, for a request that waits for its answer. */
#pragma once
#include "api/resource.h"
#include "api/stations.h"
#include "ocpp/command.h"

/* The version that it speaks, or spoke last; *connected tells which. */
enum protocol call_protocol(struct turn *turn, const struct station_row *station, bool *connected);
/* Has this turn asked the station already? Then its state from before does not matter any more. */
bool call_was_sent(const struct turn *turn);
/* The problem of a station that is not connected: ERR_NOT_CONNECTED. */
enum err call_not_connected(struct request *request, const struct station_row *station);
/* Sends one call and waits until there is an outcome: ERR_LATER. The time-out is the request's. */
MUST_CHECK enum err call_send(struct request *request, const struct station_row *station,
                              struct str action, struct str payload, struct call_answer *answer);
/* Something left for the station: that is audited (`what`, `asked`) and told, whatever came of it.
 */
void call_record(struct turn *turn, const struct station_row *station, const char *what,
                 struct str action, struct str asked, const struct call_answer *answer);
/* ERR_NONE for an answer; else what happened, as a problem. */
MUST_CHECK enum err call_problem(struct request *request, const struct call_answer *answer);
/* A problem as the answer, without dropping what was recorded. */
enum err call_answer_problem(struct request *request, enum err err);
/* Starts the object of the answer; the caller ends it. */
void call_answer_begin(struct request *request, struct str action, const struct call_answer *answer,
                       struct arena *arena, enum command_result *result);
