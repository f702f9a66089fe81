/* transaction.c: authorization, transaction events and meter values in 2.0.1 and 2.1. */
#include "ocpp/v2x/v2x.h"

static enum v2x_authorization_status status_of(enum token_status status)
{
    switch (status) {
    case TOKEN_ACCEPTED:
        return V2X_AUTHORIZATION_STATUS_ACCEPTED;
    case TOKEN_BLOCKED:
        return V2X_AUTHORIZATION_STATUS_BLOCKED;
    case TOKEN_EXPIRED:
        return V2X_AUTHORIZATION_STATUS_EXPIRED;
    case TOKEN_CONCURRENT:
        return V2X_AUTHORIZATION_STATUS_CONCURRENT_TX;
    case TOKEN_INVALID:
        return V2X_AUTHORIZATION_STATUS_INVALID;
    case TOKEN_UNKNOWN:
    case TOKEN_COUNT:
        break;
    }
    return V2X_AUTHORIZATION_STATUS_UNKNOWN;
}

/* A token's part of an answer. NULL: memory is out. */
static struct v2x_id_token_info *id_token_info(struct turn *turn,
                                               const struct fact_verdict *verdict)
{
    const struct token_row *token = verdict->token;
    struct v2x_id_token_info *info = ARENA_NEW(turn->arena, struct v2x_id_token_info);

    if (!info)
        return NULL;
    info->status = status_of(verdict->status);
    info->cache_expiry_date_time = UTC_UNKNOWN;
    if (!token)
        return info;
    if (token->expires_at != UTC_UNKNOWN && token->expires_at != UTC_NEVER)
        info->cache_expiry_date_time = token->expires_at;
    if (token->language.len)
        info->language1 = str_first(token->language, 8);
    if (token->group_id.len) {
        info->group_id_token = ARENA_NEW(turn->arena, struct v2x_id_token);
        if (!info->group_id_token)
            return NULL;
        info->group_id_token->id_token = str_first(token->group_id, 36);
        info->group_id_token->type = token->type.len ? token->type : STR("Central");
    }
    if (token->personal_message.len) {
        info->personal_message = ARENA_NEW(turn->arena, struct v2x_message_content);
        if (!info->personal_message)
            return NULL;
        info->personal_message->format = V2X_MESSAGE_FORMAT_UTF8;
        info->personal_message->content = token->personal_message;
    }
    return info;
}

enum err v2x_on_authorize(struct turn *turn, struct in *in, const struct v2x_authorize_req *req,
                          struct v2x_authorize_res *res)
{
    const struct fact_verdict verdict =
        fact_authorize(turn, in, req->id_token->id_token, req->id_token->type, false, 0);

    res->id_token_info = id_token_info(turn, &verdict);
    return res->id_token_info ? ERR_NONE : ERR_FULL;
}

/* --- meter values -------------------------------------------------------- */

static struct meter_moment moment_of(const void *values, uint32_t index)
{
    const struct v2x_meter_value *entry = (const struct v2x_meter_value *)values + index;

    return (struct meter_moment){ entry->timestamp, entry->sampled_value_count };
}

static struct sample_raw sample_of(const void *values, uint32_t index, uint32_t sample)
{
    const struct v2x_meter_value *entry = (const struct v2x_meter_value *)values + index;
    const struct v2x_sampled_value *value = &entry->sampled_value[sample];
    struct sample_raw raw = {
        .at = entry->timestamp,
        .has_number = true,
        .number_micro = value->value,
        .measurand = v2x_measurand_words[value->measurand],
        .phase = v2x_phase_words[value->phase],
        .location = v2x_location_words[value->location],
        .context = v2x_reading_context_words[value->context],
    };

    if (value->unit_of_measure) {
        raw.unit = value->unit_of_measure->unit;
        raw.multiplier =
            value->unit_of_measure->has_multiplier ? value->unit_of_measure->multiplier : 0;
    }
    return raw;
}

struct meter_list v2x_meter_list(const struct v2x_meter_value *values, uint32_t count)
{
    return (struct meter_list){ values, count, moment_of, sample_of };
}

