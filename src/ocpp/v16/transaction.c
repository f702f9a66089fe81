/* transaction.c: authorization, start, meter values, stop in 1.6. */
#include "ocpp/v16/v16.h"

static enum v16_id_tag_status status_of(enum token_status status)
{
    switch (status) {
    case TOKEN_ACCEPTED:
        return V16_ID_TAG_STATUS_ACCEPTED;
    case TOKEN_BLOCKED:
        return V16_ID_TAG_STATUS_BLOCKED;
    case TOKEN_EXPIRED:
        return V16_ID_TAG_STATUS_EXPIRED;
    case TOKEN_CONCURRENT:
        return V16_ID_TAG_STATUS_CONCURRENT_TX;
    case TOKEN_INVALID:
    case TOKEN_UNKNOWN:
    case TOKEN_COUNT:
        break;
    }
    return V16_ID_TAG_STATUS_INVALID; /* §7.2: also for unknown ones */
}

struct v16_id_tag_info v16_id_tag_info(const struct fact_verdict *verdict)
{
    const struct token_row *token = verdict->token;
    struct v16_id_tag_info info = { .status = status_of(verdict->status) };

    if (!token)
        return info;
    info.has_expiry_date = token->expires_at != UTC_NEVER && token->expires_at != UTC_UNKNOWN;
    info.expiry_date = token->expires_at;
    info.parent_id_tag = str_first(token->group_id, 20); /* §7.1 IdToken: CiString20 */
    return info;
}
