#include "domain/session.h"

/* --- dedup --------------------------------------------------------------- */

uint64_t mark_start(void)
{
    return 0x6a09e667f3bcc909u;
}

uint64_t mark_number(uint64_t mark, int64_t value)
{
    mark = (mark ^ (uint64_t)value) * 0x9e3779b97f4a7c15u;
    mark ^= mark >> 31;
    return mark ? mark : 1;
}

uint64_t mark_text(uint64_t mark, struct str text)
{
    for (uint32_t i = 0; i < text.len; i++)
        mark = (mark ^ (unsigned char)text.ptr[i]) * 0x100000001b3u;
    return mark_number(mark, text.len);
}

bool session_repeats(const struct session_row *session, uint64_t mark)
{
    for (uint32_t at = 0; at + sizeof mark <= session->recent.len; at += sizeof mark)
        if (memcmp(session->recent.ptr + at, &mark, sizeof mark) == 0)
            return true;
    return false;
}

void session_remember(struct session_row *session, uint64_t mark, struct arena *arena)
{
    const uint32_t full = SESSION_RECENT_MAX * sizeof mark;
    struct str old = session->recent;
    char *ring;

    if (old.len >= full)
        old = str_from(old, old.len - full + sizeof mark);
    ring = arena_alloc(arena, old.len + sizeof mark);
    if (!ring)
        return; /* the turn fails with its arena */
    if (old.len)
        memcpy(ring, old.ptr, old.len);
    memcpy(ring + old.len, &mark, sizeof mark);
    session->recent = (struct str){ ring, old.len + (uint32_t)sizeof mark };
}

/* --- energy -------------------------------------------------------------- */

static void flag(struct session_row *session, int64_t bit)
{
    session->flags |= bit;
}

/* The register is the word that counts, also where intervals, each rounded, have come to more. One
 * that says much less than they do counts something else. */
static void register_after_intervals(struct session_row *session, int64_t energy_mwh)
{
    if (energy_mwh < session->energy_mwh / 10 * 9) {
        flag(session, FLAG_BIT(ENERGY_IMPLAUSIBLE));
        return;
    }
    session->energy_mwh = energy_mwh;
    session->flags &= ~FLAG_BIT(METER_INTERVAL);
}

static void set_energy(struct session_row *session)
{
    int64_t energy_mwh =
        session->carried_mwh + session->register_last_mwh - session->register_base_mwh;

    if (session->flags & FLAG_BIT(METER_INTERVAL) && energy_mwh > 0)
        register_after_intervals(session, energy_mwh);
    else if (energy_mwh > session->energy_mwh)
        session->energy_mwh = energy_mwh;
}

/* As much as can have flowed between two moments: never less than 1 kWh, since clocks are coarse.
 */
static int64_t plausible_mwh(utc_ms from, utc_ms to)
{
    int64_t ms = from == UTC_UNKNOWN || to == UTC_UNKNOWN || to < from ? 0 : to - from;

    if (ms > INT64_C(366) * 86400000)
        ms = INT64_C(366) * 86400000;
    return 1000000 + ms * SESSION_WATTS_MAX / 3600; /* 1 W for 3600 ms is 1 mWh */
}

static void first_register(struct session_row *session, int64_t register_mwh, utc_ms at)
{
    session->has_register = true;
    session->flags &= ~FLAG_BIT(METER_MISSING);
    session->register_start_mwh = session->register_base_mwh = session->register_last_mwh =
        register_mwh;
    session->sample_at = at;
}

