#include "dispatch/behaviour.h"

#include "json/cursor.h"
#include "json/writer.h"

enum {
    LATENCY_UNSEEN_MS = 30000, /* libocpp#811: a removal takes up to 30 s */
    LATENCY_LEAST_MS = 5000,
    LATENCIES_ENOUGH = 3,
    OBEYED_ENOUGH = 12, /* lower limits, in a row but for those that nobody looked at in time */
    SOON_MS = 10000,    /* a meter that looks later cannot tell a quick station from a slow one */
    STOPS_ENOUGH = 2,   /* one may have ended by itself */
};

struct behaviour behaviour_none(void)
{
    return (struct behaviour){ .stack_max = -1,
                               .periods_max = -1,
                               .profiles_max = -1,
                               .asked_at = UTC_UNKNOWN,
                               .proven_at = UTC_UNKNOWN };
}

/* --- latency ------------------------------------------------------------- */

struct behaviour behaviour_proven(enum charging_unit unit, int32_t latency_ms, utc_ms at)
{
    enum { EFFECTS = 5 };
    struct behaviour known = behaviour_none();

    known.smart = known.fallback = known.station_max = known.zero = known.reports = PROOF_YES;
    known.reports_lease = known.profile = known.obeys = known.leases = known.clears = PROOF_YES;
    known.tenths = PROOF_NO;
    known.stops = STOPS_ENOUGH;
    known.unit = unit;
    known.has_a = unit == CHARGE_A;
    known.has_w = unit == CHARGE_W;
    known.stack_max = 8;
    known.asked_at = known.proven_at = at;
    for (int i = 0; i < EFFECTS; i++)
        behaviour_saw_latency(&known, latency_ms);
    return known;
}

static void ring_put(int32_t ring[LATENCIES_KEPT], uint8_t *count, uint8_t *next, int32_t ms)
{
    ring[*next] = ms < 0 ? 0 : ms;
    *next = (uint8_t)((*next + 1) % LATENCIES_KEPT);
    if (*count < LATENCIES_KEPT)
        (*count)++;
}

void behaviour_saw_latency(struct behaviour *behaviour, int32_t latency_ms)
{
    ring_put(behaviour->latency_ms, &behaviour->latency_count, &behaviour->latency_next,
             latency_ms);
}

static int32_t slowest(const int32_t ring[LATENCIES_KEPT], uint32_t count)
{
    int32_t most = 0;

    for (uint32_t i = 0; i < count; i++)
        if (ring[i] > most)
            most = ring[i];
    return most;
}

static int32_t with_a_fifth(int32_t ms)
{
    return ms > INT32_MAX / 2 ? INT32_MAX : ms + ms / 5;
}

int32_t behaviour_least_settle_ms(void)
{
    return with_a_fifth(LATENCY_LEAST_MS);
}

/* 0: too little was seen, or it is no sooner than what a probe found. */
static int32_t quick_ms(const struct behaviour *behaviour, int32_t settle_ms)
{
    int32_t most = slowest(behaviour->obeyed_ms, behaviour->obeyed_count);

    if (behaviour->obeyed_count < OBEYED_ENOUGH)
        return 0;
    most = with_a_fifth(most > LATENCY_LEAST_MS ? most : LATENCY_LEAST_MS);
    return most < settle_ms ? most : 0;
}

bool behaviour_saw_obeyed(struct behaviour *behaviour, int32_t took_ms, bool was_late)
{
    int32_t before_ms = behaviour_trust(behaviour).quick_ms;

    if (took_ms > SOON_MS && !was_late)
        return false;
    ring_put(behaviour->obeyed_ms, &behaviour->obeyed_count, &behaviour->obeyed_next, took_ms);
    return behaviour_trust(behaviour).quick_ms != before_ms;
}

void behaviour_fell(struct behaviour *behaviour)
{
    behaviour->obeyed_count = behaviour->obeyed_next = 0;
    behaviour->stops = 0;
}

/* Of sixteen the slowest is the 95th in a hundred. */
int32_t behaviour_latency_p95(const struct behaviour *behaviour)
{
    int32_t most = slowest(behaviour->latency_ms, behaviour->latency_count);

    if (behaviour->latency_count < LATENCIES_ENOUGH)
        return most > LATENCY_UNSEEN_MS ? most : LATENCY_UNSEEN_MS;
    return most > LATENCY_LEAST_MS ? most : LATENCY_LEAST_MS;
}

/* --- 0 A ----------------------------------------------------------------- */

bool behaviour_saw_stop(struct behaviour *behaviour, int32_t before_da, int32_t draw_da)
{
    enum { CHARGES_DA = 55, STANDBY_DA = 10 }; /* 6 A, by a meter that is not exact */

    if (behaviour->stops >= STOPS_ENOUGH || before_da < CHARGES_DA || draw_da >= STANDBY_DA)
        return false;
    behaviour->stops++;
    return true;
}

/* --- trust --------------------------------------------------------------- */

