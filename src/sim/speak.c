/* speak.c: what is alike in all versions. */
#include "sim/pick.h"
#include "sim/speak_inner.h"

struct str sim_speak(const struct sim_dialect *dialect, struct sim_station *station,
                     const struct sim_message *message, struct buf *payload)
{
    const struct sim_phrase *phrase = &dialect->phrases[message->kind];
    struct json_writer w = json_writer(payload);

    check(phrase->put != NULL);
    json_object_begin(&w);
    phrase->put(station, message, &w);
    json_object_end(&w);
    return phrase->action;
}

void sim_put_nothing(struct sim_station *station, const struct sim_message *message,
                     struct json_writer *w)
{
    (void)station;
    (void)message;
    (void)w;
}

void sim_put_idle(struct sim_station *station, const struct sim_message *message,
                  struct json_writer *w)
{
    (void)station;
    (void)message;
    json_key_str(w, "status", STR("Idle"));
}

/* The list of measurands that is configured for this kind of sample. */
static struct str measurands_for(const struct sim_station *station,
                                 const struct sim_message *message)
{
    char scratch[16];
    bool aligned = message->trigger == SIM_TRIGGER_CLOCK && message->kind != SIM_START &&
                   message->kind != SIM_STOP;

    return settings_text(&station->settings, aligned ? SETTING_aligned : SETTING_sampled, scratch);
}

void sim_put_reading_place(const struct sim_reading *reading, const char *context, bool bare,
                           struct json_writer *w)
{
    if (reading->phase)
        json_key_str(w, "phase", str_of(reading->phase));
    if (bare)
        return;
    json_key_str(w, "context", str_of(context));
    json_key_str(w, "location",
                 str_equal(str_of(reading->measurand), STR("SoC")) ? STR("EV") : STR("Outlet"));
}

void sim_put_meter_value(struct sim_station *station, const struct sim_message *message,
                         sim_put_reading_fn *put_reading, struct json_writer *w)
{
    struct sim_reading readings[SIM_READINGS_MAX];
    uint32_t count = sim_readings(&message->sample, measurands_for(station, message), readings);

    json_key(w, "meterValue");
    json_array_begin(w);
    json_object_begin(w);
    json_key_time(w, "timestamp", message->at);
    json_key(w, "sampledValue");
    json_array_begin(w);
    for (uint32_t i = 0; i < count; i++)
        put_reading(&readings[i], sim_context(message), station->missing_fields, w);
    json_array_end(w);
    json_object_end(w);
    json_array_end(w);
}

enum err sim_on_boot(struct sim_station *station, struct str payload)
{
    static const struct {
        struct str word;
        enum sim_boot boot;
    } words[] = {
        { STR_INIT("\"Accepted\""), BOOT_ACCEPTED },
        { STR_INIT("\"Pending\""), BOOT_PENDING },
        { STR_INIT("\"Rejected\""), BOOT_REJECTED },
    };
    struct str status = pick(payload, "status");
    int64_t interval_s;

    if (!pick_i64(payload, "interval", &interval_s) ||
        pick_time(payload, "currentTime", UTC_UNKNOWN) == UTC_UNKNOWN)
        return ERR_BAD_FORMAT;
    for (size_t i = 0; i < COUNT(words); i++)
        if (str_equal(words[i].word, status)) {
            sim_station_booted(station, words[i].boot, interval_s);
            return ERR_NONE;
        }
    return ERR_BAD_VALUE;
}

enum err sim_on_authorize(struct sim_station *station, const struct sim_message *message,
                          struct str status)
{
    struct sim_evse *evse = sim_find_evse(station, message->evse);

    if (status.len == 0)
        return ERR_BAD_FORMAT;
    if (evse)
        sim_evse_authorized(station, evse, str_equal(status, STR("\"Accepted\"")),
                            evse->remote_start_id ? SIM_TRIGGER_REMOTE_START
                                                  : SIM_TRIGGER_AUTHORIZED);
    return ERR_NONE;
}

void sim_put_status(struct sim_call *call, const char *word)
{
    json_key_str(call->w, "status", str_of(word));
}

enum err sim_call_clear_cache(struct sim_call *call)
{
    sim_put_status(call, call->station->refuses_calls ? "Rejected" : "Accepted");
    return ERR_NONE;
}

enum err sim_call_data_transfer(struct sim_call *call)
{
    if (pick(call->payload, "vendorId").len == 0)
        return ERR_BAD_OCCURRENCE;
    sim_put_status(call, "UnknownVendorId");
    return ERR_NONE;
}

void sim_call_dispatch(const struct sim_call_table *table, struct sim_station *station,
                       struct str action, struct str payload, struct sim_answer *answer)
{
    struct json_writer w = json_writer(&answer->payload);
    struct sim_call call = {
        .station = station, .arena = &station->shared->arena, .payload = payload, .w = &w
    };
    enum err err = ERR_NOT_KNOWN;

    json_object_begin(&w);
    for (uint32_t i = 0; i < table->count; i++)
        if (str_equal(table->rows[i].action, action))
            err = table->rows[i].fn(&call);
    if (err != ERR_NONE) {
        answer->error = err_callerror(err, table->is_16);
        answer->description = err_text(err);
        return;
    }
    json_object_end(&w);
}