/* A register that went up by more than any charger can deliver. */
static void take_jump(struct session_row *session, int64_t register_mwh)
{
    int64_t before_reset = session->register_start_mwh + session->carried_mwh;

    if (session->carried_mwh && register_mwh >= before_reset) {
        /* A drop-out, not a reset: the register is back where it was (ABB: lbbrhzn#374). */
        session->register_base_mwh = session->register_start_mwh;
        session->carried_mwh = 0;
    } else if (session->register_last_mwh == 0 && session->register_start_mwh == 0 &&
               (session->energy_mwh == 0 || session->flags & FLAG_BIT(METER_INTERVAL))) {
        /* A start of 0 that stood for "not known" (citrineos-core#1060: a lifetime's odometer was
         * billed). */
        session->register_start_mwh = session->register_base_mwh = register_mwh;
        flag(session, FLAG_BIT(ENERGY_IMPLAUSIBLE));
    } else {
        flag(session, FLAG_BIT(ENERGY_IMPLAUSIBLE));
    }
}

/* A register that was about to run over at a power of ten (all nines on its counter) or of two, and
 * has: what it still counted before it did. 0: it has not, it began anew. Within a thousandth of
 * the end a reset by chance is rare; the session is flagged in any case. A register of 0 is one
 * that is not there. */
static int64_t left_before_rollover(int64_t last_mwh, int64_t register_mwh, int64_t plausible)
{
    static const int64_t ends_wh[] = { 1000000,    10000000,   100000000,  1000000000,
                                       2147483648, 4294967296, 10000000000 };

    for (size_t i = 0; i < COUNT(ends_wh); i++) {
        int64_t end_mwh = ends_wh[i] * 1000, left = end_mwh - last_mwh;
        if (register_mwh > 0 && left >= 0 && left <= end_mwh / 1000 &&
            left + register_mwh <= plausible)
            return left;
    }
    return 0;
}

/* A register that went down: from zero again, or a little, which is noise. */
static void take_fall(struct session_row *session, int64_t register_mwh, int64_t plausible)
{
    if (register_mwh > plausible || register_mwh > session->register_last_mwh / 2) {
        flag(session, FLAG_BIT(METER_REGRESSION));
        return;
    }
    flag(session, FLAG_BIT(METER_RESET));
    session->carried_mwh +=
        session->register_last_mwh - session->register_base_mwh +
        left_before_rollover(session->register_last_mwh, register_mwh, plausible);
    session->register_base_mwh = 0;
    session->register_last_mwh = register_mwh;
}

static void take_register(struct session_row *session, int64_t register_mwh, utc_ms at)
{
    int64_t plausible = plausible_mwh(session->sample_at, at);

    if (register_mwh < 0) {
        flag(session, FLAG_BIT(METER_REGRESSION));
        return;
    }
    if (!session->has_register) {
        first_register(session, register_mwh, at);
        return;
    }
    if (register_mwh < session->register_last_mwh) {
        take_fall(session, register_mwh, plausible);
    } else {
        if (register_mwh - session->register_last_mwh > plausible)
            take_jump(session, register_mwh);
        session->register_last_mwh = register_mwh;
    }
    set_energy(session);
}

/* A register that is told late and is of before the first one: the session began there. */
static void take_earlier(struct session_row *session, int64_t register_mwh, utc_ms at)
{
    if (session->carried_mwh || register_mwh < 0 || register_mwh >= session->register_start_mwh)
        return;
    if (session->register_start_mwh - register_mwh > plausible_mwh(at, session->sample_at)) {
        flag(session, FLAG_BIT(ENERGY_IMPLAUSIBLE));
        return;
    }
    session->register_start_mwh = session->register_base_mwh = register_mwh;
    set_energy(session);
}

void session_take_reading(struct session_row *session, const struct reading *reading)
{
    bool older = reading->at != UTC_UNKNOWN && session->sample_at != UTC_UNKNOWN &&
                 reading->at < session->sample_at;

    if (reading->unit_guessed)
        flag(session, FLAG_BIT(UNIT));
    if (reading->bad_value)
        flag(session, FLAG_BIT(SCHEMA));
    if (older) {
        if (reading->has_register)
            take_earlier(session, reading->register_mwh, reading->at);
        return;
    }
    if (reading->has_register)
        take_register(session, reading->register_mwh, reading->at);
    if (reading->has_power)
        session->power_w = reading->power_w;
    if (reading->has_soc)
        session->soc_permille = reading->soc_permille;
    if (reading->at != UTC_UNKNOWN)
        session->sample_at = reading->at;
}

