/* station.h: a charging station that behaves like a real one: it boots, connects, measures, queues
 * while it is offline, obeys profiles and answers calls. Its cars and drivers are part of it.
 *
 * Pure: time is handed in, randomness comes from its seed, frames leave and arrive through a
 * sim_link. The host steps it when sim_station_wake says so, and tells it what the link did. All
 * times are true time; what the station writes into messages is its own clock. `speed` makes life
 * faster and leaves physics alone: drivers come, stay and go `speed` times as fast and batteries
 * are smaller by as much, so that energy, power and time still agree.
 */
#pragma once
#include "sim/control.h"
#include "sim/driver.h"
#include "sim/evse.h"
#include "sim/fault.h"
#include "sim/ledger.h"
#include "sim/outbox.h"
#include "sim/profile.h"
#include "sim/settings.h"
#include "sim/tx.h"

#define SIM_EVSES_MAX 4u
#define SIM_LATE_MAX  4u     /* calls that wait to be worked off; one more cuts the connection */
#define SIM_FRAME_MAX 65536u /* longest frame that a station sends */

/* When a transaction begins and ends (2.0.1 E01-E03, TxStartPoint and TxStopPoint). 1.6 stations
 * have TX_BOTH. */
enum sim_tx_point {
    TX_BOTH,         /* cable and authorization (PowerPathClosed) */
    TX_EV_CONNECTED, /* from plug to unplug */
    TX_AUTHORIZED,   /* from the card on */
};

struct sim_model {
    struct str vendor, name, firmware;
    int32_t current_ma;         /* AC: per phase and EVSE */
    int32_t power_w;            /* DC: per EVSE */
    int32_t station_power_w;    /* DC: shared by its EVSEs; 0: enough for all */
    int32_t station_current_ma; /* AC: the same, per phase */
    uint8_t phases;             /* AC */
    uint8_t evse_count;
    bool dc;
    enum sim_tx_point tx_point;
};

/* How a station reaches its server. The host sits behind it; none of these calls back into the
 * station. */
struct sim_link {
    void *host;
    void (*connect)(void *host,
                    struct str subprotocol); /* then opened or closed; empty: none is offered */
    bool (*send)(void *host, struct str text);
    void (*close)(void *host); /* with a close frame; closed is not told */
    /* Neither reads nor answers from now on, pings included; until the drop. NULL: the host does so
     * by itself. */
    void (*freeze)(void *host);
    void (*drop)(void *host); /* cut; closed is not told */
};

/* What the stations of one thread share. */
struct sim_shared {
    struct arena arena; /* scratch of one event */
    struct arena_pool pool;
    struct ledger ledger;
    const struct sim_token *tokens;
    uint32_t token_count;
    struct sim_counts {
        uint64_t calls, answers, errors, timeouts, answered_calls, connects, closes, sessions,
            faults;
    } counts;
};

struct sim_setup {
    struct str id;     /* identity; borrowed for the station's life */
    struct str serial; /* the same */
    enum sim_protocol protocol;
    const struct sim_model *model;
    const struct driver_habits *habits;
    const struct fault_mix *faults; /* NULL: none by itself */
    struct sim_control control;     /* zeroed: it takes all limits, at once */
    int32_t speed;
    int32_t sample_s, aligned_s; /* intervals to begin with; -1: the default */
    uint64_t seed;
    utc_ms start_at;
    utc_ms first_car_at; /* UTC_UNKNOWN: as the habits say */
    int64_t register_mwh;
    bool no_subprotocol;
};

enum sim_boot { BOOT_NEEDED, BOOT_SENT, BOOT_PENDING, BOOT_REJECTED, BOOT_ACCEPTED };
enum sim_link_state { LINK_DOWN, LINK_CONNECTING, LINK_OPEN };

enum sim_timer {
    TIMER_CONNECT,
    TIMER_BOOT,
    TIMER_HEARTBEAT,
    TIMER_ANSWER, /* to the call under way, or to the attempt to connect */
    TIMER_OUTBOX,
    TIMER_ALIGNED,
    TIMER_FAULT, /* the next one of the mix */
    TIMER_LINK_FAULT_END,
    TIMER_POWER, /* comes back */
    TIMER_RESET, /* a commanded reset is carried out */
    TIMER_PULL,  /* a dynamic profile asks for its limit */
    TIMER_LATE,  /* works off a call that came a while ago (FLAW_SLOW) */
    TIMER_COUNT
};

