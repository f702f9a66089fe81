/* meters.h: site meters that are asked or listened to: Modbus TCP devices and MQTT topics.
 *
 * Each source has a thread of its own, so that one that hangs holds up nobody; what it reads comes
 * to the core thread through a bounded ring, which the core empties when it likes (a few times a
 * second). A source that fails says so once, tries again after 1 s, 2 s, … 30 s, and says when it
 * is back. What is read is never guessed: a value that the device does not have is absent.
 *
 * Signs: consumption from the grid is positive. Currents are rounded away from zero, to 0.1 A.
 */
#pragma once
#include "meters/value.h"

enum { METERS_MAX = 256, METER_TEXT_MAX = 128, METER_PICKS_MAX = 8 };

enum meter_kind { METER_MODBUS, METER_MQTT };

/* Where one value stands in an MQTT payload. */
struct meter_pick {
    enum meter_what what;
    enum meter_unit unit;
    bool negate;               /* the device counts the other way round */
    char path[METER_TEXT_MAX]; /* "phases[0].current"; empty: the payload is the number itself */
};

struct meter_config {
    int64_t id; /* the caller's */
    enum meter_kind kind;
    char host[METER_TEXT_MAX]; /* name or address */
    uint16_t port;             /* 0: 502, 1883 (8883 with TLS) */
    /* Modbus */
    uint8_t unit;             /* address on the bus: 1..247; 255 for TCP devices that have none */
    uint32_t period_ms;       /* between two questions; 0: 1,000 */
    char map[METER_TEXT_MAX]; /* register map by id: contracts/meters */
    bool negate;              /* the meter is installed the other way round, or counts generation */
    /* MQTT */
    char topic[METER_TEXT_MAX]; /* may hold + and # */
    char login[METER_TEXT_MAX]; /* empty: none */
    char password_file[METER_TEXT_MAX];
    char ca_file[METER_TEXT_MAX]; /* empty: no TLS */
    uint32_t pick_count;
    struct meter_pick picks[METER_PICKS_MAX];
};

struct meters_reading {
    int64_t id;
    bool works; /* false: `why` says what is wrong; the values are absent */
    struct meter_values values;
    char why[160];
};

struct meters;

/* NULL: memory is out. */
struct meters *meters_new(void);
/* What is asked and listened to from now on: sources that stay the same go on undisturbed. Does not
 * wait for those that end. ERR_BAD_VALUE: an unknown map, no host or topic, a pick without a path
 * that makes sense (`why` names it); ERR_FULL: more than METERS_MAX. Nothing is changed then. */
MUST_CHECK enum err meters_set(struct meters *meters, const struct meter_config *configs,
                               uint32_t count, char *why, size_t why_cap);
/* Core thread: the next reading. False: there is none. */
bool meters_next(struct meters *meters, struct meters_reading *reading);
/* Waits for the threads to end: up to a second or two. */
void meters_free(struct meters *meters);