/* One value of a series, told up to *at so far: each moment counts once (rules.md: intervals). */
static void take_interval(struct session_row *session, int64_t value_mwh, utc_ms value_at,
                          int64_t *sum_mwh, utc_ms *at)
{
    bool is_first = *at == UTC_UNKNOWN || *at == 0;
    bool is_late = !is_first && value_at < *at;
    utc_ms from = is_first || is_late ? session->started_at : *at;

    if (!is_first && value_at == *at)
        return;
    if (value_mwh < 0) {
        flag(session, FLAG_BIT(METER_REGRESSION));
    } else if (value_mwh > plausible_mwh(from, value_at)) {
        flag(session, FLAG_BIT(ENERGY_IMPLAUSIBLE));
    } else {
        *sum_mwh += value_mwh;
        if (!is_late)
            *at = value_at;
    }
}

void session_take_intervals(struct session_row *session, const struct reading *reading, bool of_end)
{
    const struct {
        int64_t *sum_mwh;
        utc_ms *at;
    } series[INTERVAL_SERIES] = {
        [INTERVAL_SAMPLED] = { &session->interval_mwh, &session->interval_at },
        [INTERVAL_CLOCK] = { &session->interval_clock_mwh, &session->interval_clock_at },
    };
    int64_t energy_mwh;

    for (int i = 0; i < INTERVAL_SERIES; i++) {
        bool told = of_end && *series[i].at > 0 && reading->at <= *series[i].at;
        if (reading->has_interval[i] && !reading->has_register && reading->at != UTC_UNKNOWN &&
            !told)
            take_interval(session, reading->interval_mwh[i], reading->at, series[i].sum_mwh,
                          series[i].at);
    }
    energy_mwh = session->interval_mwh > session->interval_clock_mwh ? session->interval_mwh
                                                                     : session->interval_clock_mwh;
    if (energy_mwh <= session->energy_mwh ||
        session->carried_mwh + session->register_last_mwh > session->register_base_mwh)
        return;
    session->energy_mwh = energy_mwh;
    session->flags &= ~FLAG_BIT(METER_MISSING);
    flag(session, FLAG_BIT(METER_INTERVAL));
}

/* Wh as an integer of any size to mWh, or -1. */
static int64_t to_mwh(int64_t wh)
{
    return wh < 0 || wh > INT64_MAX / 1000 ? -1 : wh * 1000;
}

void session_take_start_wh(struct session_row *session, int64_t register_wh, utc_ms at)
{
    int64_t start_mwh = to_mwh(register_wh);

    if (start_mwh < 0) {
        flag(session, FLAG_BIT(METER_REGRESSION));
        return;
    }
    if (!session->has_register) {
        first_register(session, start_mwh, at);
        return;
    }
    take_earlier(session, start_mwh, at); /* a late start: readings came before it */
}

/* The register at the stop is below what came with a later moment: those readings are of the car
 * that came next, told before its start under no number (1.6 -1, after an outage). The stop is the
 * word that counts. */
static bool takes_back(struct session_row *session, int64_t stop_mwh, utc_ms at)
{
    if (at == UTC_UNKNOWN || session->sample_at == UTC_UNKNOWN || at >= session->sample_at ||
        !session->has_register || stop_mwh >= session->register_last_mwh ||
        stop_mwh < session->register_base_mwh)
        return false;
    session->energy_mwh = session->carried_mwh + stop_mwh - session->register_base_mwh;
    session->register_last_mwh = stop_mwh;
    session->sample_at = at;
    return true;
}

void session_take_stop_wh(struct session_row *session, int64_t register_wh, utc_ms at)
{
    int64_t stop_mwh = to_mwh(register_wh);

    if (stop_mwh < 0) {
        flag(session,
             FLAG_BIT(
                 METER_REGRESSION)); /* "-1" and the like: the last reading stands (ocpp-go#114) */
        return;
    }
    if (takes_back(session, stop_mwh, at))
        return;
    take_register(session, stop_mwh, at);
    if (at != UTC_UNKNOWN && (session->sample_at == UTC_UNKNOWN || at > session->sample_at))
        session->sample_at = at;
}

