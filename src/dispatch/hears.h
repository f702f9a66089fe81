/* hears.h: what comes in, and what is known from it: meters, stations, cars, people. For the files
 * of this room (inner.h).
 */
#pragma once
#include "dispatch/inner.h"

/* --- load.c */

/* Loads that nobody controls, into site->nodes, which have the document's assumptions. */
void load_update(struct power_site *site, utc_ms now);
/* When a meter falls silent next; UTC_NEVER. */
utc_ms load_next_change(const struct power_site *site, utc_ms now);

/* lately.c: loads as they are now are noted; what is decided counts with the most of late, and with
 * the least of the surplus. */
void lately_note(struct power_site *site, utc_ms now);
void lately_loads(const struct power_site *site, struct tree_node *nodes);
int64_t lately_surplus(const struct power_site *site);
/* Until when one of them differs from now; UTC_NEVER. */
utc_ms lately_next(const struct power_site *site);

/* --- sources.c */

/* The documents have changed: who is asked follows them. */
void sources_follow(struct dispatch *dispatch);
void sources_free(struct dispatch *dispatch);
/* Is this station a site's meter? And what it tells as such. */
bool sources_wants(const struct dispatch *dispatch, int64_t station);
void sources_take(struct dispatch *dispatch, const struct power_event *event);

/* --- facts.c */

void facts_take(struct dispatch *dispatch, const struct power_event *event);
/* A session of the station, or its connector, has changed. */
void facts_session(struct dispatch *dispatch, int64_t station);
/* What the registry knows of its sessions and connection; `old`: what it was in the site before,
 * or NULL. */
void facts_resume_station(struct power_station *station, const struct power_station *old);

/* --- believe.c */

/* A sample of its station's, at that moment: what cannot be is put right. False: it contradicts
 * itself, and nobody can say yet in what. */
bool believe(struct power_evse *evse, utc_ms at, struct power_meter *meter);

/* --- need.c: what a car needs and when it leaves */

void need_begin(struct power_evse *evse, const struct session_row *session);
void need_end(struct power_evse *evse); /* what was learned is kept */
/* Nobody says anything of this session any more: as it was when it began. */
void need_forget(struct power_evse *evse);
/* NotifyEVChargingNeeds; `evse` may be NULL. */
void need_told(struct power_evse *evse, const struct power_needs *needs);
/* Still to be delivered, in Wh; -1: not known. */
int64_t need_left(const struct power_evse *evse);
/* Is it full, or did it stop for good? Not one that only got too little, and every quarter of an
 * hour it is asked again. */
bool need_is_done(const struct power_evse *evse, utc_ms now);
/* A state of charge came with a meter value. */
void need_charged(struct power_evse *evse, int32_t soc_permille);
/* In which time what it takes halves while it gets full, s; 0: not known, or it has its need before
 * that begins. */
int32_t need_half_s(const struct power_evse *evse);
/* How cars of a site get full is kept: a minute of it is lost with a restart. */
void need_keep_usual(struct turn *turn, const struct power_site *site);
void need_resume_usual(struct power_site *site);
/* A car that does not begin with what it is given is tried with more. */
void need_look(struct power_evse *evse, utc_ms now);
/* A decision was made: a car that has said what it needs is told its limit, also when it is the one
 * that it has. */
void need_answer(struct power_evse *evse, utc_ms now);
/* What somebody has said of this session. */
void need_take_wish(struct power_evse *evse, const struct wish_row *wish);

/* --- past.c */

void past_begin(struct power_site *site);
void past_end(struct power_site *site);
/* What a car that came then and says nothing is likely to do. False: too little is known. */
bool past_usual(const struct power_site *site, utc_ms arrived_at, int32_t *stay_s,
                int32_t *energy_wh);

/* --- peak.c */

/* A minute's mean power at the meter, as a row of this turn. */
void peak_put(struct turn *turn, const struct power_site *site, int64_t w);
/* The highest quarter of an hour of this month that is over, W; 0: none yet. */
int64_t peak_of_month(const struct power_site *site, utc_ms now);
/* What of an allowed peak the rest of this quarter of an hour may have, after what it took. */
int64_t peak_rest_w(const struct power_site *site, utc_ms now, int64_t allowed_w);
/* Days of the past, to plan on another thread which peak would have been worth its charge then. */
struct peak_days {
    uint32_t days, car_count; /* no days: too few are known */
    struct plan_car *cars;
    int32_t *cost; /* by quarter hour */
};
/* False: memory is out. All of it lies in the arena. */
bool peak_days_fill(const struct power_site *site, utc_ms now, struct arena *arena,
                    struct peak_days *days);
/* `now`: of the plan that is made now; its first node is the site's connection. 0: not known. */
int64_t peak_days_worth(const struct peak_days *days, const struct plan_input *now, int64_t cost);

/* --- outside.c */

/* The limit from outside that binds the EVSE now, in 0.1 A on each wire; NULL: none, *da is -1.
 * *next is brought forward to when that changes by itself. */
const struct outside_row *outside_of(const struct power_evse *evse, utc_ms now, int32_t *da,
                                     utc_ms *next);
utc_ms outside_next_change(const struct power_site *site, utc_ms now);
/* Limits of whole stations, into the nodes of a decision. */
void outside_narrow(const struct power_site *site, struct tree_node *nodes, utc_ms now);
void outside_set(struct power_station *station, const struct power_event *event);
void outside_reported(struct power_station *station, const struct power_event *event);
void outside_cleared(struct power_station *station, const struct power_event *event);
/* It restarted: what still holds is told again. */
void outside_booted(struct power_station *station);
/* NotifyEVChargingSchedule; `evse` may be NULL. */
void outside_car_plan(struct power_evse *evse, const struct power_event *event);
/* Does it keep within the limit that the EVSE has, or is being told? */
bool outside_covers(const struct power_evse *evse, const struct charging_profile *plan);

/* --- priority.c */

/* A profile for priority is left on its station, so that a driver can ask for it there. */
void priority_prepare(struct power_evse *evse);
/* Its class has changed: its station follows. */
void priority_follow(struct power_evse *evse);
/* It is here again: it uses priority where it did, or is made to. */
void priority_resume(struct power_station *station);
/* NotifyPriorityCharging; `evse` may be NULL. */
void priority_told(struct power_evse *evse, bool on, utc_ms now);

/* --- say.c */

/* Overrides, needs and caps in force, from the rows. */
void say_resume(struct power_site *site);
/* Takes away what has expired or whose session is over. */
MUST_CHECK enum err say_sweep(struct turn *turn);

/* The class alone of what was said of a session; -1: as the document says. */
MUST_CHECK enum err dispatch_class_set(struct turn *turn, int64_t session, int64_t class);
