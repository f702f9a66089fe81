/* transaction.c: authorization, start, meter values, stop in 1.6. */
#include "ocpp/v16/v16.h"

static enum v16_authorization_status status_of(enum token_status status)
{
    switch (status) {
    case TOKEN_ACCEPTED:
        return V16_AUTHORIZATION_STATUS_ACCEPTED;
    case TOKEN_BLOCKED:
        return V16_AUTHORIZATION_STATUS_BLOCKED;
    case TOKEN_EXPIRED:
        return V16_AUTHORIZATION_STATUS_EXPIRED;
    case TOKEN_CONCURRENT:
        return V16_AUTHORIZATION_STATUS_CONCURRENT_TX;
    case TOKEN_INVALID:
    case TOKEN_UNKNOWN:
    case TOKEN_COUNT:
        break;
    }
    return V16_AUTHORIZATION_STATUS_INVALID; /* §7.2: also for unknown ones */
}

static struct v16_id_tag_info *id_tag_info(struct turn *turn, const struct fact_verdict *verdict)
{
    const struct token_row *token = verdict->token;
    struct v16_id_tag_info *info = ARENA_NEW(turn->arena, struct v16_id_tag_info);

    if (!info)
        return NULL;
    info->status = status_of(verdict->status);
    info->expiry_date = UTC_UNKNOWN;
    if (!token)
        return info;
    if (token->expires_at != UTC_UNKNOWN && token->expires_at != UTC_NEVER)
        info->expiry_date = token->expires_at;
    if (token->group_id.len)
        info->parent_id_tag = str_first(token->group_id, 20); /* §7.1 IdToken: CiString20 */
    return info;
}

enum err v16_on_authorize(struct turn *turn, struct in *in, const struct v16_authorize_req *req,
                          struct v16_authorize_res *res)
{
    /* §7.2: ConcurrentTx is for StartTransaction alone. */
    const struct fact_verdict verdict = fact_authorize(turn, in, req->id_tag, STR_NONE, false, 0);

    res->id_tag_info = id_tag_info(turn, &verdict);
    return res->id_tag_info ? ERR_NONE : ERR_FULL;
}

/* --- meter values -------------------------------------------------------- */

static struct meter_moment moment_of(const void *values, uint32_t index)
{
    const struct v16_meter_value *entry = (const struct v16_meter_value *)values + index;

    return (struct meter_moment){ entry->timestamp, entry->sampled_value_count };
}

static struct sample_raw sample_of(const void *values, uint32_t index, uint32_t sample)
{
    const struct v16_meter_value *entry = (const struct v16_meter_value *)values + index;
    const struct v16_sampled_value *value = &entry->sampled_value[sample];

    return (struct sample_raw){
        .at = entry->timestamp,
        .value = value->value,
        .signed_data = value->format == V16_VALUE_FORMAT_SIGNED_DATA,
        .measurand = v16_measurand_words[value->measurand],
        .unit = v16_unit_of_measure_words[value->unit],
        .phase = v16_phase_words[value->phase],
        .location = v16_location_words[value->location],
        .context = v16_reading_context_words[value->context],
    };
}

struct meter_list v16_meter_list(const struct v16_meter_value *values, uint32_t count)
{
    return (struct meter_list){ values, count, moment_of, sample_of };
}

/* Folds what makes these values these values (rules.md: repeats). */
static uint64_t mark_values(uint64_t mark, const struct v16_meter_value *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        mark = mark_number(mark, values[i].timestamp);
        for (uint32_t k = 0; k < values[i].sampled_value_count; k++) {
            const struct v16_sampled_value *value = &values[i].sampled_value[k];
            mark = mark_text(mark, value->value);
            mark = mark_number(mark, (int64_t)value->measurand * 1000 + (int64_t)value->phase * 50 +
                                         (int64_t)value->context);
        }
    }
    return mark;
}

/* Stations without a number of ours say -1, 0, or one of their own (libocpp#495). */
static struct str transaction_text(struct turn *turn, int64_t id)
{
    return id > 0 ? arena_printf(turn->arena, "%lld", (long long)id) : STR_NONE;
}

enum err v16_on_meter_values(struct turn *turn, struct in *in,
                             const struct v16_meter_values_req *req,
                             struct v16_meter_values_res *res)
{
    const struct meter_list list = v16_meter_list(req->meter_value, req->meter_value_count);
    struct fact_transaction fact = {
        .step = FACT_UPDATE,
        .evse = req->connector_id,
        .connector = 1,
        .at = meter_list_last_at(&list),
        .transaction_id =
            req->has_transaction_id ? transaction_text(turn, req->transaction_id) : STR_NONE,
    };

    (void)res;
    fact.mark = mark_number(mark_number(mark_start(), req->connector_id), req->transaction_id);
    fact.mark = mark_values(fact.mark, req->meter_value, req->meter_value_count);
    if (!meter_list_tell(turn, in, &list, &fact))
        return ERR_FULL;
    return fact_meter(turn, in, &fact);
}

/* --- start and stop ------------------------------------------------------ */

enum err v16_on_start_transaction(struct turn *turn, struct in *in,
                                  const struct v16_start_transaction_req *req,
                                  struct v16_start_transaction_res *res)
{
    struct fact_transaction fact = {
        .step = FACT_START,
        .evse = req->connector_id,
        .connector = 1,
        .at = req->timestamp,
        .has_token = true,
        .token = req->id_tag,
        .has_start_wh = true,
        .start_wh = req->meter_start,
    };
    struct fact_verdict verdict;
    enum err err;

    fact.mark = mark_text(mark_number(mark_start(), req->connector_id), req->id_tag);
    fact.mark = mark_number(mark_number(fact.mark, req->meter_start), req->timestamp);
    err = fact_start_16(turn, in, &fact, &verdict, &res->transaction_id);
    if (err != ERR_NONE)
        return err;
    res->id_tag_info = id_tag_info(turn, &verdict);
    return res->id_tag_info ? ERR_NONE : ERR_FULL;
}

enum err v16_on_stop_transaction(struct turn *turn, struct in *in,
                                 const struct v16_stop_transaction_req *req,
                                 struct v16_stop_transaction_res *res)
{
    const struct meter_list list =
        v16_meter_list(req->transaction_data, req->transaction_data_count);
    struct fact_transaction fact = {
        .step = FACT_END,
        .at = req->timestamp,
        .transaction_id = transaction_text(turn, req->transaction_id),
        .token = req->id_tag,
        .has_stop_wh = true,
        .stop_wh = req->meter_stop,
        .stop_reason =
            req->reason ? v16_reason_words[req->reason] : STR("Local"), /* §7.36 default */
    };
    enum err err;

    fact.mark = mark_number(mark_number(mark_start(), req->transaction_id), req->meter_stop);
    fact.mark = mark_number(mark_text(fact.mark, req->id_tag), req->timestamp);
    if (!meter_list_tell(turn, in, &list, &fact))
        return ERR_FULL;
    err = fact_stop_16(turn, in, &fact);
    if (err != ERR_NONE || req->id_tag.len == 0)
        return err;
    const struct fact_verdict verdict = fact_authorize(turn, in, req->id_tag, STR_NONE, false, 0);
    res->id_tag_info = id_tag_info(turn, &verdict);
    return res->id_tag_info ? ERR_NONE : ERR_FULL;
}
