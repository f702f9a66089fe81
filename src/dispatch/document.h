/* document.h: how a site shares its power, as a person describes it: the tree of limits with
 * stations, loads, meters, solar and battery, the mode, and what is to be assumed of cars.
 *
 * It is JSON, one document a site, changed as a whole: docs/energy.md "Describe your site" shows
 * one, contracts/openapi.yaml (PowerDocument) lists every field. The row keeps it as document_write
 * writes it. Reading checks it: what contradicts itself is named, with a path and one sentence;
 * an error refuses it, a warning does not.
 *
 * In the struct, nodes are in the order of the tree (parents first) and are those of a tree
 * (tree.h) under the same index; EVSEs are its leaves. A station that lists no EVSEs has one,
 * number 1. Currents are in 0.1 A, absent ones -1 or TREE_NO_LIMIT. Spans borrow from the text and
 * the arena that it was read with.
 */
#pragma once
#include "base/zone.h"
#include "domain/words.h"
#include "energy/site.h"
#include "json/sentence.h"

enum {
    DOCUMENT_PRICES_MAX = 100,
    DOCUMENT_TIMES_MAX = 50,
    DOCUMENT_METERS_MAX = 200,
    DOCUMENT_VALUES_MAX = 8,
    DOCUMENT_FLEET_MAX = 2000,
    DOCUMENT_PILOTS_MAX = 32,
    DOCUMENT_BYTES_MAX = 4 << 20,
    DOCUMENT_BATTERY_WH_MAX = 2000000, /* of a lorry; what a car is asked for is checked closer */
    DOCUMENT_NONE = -1
};

enum node_kind {
    NODE_GRID,
    NODE_TRANSFORMER,
    NODE_PANEL,
    NODE_CIRCUIT,
    NODE_STATION,
    NODE_EVSE, /* only in the JSON: in the struct they are `evses` */
    NODE_KIND_COUNT
};

/* Hours of some days, by the site's clock. */
struct document_hours {
    uint8_t days; /* bit 0: Monday */
    int16_t from_min,
        to_min; /* minutes of the day; to_min <= from_min: until then on the next day */
};

/* A limit that holds at these hours in the place of the node's own; where several do, the lowest.
 */
struct document_time {
    struct document_hours hours;
    int32_t limit_da[LINE_COUNT]; /* TREE_NO_LIMIT_DA */
    int64_t limit_w;              /* TREE_NO_LIMIT_W */
};

struct document_node {
    struct str id, name;
    uint8_t kind;  /* enum node_kind */
    int16_t volts; /* of a phase against neutral, here */
    /* The limits that hold where no time says otherwise; base: the load that is assumed, with its
     * margin, and nothing for solar and battery. */
    struct tree_node tree;
    /* Added to what a meter says of the unmanaged load here: of it, and at least. */
    int32_t margin_permille, margin_da;
    int64_t solar_peak_w; /* 0: none */
    int64_t battery_w;    /* most that it gives; 0: none */
    int64_t battery_wh;
    struct str station;  /* identity; empty: no station */
    int64_t station_row; /* its row id; 0: not registered */
    uint32_t time_count;
    const struct document_time *times;
};

/* How terminals U, V, W of a station (its L1, L2, L3) sit on the lines of the grid, as OCPP's
 * ConnectorPhaseRotation says it: RST, STR, TRS turn one way, RTS, TSR, SRT the other. */
enum rotation {
    ROTATION_RST,
    ROTATION_STR,
    ROTATION_TRS,
    ROTATION_RTS,
    ROTATION_TSR,
    ROTATION_SRT,
    ROTATION_COUNT
};