/* --- numbers of 2.x ------------------------------------------------------ */

enum { GAPS_TEXT_MAX = 200 };

static void put_range(struct buf *out, int64_t from, int64_t to)
{
    if (out->len)
        buf_put_byte(out, ',');
    buf_put_i64(out, from);
    if (to > from) {
        buf_put_byte(out, '-');
        buf_put_i64(out, to);
    }
}

/* "3-5" or "9". */
static bool read_range(struct str text, int64_t *from, int64_t *to)
{
    struct str rest = text, low;

    (void)str_cut(&rest, '-', &low); /* a part of a list is never NULL */
    if (!str_to_i64(low, from))
        return false;
    if (!rest.ptr || !str_to_i64(rest, to))
        *to = *from;
    return true;
}

/* Writes the gaps without `seq`; true when it stood in one. */
static bool close_gap(struct str gaps, int64_t seq, struct buf *out)
{
    struct str rest = gaps, part;
    bool found = false;

    while (gaps.len && str_cut(&rest, ',', &part)) {
        int64_t from, to;
        if (!read_range(part, &from, &to))
            continue;
        if (seq < from || seq > to) {
            put_range(out, from, to);
            continue;
        }
        found = true;
        if (from < seq)
            put_range(out, from, seq - 1);
        if (seq < to)
            put_range(out, seq + 1, to);
    }
    return found;
}

bool session_take_seq(struct session_row *session, int64_t seq, struct arena *arena)
{
    char memory[GAPS_TEXT_MAX + 64];
    struct buf gaps;
    bool is_new = true;

    buf_init(&gaps, memory, sizeof memory);
    if (session->seq_max < 0) {
        /* A session that is first seen in its middle has no gap before: stations may count over all
         * sessions (2.0.1 Part 2 §1.3.2.1). */
        session->seq_min = session->seq_max = seq;
    } else if (seq > session->seq_max) {
        buf_put(&gaps, session->seq_gaps);
        if (seq > session->seq_max + 1 && gaps.len < GAPS_TEXT_MAX)
            put_range(&gaps, session->seq_max + 1, seq - 1);
        session->seq_max = seq;
    } else if (seq < session->seq_min) { /* told late */
        if (seq < session->seq_min - 1 && session->seq_gaps.len < GAPS_TEXT_MAX)
            put_range(&gaps, seq + 1, session->seq_min - 1);
        if (gaps.len && session->seq_gaps.len)
            buf_put_byte(&gaps, ',');
        buf_put(&gaps, session->seq_gaps);
        session->seq_min = seq;
    } else {
        is_new = close_gap(session->seq_gaps, seq, &gaps);
    }
    session->seq_gaps = arena_copy(arena, buf_str(&gaps));
    session_judge_gaps(session);
    return is_new;
}

void session_judge_gaps(struct session_row *session)
{
    if (session->seq_gaps.len || !session->has_start)
        flag(session, FLAG_BIT(GAP));
    else
        session->flags &= ~FLAG_BIT(GAP);
}

/* --- end ----------------------------------------------------------------- */

void session_end(struct session_row *session, enum session_state state, utc_ms at)
{
    check(state != SESSION_OPEN);
    session->state = state;
    if (session->ended_at == UTC_UNKNOWN || session->ended_at == UTC_NEVER ||
        state == SESSION_ENDED)
        session->ended_at = at;
    session->power_w = 0;
    session->charging_state = CHARGING_IDLE;
    session->samples_due = 1;
}

void session_end_at_last(struct session_row *session, enum session_state state, utc_ms otherwise)
{
    session_end(session, state, session->sample_at != UTC_UNKNOWN ? session->sample_at : otherwise);
}