static uint64_t mark_values(uint64_t mark, const struct v2x_meter_value *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        mark = mark_number(mark, values[i].timestamp);
        for (uint32_t k = 0; k < values[i].sampled_value_count; k++)
            mark = mark_number(mark, values[i].sampled_value[k].value);
    }
    return mark;
}

/* Outside of a transaction (J01): what stands at the EVSE then. */
enum err v2x_on_meter_values(struct turn *turn, struct in *in,
                             const struct v2x_meter_values_req *req,
                             struct v2x_meter_values_res *res)
{
    const struct meter_list list = v2x_meter_list(req->meter_value, req->meter_value_count);
    struct fact_transaction fact = {
        .step = FACT_UPDATE,
        .evse = req->evse_id,
        .at = meter_list_last_at(&list),
    };

    (void)res;
    fact.mark = mark_values(mark_number(mark_start(), req->evse_id), req->meter_value,
                            req->meter_value_count);
    if (!meter_list_tell(turn, in, &list, &fact))
        return ERR_FULL;
    return fact_meter(turn, in, &fact);
}

/* --- transaction events -------------------------------------------------- */

static void put_info(struct fact_transaction *fact, const struct v2x_transaction *info)
{
    static const enum charging_state state_of[] = {
        [V2X_CHARGING_STATE_CHARGING] = CHARGING_ACTIVE,
        [V2X_CHARGING_STATE_EV_CONNECTED] = CHARGING_EV_CONNECTED,
        [V2X_CHARGING_STATE_SUSPENDED_EV] = CHARGING_SUSPENDED_EV,
        [V2X_CHARGING_STATE_SUSPENDED_EVSE] = CHARGING_SUSPENDED_EVSE,
        [V2X_CHARGING_STATE_IDLE] = CHARGING_IDLE,
    };

    fact->transaction_id = info->transaction_id;
    fact->has_charging_state = info->charging_state != 0;
    fact->charging_state = state_of[info->charging_state];
    fact->stop_reason = v2x_reason_words[info->stopped_reason];
    fact->remote_start_id = info->has_remote_start_id ? info->remote_start_id : 0;
}

static enum fact_step step_of(enum v2x_transaction_event type)
{
    if (type == V2X_TRANSACTION_EVENT_STARTED)
        return FACT_START;
    return type == V2X_TRANSACTION_EVENT_ENDED ? FACT_END : FACT_UPDATE;
}

enum err v2x_on_transaction_event(struct turn *turn, struct in *in,
                                  const struct v2x_transaction_event_req *req,
                                  struct v2x_transaction_event_res *res)
{
    const struct meter_list list = v2x_meter_list(req->meter_value, req->meter_value_count);
    struct fact_transaction fact = {
        .step = step_of(req->event_type),
        .at = req->timestamp,
        .has_seq = true,
        .seq = req->seq_no,
        .offline = req->has_offline && req->offline,
    };
    struct fact_verdict verdict = { .status = TOKEN_ACCEPTED };
    enum err err;

    if (!req->transaction_info || req->transaction_info->transaction_id.len == 0)
        return ERR_BAD_OCCURRENCE; /* nothing to hang it on: kept for review */
    put_info(&fact, req->transaction_info);
    if (req->evse) {
        fact.evse = req->evse->id;
        fact.connector = req->evse->has_connector_id ? req->evse->connector_id : 0;
    }
    if (req->id_token) {
        fact.has_token = true;
        fact.token = req->id_token->id_token;
        fact.token_type = req->id_token->type;
    }
    /* The number and the time make the message (rules.md: repeats); other content under the same
     * ones is told apart. */
    fact.mark = mark_number(mark_number(mark_start(), req->seq_no), req->timestamp);
    fact.mark = mark_values(mark_number(fact.mark, req->event_type), req->meter_value,
                            req->meter_value_count);
    if (!meter_list_tell(turn, in, &list, &fact))
        return ERR_FULL;
    err = fact_transaction(turn, in, &fact, &verdict);
    if (err != ERR_NONE || !req->id_token)
        return err;
    res->id_token_info = id_token_info(turn, &verdict);
    return res->id_token_info ? ERR_NONE : ERR_FULL;
}
