#include "sim/ledger.h"

#include <stdlib.h>

#include "base/time.h"

void ledger_init(struct ledger *ledger, bool keep_updates)
{
    *ledger = (struct ledger){ .end = &ledger->first, .keep_updates = keep_updates };
}

void ledger_fini(struct ledger *ledger)
{
    struct ledger_session *session = ledger->first;

    while (session) {
        struct ledger_session *next = session->next;

        free(session->facts);
        free(session);
        session = next;
    }
    *ledger = (struct ledger){ 0 };
}

struct ledger_session *ledger_open(struct ledger *ledger, struct str station,
                                   enum sim_protocol protocol)
{
    struct ledger_session *session = calloc(1, sizeof *session);

    check(session != NULL);
    check(station.len < sizeof session->station);
    memcpy(session->station, station.ptr, station.len);
    session->protocol = protocol;
    *ledger->end = session;
    ledger->end = &session->next;
    ledger->count++;
    return session;
}

void ledger_acked(struct ledger *ledger, struct ledger_session *session,
                  const struct ledger_fact *fact)
{
    session->start_acked |= fact->kind == SIM_START;
    session->stop_acked |= fact->kind == SIM_STOP;
    if (fact->kind == SIM_UPDATE && !ledger->keep_updates)
        return;
    if (session->fact_count == session->fact_cap) {
        uint32_t cap = session->fact_cap ? session->fact_cap * 2 : 4;
        struct ledger_fact *facts = realloc(session->facts, cap * sizeof *facts);

        check(facts != NULL);
        session->facts = facts;
        session->fact_cap = cap;
    }
    session->facts[session->fact_count++] = *fact;
}

struct ledger_sums ledger_sum(const struct ledger *ledger)
{
    struct ledger_sums sums = { 0 };

    for (const struct ledger_session *session = ledger->first; session; session = session->next) {
        sums.sessions++;
        sums.ended += session->ended;
        sums.complete += session->start_acked && session->stop_acked;
        sums.facts_acked += session->fact_count;
        sums.given_up += session->given_up;
        sums.true_mwh += session->true_stop_mwh - session->true_start_mwh;
    }
    return sums;
}

static const char *const kind_words[SIM_MESSAGE_KIND_COUNT] = {
    [SIM_START] = "start",
    [SIM_UPDATE] = "update",
    [SIM_STOP] = "stop",
};

static void put_time(struct buf *out, const char *name, utc_ms at)
{
    char text[TIME_TEXT_LEN];

    time_format(at, text);
    buf_printf(out, "\"%s\":\"%.*s\"", name, TIME_TEXT_LEN, text);
}

static void put_wh(struct buf *out, const char *name, int64_t mwh)
{
    buf_printf(out, "\"%s\":", name);
    buf_put_decimal(out, mwh, 3);
}

static void put_fact(const struct ledger_fact *fact, struct buf *out)
{
    buf_printf(out, "{\"kind\":\"%s\",\"seq_no\":%d,", kind_words[fact->kind], fact->seq_no);
    put_time(out, "timestamp", fact->at);
    if (fact->register_mwh >= 0) {
        buf_put_byte(out, ',');
        put_wh(out, "register_wh", fact->register_mwh);
    }
    buf_put_byte(out, '}');
}

void ledger_write(const struct ledger_session *session, struct buf *out)
{
    static const char *const versions[SIM_PROTOCOL_COUNT] = { "1.6", "2.0.1", "2.1" };

    /* Identities, tokens and ids are of this room's own making or were checked on the way in:
     * nothing in them needs an escape. */
    buf_printf(out,
               "{\"station\":\"%s\",\"protocol\":\"%s\",\"evse\":%d,\"number\":%u,\"transaction_"
               "id\":\"%s\",",
               session->station, versions[session->protocol], session->evse, session->number,
               session->transaction_id);
    buf_printf(out, "\"token\":\"%s\",\"token_refused\":%s,", session->token.id,
               session->token_refused ? "true" : "false");
    put_time(out, "started_at", session->started_at);
    if (session->ended) {
        buf_put_byte(out, ',');
        put_time(out, "ended_at", session->ended_at);
    }
    buf_put_byte(out, ',');
    put_wh(out, "energy_wh", session->true_stop_mwh - session->true_start_mwh);
    buf_put_byte(out, ',');
    put_wh(out, "register_start_wh", session->shown_start_mwh);
    buf_put_byte(out, ',');
    put_wh(out, "register_stop_wh", session->shown_stop_mwh);
    buf_printf(out,
               ",\"ended\":%s,\"start_acked\":%s,\"stop_acked\":%s,\"sent\":%u,\"given_up\":%u,"
               "\"acked\":[",
               session->ended ? "true" : "false", session->start_acked ? "true" : "false",
               session->stop_acked ? "true" : "false", session->sent_count, session->given_up);
    for (uint32_t i = 0; i < session->fact_count; i++) {
        if (i > 0)
            buf_put_byte(out, ',');
        put_fact(&session->facts[i], out);
    }
    buf_put(out, STR("]}\n"));
}
