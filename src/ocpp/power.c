/* power.c: from meter values and messages to the events that whoever shares power listens to. */
#include "ocpp/power_tell.h"

void ocpp_watch_power(struct engine *engine, const struct ocpp_power_watch *watch)
{
    struct ocpp *ocpp = ocpp_of(engine);

    ocpp->power = watch ? *watch : (struct ocpp_power_watch){ 0 };
}

static bool wants(const struct engine *engine, int64_t station)
{
    const struct ocpp_power_watch *watch = &ocpp_of(engine)->power;

    return watch->wants && watch->wants(watch->context, station);
}

/* --- telling ------------------------------------------------------------- */

/* An event with what its spans point to: one block, since it is copied on its way. */
struct parcel {
    struct power_event event;
    char transaction_id[36];
    struct charging_period periods[];
};

static bool has_profile(enum power_kind kind)
{
    return kind == POWER_PROFILE || kind == POWER_LIMIT_SET || kind == POWER_CAR_PLAN;
}

static void deliver(struct engine *engine, void *data)
{
    const struct ocpp_power_watch *watch = &ocpp_of(engine)->power;
    struct parcel *parcel = data;

    if (!watch->tell)
        return;
    if (has_profile(parcel->event.kind)) {
        parcel->event.profile.periods = parcel->periods;
        parcel->event.profile.transaction_id.ptr = parcel->transaction_id;
    }
    watch->tell(watch->context, &parcel->event);
}

void power_tell(struct turn *turn, const struct in *in, struct power_event *event)
{
    const struct charging_profile *profile = has_profile(event->kind) ? &event->profile : NULL;
    size_t size = sizeof(struct parcel);
    struct parcel *parcel;

    if (!wants(turn->engine, in->station_id))
        return;
    if (profile)
        size += (size_t)profile->period_count * sizeof *profile->periods;
    parcel = arena_zalloc(turn->arena, 1, size);
    if (!parcel)
        return; /* a message as large as a turn may be: what it tells about power is left out */
    event->station = in->station_id;
    event->protocol = in->protocol;
    event->received_at = in->received_at;
    parcel->event = *event;
    if (profile && profile->period_count)
        memcpy(parcel->periods, profile->periods, profile->period_count * sizeof *profile->periods);
    if (profile) {
        struct str id = str_first(profile->transaction_id, sizeof parcel->transaction_id);

        if (id.len)
            memcpy(parcel->transaction_id, id.ptr, id.len);
        parcel->event.profile.transaction_id.len = id.len;
    }
    turn_after(turn, deliver, parcel, size);
}

void power_station(struct engine *engine, int64_t station, enum power_kind kind)
{
    const struct ocpp_power_watch *watch = &ocpp_of(engine)->power;
    const struct link *link = link_of_station(engine, station);
    const struct power_event event = { .kind = kind,
                                       .station = station,
                                       .protocol =
                                           link ? (enum protocol)link->protocol : PROTOCOL_NONE,
                                       .at = UTC_UNKNOWN,
                                       .received_at = engine->now };

    if (wants(engine, station))
        watch->tell(watch->context, &event);
}

/* --- a message's note ---------------------------------------------------- */

static struct power_meter no_meter(enum power_place place)
{
    const int32_t no = POWER_UNKNOWN;

    return (struct power_meter){
        .place = place,
        .current_da = { no, no, no },
        .current_any_da = no,
        .offered_da = no,
        .volts_dv = { no, no, no },
        .power_w = no,
        .offered_w = no,
        .power_phase_w = { no, no, no },
        .soc_permille = no,
    };
}

struct power_note *power_open(struct turn *turn, const struct in *in)
{
    struct power_note *note;

    if (!wants(turn->engine, in->station_id))
        return NULL;
    note = ARENA_NEW(turn->arena, struct power_note);
    if (note)
        *note = (struct power_note){
            .at = UTC_UNKNOWN,
            .meter_at = UTC_UNKNOWN,
            .meter = { no_meter(POWER_OUTLET), no_meter(POWER_INLET) },
        };
    return note;
}

void power_saw(struct in *in, int64_t evse, utc_ms at, bool delayed)
{
    struct power_note *note = in->power;

    if (!note)
        return;
    note->evse = evse > 0 && evse <= INT32_MAX ? (int32_t)evse : 0;
    note->at = at;
    note->delayed = delayed;
}

/* --- samples ------------------------------------------------------------- */

/* L1..L3 also where they are told against neutral. */
static int phase_of(struct str phase)
{
    static const struct str names[2][3] = {
        { STR_INIT("L1"), STR_INIT("L2"), STR_INIT("L3") },
        { STR_INIT("L1-N"), STR_INIT("L2-N"), STR_INIT("L3-N") },
    };

    for (int way = 0; way < 2; way++)
        for (int i = 0; i < 3; i++)
            if (str_equal(phase, names[way][i]))
                return i;
    return 3;
}

static int32_t per_hundred(int64_t milli)
{
    int64_t value = (milli + (milli < 0 ? -50 : 50)) / 100;

    return value > INT32_MAX ? INT32_MAX : value <= INT32_MIN ? INT32_MIN + 1 : (int32_t)value;
}

