/* power.h: what stations tell about power, for whoever shares it: measured currents, what cars
 * need, limits from outside, profiles that they hold, and who comes and goes.
 *
 * ocpp calls, on the core thread and after the commit of the turn that it comes from; the listener
 * may start turns and calls, and must not block. Nothing is kept here: a station that nobody
 * manages (`wants` says no) costs one question a message. Sessions and connectors are rows: that
 * they change is told by events ("session.started", ...), as to everybody else.
 */
#pragma once
#include "ocpp/charging.h"

#define POWER_UNKNOWN INT32_MIN /* a number that was not given */

enum power_kind {
    POWER_CONNECTED, /* the WebSocket is open; what it held before may have changed */
    POWER_BOOTED,    /* BootNotification accepted: it may have lost profiles, or kept them */
    POWER_GONE,
    POWER_CLOCK,         /* a message with a moment by its clock, and no meter value */
    POWER_METER,         /* measured */
    POWER_NEEDS,         /* 2.x NotifyEVChargingNeeds */
    POWER_CAR_PLAN,      /* 2.x NotifyEVChargingSchedule: the car's own plan within ours */
    POWER_LIMIT_SET,     /* 2.x NotifyChargingLimit: an outside limit holds from now on */
    POWER_LIMIT_CLEARED, /* 2.x ClearedChargingLimit */
    POWER_PROFILE,       /* 2.x ReportChargingProfiles: one profile; one event each */
    POWER_PROFILES_END,  /* the last of a report */
    POWER_PRIORITY,      /* 2.1 NotifyPriorityCharging */
    POWER_PULLED,        /* 2.1 PullDynamicScheduleUpdate: it was told `limit` */
};

/* Where the current was measured (2.0.1 LocationEnumType). */
enum power_place { POWER_OUTLET, POWER_INLET };

struct power_meter {
    enum power_place place;     /* INLET with evse 0: the station's own grid side */
    int32_t current_da[3];      /* 0.1 A by the station's own L1..L3, before its rotation */
    int32_t current_any_da;     /* told without a phase: the sum, or each, as the maker likes */
    int32_t offered_da;         /* Current.Offered */
    int32_t volts_dv[3];        /* 0.1 V, phase to neutral; [0] also where no phase was said */
    int64_t power_w, offered_w; /* POWER_UNKNOWN */
    int32_t power_phase_w[3];
    int32_t soc_permille;
    bool doubtful; /* a unit was missing or odd: plausible numbers only */
};

/* What a car asks for. Absent: POWER_UNKNOWN or -1, UTC_UNKNOWN. */
struct power_needs {
    int64_t energy_wh;      /* to be delivered */
    utc_ms departs_at;      /* server time */
    int32_t min_da, max_da; /* per phase */
    int32_t max_w;          /* DC */
    int64_t phase_w[3]; /* AC by 2.1, the most of each: POWER_UNKNOWN where L2 or L3 is not told */
    int32_t phases;     /* of requestedEnergyTransfer; 0: DC, or not said */
    int32_t soc_permille, full_permille;
    int64_t capacity_wh;
    int32_t schedules_max; /* maxScheduleTuples */
};

struct power_event {
    enum power_kind kind;
    int64_t station, session; /* session 0: none that is known */
    int32_t evse;             /* 0: the station */
    enum protocol protocol;
    utc_ms at;          /* by the station's clock; UTC_UNKNOWN */
    utc_ms received_at; /* server time */
    bool delayed;       /* it was sent later than it happened: tells nothing about the clock */
    union {
        struct power_meter meter;
        struct power_needs needs;
        struct {
            int32_t request_id;
            struct charging_profile profile; /* periods are valid during the call; PROFILE; also
                                                CAR_PLAN and LIMIT_SET: unit, start, periods */
            bool has_schedule;               /* LIMIT_SET may come without */
            bool is_critical;
            bool is_refused; /* CAR_PLAN: beyond what it was told */
            char source[21]; /* "EMS", "SO", "CSO", ... */
        };
        bool priority;
        struct {
            int32_t profile_id;
            struct charging_period limit;
        };
    };
};

struct ocpp_power_watch {
    void *context;
    /* Is this station's power managed? Asked inside turns: changes nothing. */
    bool (*wants)(void *context, int64_t station);
    void (*tell)(void *context, const struct power_event *event);
    /* 2.1 PullDynamicScheduleUpdate: the limit that holds now for this profile of this station.
     * Asked inside a turn, perhaps more than once: changes nothing; POWER_PULLED tells that it was
     * sent. False: there is no such profile. `unit` is that of the profile. */
    bool (*dynamic)(void *context, int64_t station, int32_t profile_id,
                    struct charging_period *limit, enum charging_unit *unit);
    /* 2.x NotifyEVChargingSchedule: does the car's plan keep within what its EVSE was told (2.0.1
     * K15.FR.11, FR.12)? Asked inside a turn, changes nothing. */
    bool (*covers)(void *context, int64_t station, int32_t evse,
                   const struct charging_profile *plan);
};
/* All functions are set. NULL: nobody listens any more. */
void ocpp_watch_power(struct engine *engine, const struct ocpp_power_watch *watch);
