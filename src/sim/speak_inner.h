/* speak_inner.h: what the dialects share. A dialect is three files: what a station says (speak16.c,
 * speak2x.c), what it answers when it is called (…_calls.c), and in 2.x its charging limits. The
 * put functions write members into the object that is open in `w`.
 */
#pragma once
#include "sim/command.h"
#include "sim/measure.h"
#include "sim/speak.h"
#include "json/writer.h"

/* Phrases that are alike in all versions. */
void sim_put_nothing(struct sim_station *station, const struct sim_message *message,
                     struct json_writer *w);
void sim_put_idle(struct sim_station *station, const struct sim_message *message,
                  struct json_writer *w);

/* One value of a meter, as an object. `bare`: a station that leaves out what it may. */
typedef void sim_put_reading_fn(const struct sim_reading *reading, const char *context, bool bare,
                                struct json_writer *w);
/* Its phase, context and location. */
void sim_put_reading_place(const struct sim_reading *reading, const char *context, bool bare,
                           struct json_writer *w);
/* The meterValue array: one moment, with the measurands that are configured for this kind of
 * sample. */
void sim_put_meter_value(struct sim_station *station, const struct sim_message *message,
                         sim_put_reading_fn *put_reading, struct json_writer *w);

/* The server's answers that are alike in all versions, carried out. `status` is raw JSON, with its
 * quotes. ERR_BAD_FORMAT, ERR_BAD_VALUE: what a server may not answer; the station counts it. */
enum err sim_on_boot(struct sim_station *station, struct str payload);
enum err sim_on_authorize(struct sim_station *station, const struct sim_message *message,
                          struct str status);

/* A call from the server, with what its answer needs. */
struct sim_call {
    struct sim_station *station;
    struct arena *arena;
    struct str payload;
    struct json_writer *w; /* inside the object of the result */
};
/* ERR_NONE, or why the payload is refused. */
typedef enum err sim_call_fn(struct sim_call *call);
struct sim_call_row {
    struct str action;
    sim_call_fn *fn;
};
struct sim_call_table {
    const struct sim_call_row *rows;
    uint32_t count;
    bool is_16;
};
/* Finds the row and runs it; an action without one is answered NotImplemented. */
void sim_call_dispatch(const struct sim_call_table *table, struct sim_station *station,
                       struct str action, struct str payload, struct sim_answer *answer);
void sim_put_status(struct sim_call *call, const char *word);
/* Clears nothing that matters, and says so. */
enum err sim_call_clear_cache(struct sim_call *call);
enum err sim_call_data_transfer(struct sim_call *call);

/* speak2x_power.c: charging limits in 2.x. */
void sim_put_needs(struct sim_station *station, const struct sim_message *message,
                   struct json_writer *w);
void sim_put_limit_set(struct sim_station *station, const struct sim_message *message,
                       struct json_writer *w);
void sim_put_limit_cleared(struct sim_station *station, const struct sim_message *message,
                           struct json_writer *w);
void sim_put_profile(struct sim_station *station, const struct sim_message *message,
                     struct json_writer *w);
void sim_put_pull(struct sim_station *station, const struct sim_message *message,
                  struct json_writer *w);
void sim_put_priority(struct sim_station *station, const struct sim_message *message,
                      struct json_writer *w);
void sim_put_car_plan(struct sim_station *station, const struct sim_message *message,
                      struct json_writer *w);
enum err sim_on_pull(struct sim_station *station, const struct sim_message *message,
                     struct str payload);
enum err sim_call_set_profile(struct sim_call *call);
enum err sim_call_clear_profile(struct sim_call *call);
enum err sim_call_get_composite(struct sim_call *call);
enum err sim_call_get_profiles(struct sim_call *call);
enum err sim_call_update_dynamic(struct sim_call *call);
enum err sim_call_use_priority(struct sim_call *call);

/* The server calls (struct sim_dialect). */
void sim_called_16(struct sim_station *station, struct str action, struct str payload,
                   struct sim_answer *answer);
void sim_called_2x(struct sim_station *station, struct str action, struct str payload,
                   struct sim_answer *answer);

/* A profile in the words of 1.6 (`is_16`) or 2.x. False: it cannot be read, or asks for what there
 * is not. */
bool sim_profile_read(struct str json, bool is_16, struct profile *profile);
/* A limit in mA or W, rounded down; 2.1: the lowest of its phases. */
bool sim_limit_read(struct str json, bool watts, int32_t *limit);
/* A purpose's word; PROFILE_PURPOSE_COUNT: none that we know. `raw` has its quotes. */
enum profile_purpose sim_purpose_read(struct str raw);
/* The chargingSchedulePeriod array of a composite schedule. */
void sim_put_periods(const struct sim_schedule *schedule, struct json_writer *w);