struct document_evse {
    struct str id, name;   /* of its node, or of its station's where that lists no EVSEs */
    struct str station;    /* identity */
    int64_t station_row;   /* 0: not registered */
    int32_t evse;          /* its number at the station, from 1 */
    struct tree_leaf leaf; /* rotation is in it; wires_live 1 with several wires: not known yet */
    uint8_t rotation;      /* enum rotation */
    bool is_dc;            /* limits go out in W */
    int32_t efficiency_permille; /* DC out of AC; 1000 for AC */
    int32_t max_da; /* its rating: least of cable, breaker, EVSE, and of the nodes' own limits */
    int32_t min_da; /* 60 */
    int32_t fail_safe_da; /* what it may draw when nobody tells it anything; -1: not said, its share
                             of what fits (energy/commit.h) */
    bool may_suspend;
    uint8_t class; /* enum site_class */
    uint16_t weight;
    uint8_t pilots; /* index in document.pilots */
};

enum meter_source { SOURCE_PUSH, SOURCE_MODBUS, SOURCE_MQTT, SOURCE_STATION, SOURCE_COUNT };
enum meter_measures {
    MEASURES_NODE,    /* all that flows into the node, charging cars included */
    MEASURES_LOAD,    /* the unmanaged load there alone */
    MEASURES_SOLAR,   /* produced: positive */
    MEASURES_BATTERY, /* given by it: positive; charged: negative */
    MEASURES_COUNT
};

/* Where one value stands in a message of MQTT. */
struct document_value {
    uint8_t what, unit; /* enum meter_what, meter_unit (meters/value.h) */
    bool negate;
    struct str path; /* empty: the message is the number */
};

struct document_meter {
    struct str id;
    uint32_t node;
    uint8_t source, measures;
    int32_t stale_after_ms; /* 60,000 */
    /* While it is silent: this load (with margin), or for solar and battery this power. */
    int32_t safe_da[LINE_COUNT];
    int64_t safe_w;
    bool safe_said;  /* else it is the node's own load */
    struct str host; /* MODBUS, MQTT */
    uint16_t port;   /* 0: the usual one */
    /* MODBUS */
    uint8_t unit_id;   /* 1 */
    int32_t period_ms; /* between two questions; 0: the usual one */
    struct str map;    /* register map (contracts/meters) */
    bool negate;       /* it counts the other way round */
    /* MQTT; files are names alone, in the directory of the option energy.credentials */
    struct str topic, login, password_file, ca_file;
    uint32_t value_count;
    const struct document_value *values;
    /* STATION */
    struct str station; /* identity */
    int64_t station_row;
    int32_t evse; /* 0: its main meter */
};

struct document_price {
    struct document_hours hours;
    uint16_t months;     /* bit 0: January */
    int64_t price_milli; /* thousandths of the minor unit a kWh */
};

/* What is known of a vehicle by its token. */
struct document_vehicle {
    struct str token, name;
    int64_t battery_wh, need_wh; /* 0: not said */
    int8_t class;                /* -1: as its EVSE */
    int16_t ready_min[7];        /* minute of each weekday from Monday; -1: none */
};

struct document {
    uint8_t mode; /* enum site_mode */
    struct site_rules rules;
    int32_t lease_s; /* 900 */
    int32_t calls_s; /* charging profiles a second at most, for the site: 20 */
    /* Of a car of which nobody says more; 0 and -1: learned. */
    int64_t need_wh;
    int32_t stay_s;
    int16_t departs_min;         /* minute of the day */
    int64_t demand_charge_milli; /* thousandths of the minor unit a kW and month; 0: none */
    uint32_t node_count, evse_count, meter_count, price_count, fleet_count, pilots_count;
    const struct document_node *nodes;
    const struct document_evse *evses; /* those of one node stand together, in the nodes' order */
    const struct document_meter *meters;
    const struct document_price *prices; /* the first that fits counts */
    const struct document_vehicle *fleet;
    const struct site_pilots *pilots;
    struct str text; /* as document_write writes it */
};

struct document_finding {
    bool is_error;
    struct str path; /* "nodes[3].limit_a" */
    struct sentence sentence;
};

enum { DOCUMENT_FINDINGS_MAX = 100 };
struct document_findings {
    uint32_t errors, warnings; /* all of them; the list has the first ones */
    uint32_t count;
    struct document_finding list[DOCUMENT_FINDINGS_MAX];
};