static bool not_asked(const struct behaviour *behaviour)
{
    return behaviour->asked_at == UTC_UNKNOWN;
}
static bool not_smart(const struct behaviour *behaviour)
{
    return behaviour->smart == PROOF_NO;
}
static bool no_fallback(const struct behaviour *behaviour)
{
    return behaviour->fallback != PROOF_YES;
}
static bool no_profile(const struct behaviour *behaviour)
{
    return behaviour->profile == PROOF_NO;
}
static bool disobeys(const struct behaviour *behaviour)
{
    return behaviour->obeys == PROOF_NO;
}
static bool not_proven(const struct behaviour *behaviour)
{
    return behaviour->obeys != PROOF_YES || behaviour->profile != PROOF_YES;
}

static const struct {
    bool (*holds)(const struct behaviour *behaviour);
    const char *code, *text;
} troubles[] = {
    { not_asked, "not_asked", "It has not been asked yet what it can." },
    { not_smart, "not_smart", "It takes no charging profiles: it is counted at its breaker." },
    { no_fallback, "no_fallback",
      "It refuses a default limit, so nothing would hold it while it is offline." },
    { no_profile, "no_profile", "It refuses limits for a session." },
    { disobeys, "disobeys", "It accepts limits and does not follow them." },
    { not_proven, "not_proven", "It has not shown yet, in a session, that it follows a limit." },
};

static size_t first_trouble(const struct behaviour *behaviour)
{
    size_t i = 0;

    while (i < COUNT(troubles) && !troubles[i].holds(behaviour))
        i++;
    return i;
}

struct sentence behaviour_trouble(const struct behaviour *behaviour, struct arena *arena)
{
    size_t found = first_trouble(behaviour);

    if (found == COUNT(troubles))
        return (struct sentence){ 0 };
    return SENTENCE(arena, troubles[found].code, troubles[found].text, NO_ARGS);
}

struct commit_trust behaviour_trust(const struct behaviour *behaviour)
{
    int32_t settle_ms = with_a_fifth(behaviour_latency_p95(behaviour));

    return (struct commit_trust){ .obeys = first_trouble(behaviour) == COUNT(troubles),
                                  .ignores = behaviour->obeys == PROOF_NO,
                                  .stops = behaviour->stops >= STOPS_ENOUGH,
                                  .leases = behaviour->leases == PROOF_YES,
                                  .forgets = behaviour->keeps == PROOF_NO,
                                  .linked = behaviour->updates == PROOF_YES &&
                                            behaviour->drops == PROOF_YES,
                                  .settle_ms = settle_ms,
                                  .quick_ms = quick_ms(behaviour, settle_ms) };
}

/* --- form ---------------------------------------------------------------- */

void behaviour_shape(const struct behaviour *behaviour, struct charging_profile *profile)
{
    profile->unit = behaviour->unit;
    profile->whole = behaviour->tenths != PROOF_YES;
    if (profile->layer != CHARGE_DEFAULT)
        return;
    if (behaviour->default_relative)
        profile->kind = CHARGE_RELATIVE;
    if (behaviour->default_on_station) {
        profile->evse = 0;
        profile->id = charging_id(CHARGE_DEFAULT, 0);
    }
}

int32_t behaviour_limit(const struct behaviour *behaviour, int32_t da, int32_t volts_dv,
                        int32_t phases)
{
    if (behaviour->unit == CHARGE_W)
        return charging_w_within(da, volts_dv, phases);
    return behaviour->tenths == PROOF_YES ? da : da - da % 10;
}

int32_t behaviour_failsafe(const struct behaviour *behaviour, int32_t wanted_da)
{
    enum { LEAST_DA = 60 }; /* IEC 61851-1 */

    return wanted_da < LEAST_DA && behaviour->zero == PROOF_NO ? LEAST_DA : wanted_da;
}

/* --- JSON ---------------------------------------------------------------- */

static const struct {
    const char *key;
    size_t offset;
} proofs[] = {
#define PROOF(name) { #name, offsetof(struct behaviour, name) }
    PROOF(smart),    PROOF(fallback),      PROOF(station_max), PROOF(zero),    PROOF(tenths),
    PROOF(reports),  PROOF(reports_lease), PROOF(dynamic),     PROOF(offline), PROOF(profile),
    PROOF(obeys),    PROOF(leases),        PROOF(clears),      PROOF(updates), PROOF(drops),
    PROOF(switches), PROOF(spreads),       PROOF(keeps),
#undef PROOF
};

static const struct {
    const char *key;
    size_t offset;
} flags[] = {
#define FLAG(name) { #name, offsetof(struct behaviour, name) }
    FLAG(has_a),
    FLAG(has_w),
    FLAG(default_on_station),
    FLAG(default_relative),
#undef FLAG
};

static const struct {
    const char *key;
    size_t offset;
} numbers[] = {
#define NUMBER(name) { #name, offsetof(struct behaviour, name) }
    NUMBER(stack_max), NUMBER(periods_max), NUMBER(profiles_max), NUMBER(relapses), NUMBER(stops),
#undef NUMBER
};

static const struct {
    const char *key;
    size_t offset;
} moments[] = {
#define MOMENT(name) { #name, offsetof(struct behaviour, name) }
    MOMENT(asked_at),
    MOMENT(proven_at),
#undef MOMENT
};

