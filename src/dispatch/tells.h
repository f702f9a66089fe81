/* tells.h: limits on their way to stations: in their units, by phase, and taken back. For the files
 * of this room (inner.h).
 */
#pragma once
#include "dispatch/inner.h"

/* --- unit.c */

/* A limit of `da` on each wire as the station takes it: 0.1 A, or W of all phases. */
int32_t unit_limit(const struct power_evse *evse, enum commit_layer layer, int32_t da);
/* The other way round, of a limit that somebody else has set: the most on one wire, in 0.1 A. */
int32_t unit_upto(const struct power_evse *evse, enum charging_unit unit, int32_t limit);
/* The voltage by which watts are reckoned, in 0.1 V. */
int32_t unit_volts_dv(const struct power_evse *evse);
/* Over how many phases its watts are reckoned. */
int32_t unit_phases(const struct power_evse *evse, enum commit_layer layer, int32_t da);
/* numberPhases: 1 where one is used; 0: not said, which means three (1.6 §7.14). And phaseToUse, by
 * the station's terminals, from 1; 0: not said. */
struct unit_phase {
    uint8_t phases, to_use;
};
struct unit_phase unit_phase(const struct power_evse *evse, enum commit_layer layer);
/* Before its session's limit is said: on which phase its car is to be. */
void unit_choose_phase(struct power_evse *evse);
/* The most up to `da` that it can be set to. */
int32_t unit_step(const struct power_evse *evse, int32_t da);
/* What has to be booked so that `da` can flow on each wire: more where it is told watts. */
int32_t unit_min(const struct power_evse *evse, int32_t da);
/* What its meter shows, in what it was told: watts are reckoned by a low voltage, and perhaps for
 * one wire where they are spread over three. */
int32_t unit_drawn(const struct power_evse *evse, int32_t da);
/* The least that a car is offered on a wire, of what was booked for it. */
int32_t unit_offered(const struct power_evse *evse, int32_t da);
/* Its phases are known as far as they have to be. */
bool unit_is_sure(const struct power_evse *evse);
/* How its station spreads watts is learned: a sample under a limit that has settled. */
void unit_saw(struct power_evse *evse, int32_t confirmed_da);
/* The phases of its car are known now, or others: what it was told is told anew. */
void unit_follow(struct power_evse *evse, utc_ms now);

/* --- apart.c */

/* After a decision: who gets more on a phase that is not full. */
void apart_decide(struct power_site *site, utc_ms now);
/* All that is booked so, into site->nodes (false: nothing is) and out again. */
bool apart_load(struct power_site *site, utc_ms now);
void apart_unload(struct power_site *site);
utc_ms apart_next_change(const struct power_site *site);
/* A session's profile is about to be sent, and was answered. */
void apart_sending(struct power_evse *evse);
bool apart_rises(const struct power_evse *evse); /* above what is on disk */
void apart_write(struct power_evse *evse, struct limit_row *row);
/* As it was when the server stopped. */
void apart_read(struct power_evse *evse, const struct limit_row *row);
void apart_shape(const struct power_evse *evse, int32_t da, struct charging_period *period);
void apart_answered(struct power_evse *evse, enum commit_result result, utc_ms now);
/* Its car has told the most of each phase. */
void apart_begin(struct power_evse *evse);
/* What its station's maximum has to be: one number for all phases. */
int32_t apart_ceiling(const struct power_station *station);
/* Its session is over, or its station is surely at its fail-safe. */
void apart_end(struct power_evse *evse);
/* What flows of what all phases have. */
int32_t apart_drawn(const struct power_evse *evse, const struct power_meter *meter, int32_t da);
int32_t apart_most(const struct power_evse *evse); /* booked beyond that, on a phase */
int64_t apart_w(const struct power_evse *evse);    /* told beyond that, together */

/* --- send.c */

void send_now(struct power_site *site);
void send_soon(struct power_site *site);

/* What a dynamic profile's limit is now, for a station that asks. False: it has none. */
bool send_dynamic(const struct power_station *station, int32_t profile_id,
                  struct charging_period *limit, enum charging_unit *unit);

/* --- leave.c */

/* Takes back what the station was told, when it is no longer one of a site with a document. */
void leave_look(struct dispatch *dispatch, int64_t station);