/* What the checker asks of the world around. */
struct document_around {
    void *context;
    /* The station's row id, 0: there is none such. */
    int64_t (*station)(void *context, struct str identity);
    /* The site in whose document it stands, other than this one; empty: in none. */
    struct str (*elsewhere)(void *context, int64_t station_row);
    /* The most that it says of itself for this EVSE (power_max_w of its connectors); 0: not known.
     */
    int64_t (*rating_w)(void *context, int64_t station_row, int32_t evse);
    /* Is there anything of this kind from now on? */
    bool (*has_series)(void *context, enum series_kind kind);
    /* Stations of this site that the document should have: NULL starts, NULL ends it. */
    const struct str *(*next)(void *context, const struct str *before);
};

/* Reads, checks and builds. `around` may be NULL: a stored document is read again, stations are
 * found by whoever runs it. ERR_BAD_VALUE: it has errors (findings say which; *document is not
 * to be used); ERR_FULL: memory is out, or it is larger than a tree may be. */
MUST_CHECK enum err document_read(struct str text, const struct document_around *around,
                                  struct arena *arena, struct document *document,
                                  struct document_findings *findings);

/* {"errors":[{"path":…,"code":…,"args":…,"text":…}],"warnings":[…]} into the object that is open.
 */
void document_write_findings(struct json_writer *json, const struct document_findings *findings);

/* The tree's nodes with the limits that hold at a moment: `nodes` has node_count of them. */
void document_tree(const struct document *document, const struct zone *zone, utc_ms at,
                   struct tree_node *nodes);
/* The next moment after `at` at which a limit or a price of the document changes; UTC_NEVER. */
utc_ms document_next_change(const struct document *document, const struct zone *zone, utc_ms at);
/* Price of the schedule at a moment; false: it has none. */
/* The first hours of a week for which it has none; false: it has one for all. */
struct document_gap {
    int month, weekday; /* from 1; from Monday, 0 */
    int minute;         /* of the day */
};
bool document_price_gap(const struct document *document, struct document_gap *gap);
bool document_price(const struct document *document, const struct zone *zone, utc_ms at,
                    int64_t *price_milli);
/* The vehicle of a token, or NULL; and the next time it has to be ready after `at`, or UTC_NEVER.
 */
const struct document_vehicle *document_vehicle(const struct document *document, struct str token);
utc_ms document_ready_at(const struct document_vehicle *vehicle, const struct zone *zone,
                         utc_ms at);
/* When a car of which nobody says more leaves, that came at `at`; UTC_NEVER: the document says
 * nothing of it. */
utc_ms document_departure(const struct document *document, const struct zone *zone, utc_ms at);

/* The grid's line (0..2) that a station's terminal (0..2) sits on. */
int rotation_line(enum rotation rotation, int terminal);
/* Index of a node by its id, of an EVSE by station and number; DOCUMENT_NONE. */
int32_t document_find_node(const struct document *document, struct str id);
int32_t document_find_evse(const struct document *document, struct str station, int32_t evse);
/* NULL: no such meter. */
const struct document_meter *document_meter(const struct document *document, struct str id);
/* What an EVSE is called in a decision (site_evse.id): its station's row and its number in one. */
static inline int64_t document_evse_id(int64_t station_row, int32_t evse)
{
    return (int64_t)((uint64_t)station_row * 1009u + (uint64_t)(uint32_t)evse);
}
/* Is this what such a meter can say here (0.1 A per line or W; TREE_NO_LIMIT: not said)? A value
 * beyond ten times what the node could ever carry is in another unit: false, and *sentence says it.
 */
bool document_plausible(const struct document *document, const struct document_meter *meter,
                        const int32_t line_da[LINE_COUNT], int64_t power_w, struct arena *arena,
                        struct sentence *sentence);

extern const struct str node_kind_words[NODE_KIND_COUNT], site_mode_words[SITE_MODE_COUNT],
    site_class_words[CLASS_COUNT], rotation_words[ROTATION_COUNT], meter_source_words[SOURCE_COUNT],
    meter_measures_words[MEASURES_COUNT];
