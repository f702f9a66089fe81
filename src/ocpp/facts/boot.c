/* boot.c: a station says who it is. 1.6 §4.2; 2.0.1 B01 to B03. Registration belongs to the station
 * and is durable: an accepted one needs no new boot after a reconnect. */
#include "ocpp/facts/facts.h"
#include "ocpp/power_tell.h"
#include "ocpp/say.h"

enum { PENDING_INTERVAL_S = 30 };

/* The old hardware cannot end its sessions any more. What it still had in its queue, if it comes
 * after all, reopens them; a Started with a number that was given before is another session
 * (rules.md: anew). */
static void lose_sessions(struct turn *turn, int64_t station)
{
    const struct session_row *row = NULL;

    while ((row = world_next_of(turn_world(turn), ROW_session, station, row))) {
        struct session_row *session;
        if (row->state != SESSION_OPEN)
            continue;
        session = TURN_EDIT(turn, session, row);
        session_end_at_last(session, SESSION_LOST, session->seen_at);
        turn_event(turn, "session.ended", station, session->id);
    }
}

static enum err note_hardware(struct turn *turn, const struct station_row *before,
                              const struct fact_boot *boot)
{
    struct sentence said;

    if (before->serial.len == 0 || boot->serial.len == 0 || str_equal(before->serial, boot->serial))
        return ERR_NONE;
    said = SENTENCE(turn->arena, "hardware_replaced",
                    "Serial number was {before} and is {after} now. The identity stays; its "
                    "sessions too.",
                    ARGS(ARG_STR("before", before->serial), ARG_STR("after", boot->serial)));
    lose_sessions(turn, before->id);
    return turn_review_once(turn, &(struct review){ .once = REVIEW_ONCE_A_TEXT,
                                                    .kind = "hardware_replaced",
                                                    .station = before->id,
                                                    SAYS(said) });
}

enum err fact_boot(struct turn *turn, struct in *in, const struct fact_boot *boot,
                   struct fact_boot_answer *answer)
{
    struct station_row *station = TURN_EDIT(turn, station, in->station);
    const struct ocpp *ocpp = ocpp_of(turn->engine);
    struct link *link = link_of_conn(turn->engine, in->conn);
    enum err err = note_hardware(turn, in->station, boot);

    if (err != ERR_NONE)
        return err;
    station->vendor = boot->vendor;
    station->model = boot->model;
    station->serial = boot->serial;
    station->firmware = boot->firmware;
    station->iccid = boot->iccid;
    station->imsi = boot->imsi;
    station->booted_at = turn->now;
    turn_event(turn, "station.booted", station->id, 0);
    if (link)
        care_booted(link);
    answer->registration = (enum registration)station->registration;
    if (answer->registration == REGISTRATION_ACCEPTED)
        power_tell(turn, in, &(struct power_event){ .kind = POWER_BOOTED, .at = UTC_UNKNOWN });
    answer->interval_s = station->heartbeat_interval_s;
    if (answer->interval_s == 0)
        answer->interval_s = answer->registration == REGISTRATION_ACCEPTED
                                 ? ocpp->config.heartbeat_interval_s
                                 : PENDING_INTERVAL_S;
    return ERR_NONE;
}