#define AT(type, strct, at)       ((type *)(void *)((char *)(strct) + (at)))
#define AT_CONST(type, strct, at) ((const type *)(const void *)((const char *)(strct) + (at)))

/* Oldest first. */
static void write_ring(struct json_writer *w, const char *key, const int32_t ring[LATENCIES_KEPT],
                       uint32_t count, uint32_t next)
{
    json_key(w, key);
    json_array_begin(w);
    for (uint32_t i = 0; i < count; i++)
        json_i64(w, ring[(next + LATENCIES_KEPT - count + i) % LATENCIES_KEPT]);
    json_array_end(w);
}

enum err behaviour_write(const struct behaviour *behaviour, struct arena *arena, struct str *json)
{
    struct json_writer w;
    struct buf buf;

    buf_init_arena(&buf, arena, 1u << 16);
    w = json_writer(&buf);
    json_object_begin(&w);
    for (size_t i = 0; i < COUNT(proofs); i++) {
        enum proof proof = *AT_CONST(enum proof, behaviour, proofs[i].offset);
        if (proof != PROOF_NONE)
            json_key_bool(&w, proofs[i].key, proof == PROOF_YES);
    }
    json_key_str(&w, "unit", behaviour->unit == CHARGE_W ? STR("W") : STR("A"));
    for (size_t i = 0; i < COUNT(flags); i++)
        json_key_bool(&w, flags[i].key, *AT_CONST(bool, behaviour, flags[i].offset));
    for (size_t i = 0; i < COUNT(numbers); i++)
        json_key_i64(&w, numbers[i].key, *AT_CONST(int32_t, behaviour, numbers[i].offset));
    for (size_t i = 0; i < COUNT(moments); i++) {
        utc_ms at = *AT_CONST(utc_ms, behaviour, moments[i].offset);
        if (at != UTC_UNKNOWN)
            json_key_i64(&w, moments[i].key, at);
    }
    write_ring(&w, "latency_ms", behaviour->latency_ms, behaviour->latency_count,
               behaviour->latency_next);
    write_ring(&w, "obeyed_ms", behaviour->obeyed_ms, behaviour->obeyed_count,
               behaviour->obeyed_next);
    json_object_end(&w);
    if (buf.overflow)
        return ERR_FULL;
    *json = buf_str(&buf);
    return ERR_NONE;
}

static void read_ring(struct str list, int32_t ring[LATENCIES_KEPT], uint8_t *count, uint8_t *next)
{
    struct json_items items;
    struct str item;
    int64_t value;

    if (!json_items_open(&items, list))
        return;
    while (json_items_next(&items, &item) == ERR_NONE && item.ptr)
        if (json_value_i64(item, &value) && value >= 0 && value <= INT32_MAX)
            ring_put(ring, count, next, (int32_t)value);
}

static void read_proof(struct str value, enum proof *proof)
{
    if (str_equal(value, STR("true")))
        *proof = PROOF_YES;
    else if (str_equal(value, STR("false")))
        *proof = PROOF_NO;
}

static void read_member(struct str key, struct str value, struct behaviour *behaviour)
{
    int64_t number = 0;
    bool is_number = json_value_i64(value, &number);

    for (size_t i = 0; i < COUNT(proofs); i++)
        if (str_equal(key, str_of(proofs[i].key)))
            read_proof(value, AT(enum proof, behaviour, proofs[i].offset));
    for (size_t i = 0; i < COUNT(flags); i++)
        if (str_equal(key, str_of(flags[i].key)))
            *AT(bool, behaviour, flags[i].offset) = str_equal(value, STR("true"));
    for (size_t i = 0; i < COUNT(numbers); i++)
        if (str_equal(key, str_of(numbers[i].key)) && is_number && number >= -1 &&
            number <= INT32_MAX)
            *AT(int32_t, behaviour, numbers[i].offset) = (int32_t)number;
    for (size_t i = 0; i < COUNT(moments); i++)
        if (str_equal(key, str_of(moments[i].key)) && is_number)
            *AT(utc_ms, behaviour, moments[i].offset) = number;
    if (str_equal(key, STR("unit")) && str_equal(value, STR("\"W\"")))
        behaviour->unit = CHARGE_W;
    if (str_equal(key, STR("latency_ms")))
        read_ring(value, behaviour->latency_ms, &behaviour->latency_count,
                  &behaviour->latency_next);
    if (str_equal(key, STR("obeyed_ms")))
        read_ring(value, behaviour->obeyed_ms, &behaviour->obeyed_count, &behaviour->obeyed_next);
}

enum err behaviour_read(struct str json, struct behaviour *behaviour)
{
    struct behaviour read = behaviour_none();
    struct json_items members;
    struct str key, value;
    enum err err;

    if (!json_members_open(&members, json))
        return ERR_BAD_FORMAT;
    while ((err = json_members_next(&members, &key, &value)) == ERR_NONE && value.ptr)
        read_member(key, value, &read);
    if (err != ERR_NONE)
        return ERR_BAD_FORMAT;
    *behaviour = read;
    return ERR_NONE;
}
