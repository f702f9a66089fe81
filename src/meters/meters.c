#include "meters/meters.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bus/ring.h"
#include "meters/map.h"
#include "meters/pick.h"
#include "meters/source.h"

enum { RING_BYTES = 16384, WAIT_FIRST_MS = 1000, WAIT_MAX_MS = 30000 };

struct source {
    struct meter_config config;
    struct source *next;
    struct bus_ring ring;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t ending_changed;
    bool ending; /* under the mutex */
    _Atomic bool ended;
    /* the thread's own */
    bool works, told;
    uint32_t wait_ms;
};

struct meters {
    struct source *sources; /* asked and listened to */
    struct source *leaving; /* told to end, not ended yet */
    struct source *turn;    /* whose reading comes next */
};

/* --- a source, from its thread --------------------------------------------- */

const struct meter_config *source_config(const struct source *source)
{
    return &source->config;
}

static void put(struct source *source, const struct meters_reading *reading)
{
    struct meters_reading *room = bus_reserve(&source->ring, sizeof *reading);

    if (room == NULL)
        return;
    *room = *reading;
    bus_commit(&source->ring);
}

void source_tell(struct source *source, const struct meter_values *values)
{
    put(source,
        &(struct meters_reading){ .id = source->config.id, .works = true, .values = *values });
    source->works = source->told = true;
    source->wait_ms = 0;
}

void source_fail(struct source *source, const char *format, ...)
{
    struct meters_reading reading = { .id = source->config.id };
    va_list arguments;

    if (source->told && !source->works)
        return;
    va_start(arguments, format);
    (void)vsnprintf(reading.why, sizeof reading.why, format, arguments); /* cut where too long */
    va_end(arguments);
    put(source, &reading);
    source->works = false;
    source->told = true;
}

bool source_is_ending(struct source *source)
{
    bool ending;

    pthread_mutex_lock(&source->mutex);
    ending = source->ending;
    pthread_mutex_unlock(&source->mutex);
    return ending;
}

bool source_wait(struct source *source, uint32_t ms)
{
    struct timespec until;
    bool ending;

    (void)clock_gettime(CLOCK_MONOTONIC, &until); /* cannot fail with this clock */
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&source->mutex);
    while (!source->ending &&
           pthread_cond_timedwait(&source->ending_changed, &source->mutex, &until) == 0)
        ;
    ending = source->ending;
    pthread_mutex_unlock(&source->mutex);
    return !ending;
}

bool source_wait_longer(struct source *source)
{
    source->wait_ms = source->wait_ms == 0 ? WAIT_FIRST_MS : source->wait_ms * 2;
    if (source->wait_ms > WAIT_MAX_MS)
        source->wait_ms = WAIT_MAX_MS;
    return source_wait(source, source->wait_ms);
}

static void *run(void *arg)
{
    struct source *source = arg;

    if (source->config.kind == METER_MODBUS)
        modbus_run(source);
    else
        mqtt_run(source);
    atomic_store(&source->ended, true);
    return NULL;
}

/* --- a source, from the core thread ------------------------------------------- */

static void source_free(struct source *source)
{
    bus_ring_fini(&source->ring);
    pthread_cond_destroy(&source->ending_changed);
    pthread_mutex_destroy(&source->mutex);
    free(source);
}

static struct source *source_new(const struct meter_config *config)
{
    struct source *source = calloc(1, sizeof *source);
    pthread_condattr_t monotonic;

    if (source == NULL)
        return NULL;
    source->config = *config;
    if (!bus_ring_init(&source->ring, RING_BYTES)) {
        free(source);
        return NULL;
    }
    pthread_mutex_init(&source->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&source->ending_changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&source->thread, NULL, run, source) != 0) {
        source_free(source);
        return NULL;
    }
    return source;
}

static void source_end(struct source *source)
{
    pthread_mutex_lock(&source->mutex);
    source->ending = true;
    pthread_cond_signal(&source->ending_changed);
    pthread_mutex_unlock(&source->mutex);
}

/* Frees those whose thread has ended; `wait`: all of them. */
static void reap(struct meters *meters, bool wait)
{
    struct source **at = &meters->leaving, *source;

    while ((source = *at) != NULL) {
        if (!wait && !atomic_load(&source->ended)) {
            at = &source->next;
            continue;
        }
        *at = source->next;
        pthread_join(source->thread, NULL);
        source_free(source);
    }
}

/* --- all of them ------------------------------------------------------------------ */