struct sim_dialect;

struct sim_station {
    struct sim_setup setup;
    struct sim_shared *shared;
    struct sim_link link;
    const struct sim_dialect *dialect;
    struct rand rand;
    utc_ms now;
    utc_ms timers[TIMER_COUNT];
    struct settings settings;
    struct profiles profiles;
    struct outbox outbox;
    struct sim_evse evses[SIM_EVSES_MAX];
    uint8_t evse_count;
    enum sim_link_state link_state;
    enum sim_boot boot;
    enum sim_stop_reason boot_reason; /* why it was off */
    uint8_t failures;                 /* connection attempts in vain, in a row */
    uint8_t unanswered;               /* calls in a row */
    bool powered;
    bool half_open, deaf;
    bool reset_when_idle, reset_hard;
    bool missing_fields, refuses_calls, minus_one;
    struct sim_control control;
    utc_ms offline_since; /* UTC_NEVER: it is not */
    int32_t lie_permille;
    enum fault_kind repeat; /* what happens to the next fact; FAULT_KIND_COUNT: nothing */
    int64_t repeat_delay_ms;
    int64_t clock_offset_ms;
    uint32_t tx_count;
    uint64_t id_salt, id_next;
    struct sim_message flying; /* the call under way, when flying.id is not 0 */
    char frame_id[24];
    struct fault fault_next;
    struct sim_late {
        char *text; /* on the heap */
        uint32_t len;
        utc_ms due;
    } late[SIM_LATE_MAX]; /* in their order */
    uint8_t late_count;
};

/* `link` and `shared` must outlive the station. */
void sim_station_init(struct sim_station *station, const struct sim_setup *setup,
                      const struct sim_link *link, struct sim_shared *shared);
void sim_station_fini(struct sim_station *station);
/* When it next wants to be stepped. */
utc_ms sim_station_wake(const struct sim_station *station);
/* Does all that is due. `now` never goes back. */
void sim_station_step(struct sim_station *station, utc_ms now);
/* The link came up, brought a message, or went away. */
void sim_station_opened(struct sim_station *station, utc_ms now);
void sim_station_text(struct sim_station *station, utc_ms now, struct str text);
void sim_station_closed(struct sim_station *station, utc_ms now);
void sim_station_fault(struct sim_station *station, utc_ms now, const struct fault *fault);
/* Ends the connection politely, as before a shutdown; open sessions go on. One that has not begun
 * stays as it is. */
void sim_station_leave(struct sim_station *station, utc_ms now);

void sim_shared_init(struct sim_shared *shared, const struct sim_token *tokens,
                     uint32_t token_count);
void sim_shared_fini(struct sim_shared *shared);

/* What truly flows now on the grid's L1, L2, L3, in mA. */
void sim_station_lines(const struct sim_station *station, int32_t current_ma[3]);

/* For the rest of the room. */
static inline bool sim_station_online(const struct sim_station *station)
{
    return station->powered && station->link_state == LINK_OPEN && station->boot == BOOT_ACCEPTED;
}
static inline utc_ms sim_station_clock(const struct sim_station *station)
{
    return station->now + station->clock_offset_ms;
}
/* Puts it into the outbox; facts always, the rest only while somebody listens. */
void sim_station_say(struct sim_station *station, struct sim_message *message);
void sim_station_say_first(struct sim_station *station, struct sim_message *message);
/* What the server said to a boot. */
void sim_station_booted(struct sim_station *station, enum sim_boot boot, int64_t interval_s);
void sim_station_rearm(struct sim_station *station);    /* intervals were changed */
void sim_station_arm_pull(struct sim_station *station); /* dynamic profiles were */
/* Off, and on again after `off_ms`. */
void sim_station_power_off(struct sim_station *station, enum sim_stop_reason reason,
                           int64_t off_ms);