static int32_t per_thousand(int64_t milli)
{
    int64_t value = milli / 1000;

    return value > INT32_MAX ? INT32_MAX : value <= INT32_MIN ? INT32_MIN + 1 : (int32_t)value;
}

static void take_current(struct power_meter *meter, int phase, int64_t milli)
{
    if (phase < 3)
        meter->current_da[phase] = per_hundred(milli);
    else
        meter->current_any_da = per_hundred(milli);
}

static void take_offered_current(struct power_meter *meter, int phase, int64_t milli)
{
    int32_t da = per_hundred(milli);

    (void)phase;
    if (meter->offered_da == POWER_UNKNOWN || da > meter->offered_da)
        meter->offered_da = da;
}

static void take_voltage(struct power_meter *meter, int phase, int64_t milli)
{
    meter->volts_dv[phase < 3 ? phase : 0] = per_hundred(milli);
}

static void take_power(struct power_meter *meter, int phase, int64_t milli)
{
    if (phase < 3)
        meter->power_phase_w[phase] = per_thousand(milli);
    else
        meter->power_w = milli / 1000;
}

static void take_offered_power(struct power_meter *meter, int phase, int64_t milli)
{
    (void)phase;
    meter->offered_w = milli / 1000;
}

static void take_soc(struct power_meter *meter, int phase, int64_t milli)
{
    (void)phase;
    if (milli >= 0 && milli <= 100000)
        meter->soc_permille = per_hundred(milli);
}

static const struct {
    struct str measurand;
    void (*take)(struct power_meter *meter, int phase, int64_t milli);
} measurands[] = {
    { STR_INIT("Current.Import"), take_current },
    { STR_INIT("Current.Offered"), take_offered_current },
    { STR_INIT("Power.Active.Import"), take_power },
    { STR_INIT("Power.Offered"), take_offered_power },
    { STR_INIT("Voltage"), take_voltage },
    { STR_INIT("SoC"), take_soc },
};

/* Of one message the newest moment counts; one may be told in several parts. */
static bool is_newest(struct power_note *note, utc_ms at)
{
    if (at != UTC_UNKNOWN && note->meter_at != UTC_UNKNOWN && at < note->meter_at)
        return false;
    if (at != UTC_UNKNOWN && note->meter_at != UTC_UNKNOWN && at > note->meter_at) {
        note->meter[POWER_OUTLET] = no_meter(POWER_OUTLET);
        note->meter[POWER_INLET] = no_meter(POWER_INLET);
        note->has_meter[POWER_OUTLET] = note->has_meter[POWER_INLET] = false;
    }
    note->meter_at = at;
    return true;
}

void power_sample(struct in *in, const struct sample *sample)
{
    struct power_note *note = in->power;
    enum power_place place = POWER_OUTLET;

    if (!note || !sample->has_value)
        return;
    if (str_equal(sample->location, STR("Inlet")))
        place = POWER_INLET;
    else if (sample->location.len && !str_equal(sample->location, STR("Outlet")) &&
             !str_equal(sample->measurand, STR("SoC")))
        return; /* of the cable, the body, the car: nothing that is shared */
    for (size_t i = 0; i < COUNT(measurands); i++) {
        struct power_meter *meter = &note->meter[place];

        if (!str_equal(sample->measurand, measurands[i].measurand))
            continue;
        if (!is_newest(note, sample->at))
            return;
        note->has_meter[place] = true;
        meter->doubtful = meter->doubtful || sample->unit_guessed;
        measurands[i].take(meter, phase_of(sample->phase), sample->value_milli);
    }
}

/* --- the end of a message ------------------------------------------------ */

static void sum_phases(struct power_meter *meter)
{
    int64_t sum = 0;
    bool any = false;

    for (int i = 0; i < 3; i++)
        if (meter->power_phase_w[i] != POWER_UNKNOWN) {
            sum += meter->power_phase_w[i];
            any = true;
        }
    if (any && meter->power_w == POWER_UNKNOWN)
        meter->power_w = sum;
}

/* A message about a session may leave out where it is. */
static int32_t evse_of(struct turn *turn, const struct in *in)
{
    const struct session_row *session =
        in->power->evse == 0 && in->session ? TURN_FIND(turn, session, in->session) : NULL;

    return session ? (int32_t)session->evse : in->power->evse;
}

void power_close(struct turn *turn, const struct in *in)
{
    struct power_note *note = in->power;
    struct power_event event = { .kind = POWER_CLOCK, .session = in->session };

    if (!note || in->is_repeat)
        return;
    event.evse = evse_of(turn, in);
    event.at = note->at;
    event.delayed = note->delayed;
    for (int place = POWER_OUTLET; place <= POWER_INLET; place++) {
        if (!note->has_meter[place])
            continue;
        event.kind = POWER_METER;
        if (note->meter_at != UTC_UNKNOWN)
            event.at = note->meter_at;
        event.meter = note->meter[place];
        /* The main meter (1.6 §4.7 connector 0, 2.0.1 J01 EVSE 0) stands where the grid comes in.
         */
        if (event.evse == 0 && in->session == 0)
            event.meter.place = POWER_INLET;
        sum_phases(&event.meter);
        power_tell(turn, in, &event);
    }
    if (event.kind == POWER_CLOCK && event.at != UTC_UNKNOWN)
        power_tell(turn, in, &event);
}