struct meters *meters_new(void)
{
    return calloc(1, sizeof(struct meters));
}

static bool check_config(const struct meter_config *config, char *why, size_t why_cap)
{
    if (config->host[0] == '\0') {
        text_printf(why, why_cap, "the meter has no host");
        return false;
    }
    if (config->kind == METER_MODBUS) {
        if (meter_map_find(str_of(config->map)) != NULL)
            return true;
        text_printf(why, why_cap, "there is no register map \"%s\"", config->map);
        return false;
    }
    if (config->topic[0] == '\0' || config->pick_count == 0) {
        text_printf(why, why_cap, "an MQTT meter needs a topic and at least one value");
        return false;
    }
    for (uint32_t i = 0; i < config->pick_count; i++)
        if (!meter_path_valid(str_of(config->picks[i].path)) ||
            !meter_unit_fits(config->picks[i].what, config->picks[i].unit)) {
            text_printf(why, why_cap, "value %u of topic %s: its path or unit makes no sense",
                        i + 1, config->topic);
            return false;
        }
    return true;
}

static bool same_pick(const struct meter_pick *a, const struct meter_pick *b)
{
    return a->what == b->what && a->unit == b->unit && a->negate == b->negate &&
           strcmp(a->path, b->path) == 0;
}

static bool same_config(const struct meter_config *a, const struct meter_config *b)
{
    if (a->id != b->id || a->kind != b->kind || a->port != b->port || a->unit != b->unit ||
        a->period_ms != b->period_ms || a->negate != b->negate || a->pick_count != b->pick_count)
        return false;
    for (uint32_t i = 0; i < a->pick_count; i++)
        if (!same_pick(&a->picks[i], &b->picks[i]))
            return false;
    return strcmp(a->host, b->host) == 0 && strcmp(a->map, b->map) == 0 &&
           strcmp(a->topic, b->topic) == 0 && strcmp(a->login, b->login) == 0 &&
           strcmp(a->password_file, b->password_file) == 0 && strcmp(a->ca_file, b->ca_file) == 0;
}

/* Takes the source with this config out of the list; NULL: there is none. */
static struct source *take_same(struct source **list, const struct meter_config *config)
{
    for (struct source **at = list; *at != NULL; at = &(*at)->next)
        if (same_config(&(*at)->config, config)) {
            struct source *source = *at;
            *at = source->next;
            return source;
        }
    return NULL;
}

static void leave(struct meters *meters, struct source *source)
{
    source_end(source);
    source->next = meters->leaving;
    meters->leaving = source;
}

enum err meters_set(struct meters *meters, const struct meter_config *configs, uint32_t count,
                    char *why, size_t why_cap)
{
    struct source *before = meters->sources, *source;
    enum err err = ERR_NONE;

    if (count > METERS_MAX) {
        text_printf(why, why_cap, "at most %d meters can be asked", METERS_MAX);
        return ERR_FULL;
    }
    for (uint32_t i = 0; i < count; i++)
        if (!check_config(&configs[i], why, why_cap))
            return ERR_BAD_VALUE;
    meters->sources = meters->turn = NULL;
    for (uint32_t i = 0; i < count; i++) {
        source = take_same(&before, &configs[i]);
        if (source == NULL)
            source = source_new(&configs[i]);
        if (source == NULL) {
            text_printf(why, why_cap, "no memory or thread for another meter");
            err = ERR_FULL; /* the others go on */
            continue;
        }
        source->next = meters->sources;
        meters->sources = source;
    }
    while ((source = before) != NULL) {
        before = source->next;
        leave(meters, source);
    }
    reap(meters, false);
    return err;
}

bool meters_next(struct meters *meters, struct meters_reading *reading)
{
    reap(meters, false);
    /* One reading of each in turn, so that a talkative source does not hide the others. */
    for (bool again = meters->turn != NULL;; again = false) { /* until all were looked at */
        for (struct source *source = meters->turn != NULL ? meters->turn : meters->sources;
             source != NULL; source = source->next) {
            const struct meters_reading *record = bus_peek(&source->ring);
            if (record == NULL)
                continue;
            *reading = *record;
            bus_release(&source->ring);
            meters->turn = source->next;
            return true;
        }
        meters->turn = NULL;
        if (!again)
            return false;
    }
}

void meters_free(struct meters *meters)
{
    struct source *source;

    if (meters == NULL)
        return;
    while ((source = meters->sources) != NULL) {
        meters->sources = source->next;
        leave(meters, source);
    }
    reap(meters, true);
    free(meters);
}
