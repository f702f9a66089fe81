#include "domain/auth.h"

enum token_status auth_decide(const struct auth_question *question)
{
    const struct token_row *token = question->token;

    if (!token)
        return question->accept_unknown ? TOKEN_ACCEPTED : TOKEN_UNKNOWN;
    if (question->type.len && token->type.len && !str_equal(question->type, token->type))
        return TOKEN_INVALID;
    if (token->status != TOKEN_ACCEPTED)
        return (enum token_status)token->status;
    if (token->expires_at != UTC_UNKNOWN && question->now >= token->expires_at)
        return TOKEN_EXPIRED;
    if (question->starts && token->sessions_max > 0 &&
        question->open_sessions >= token->sessions_max)
        return TOKEN_CONCURRENT;
    return TOKEN_ACCEPTED;
}

bool auth_accepts_unknown(const struct station_row *station, const struct site_row *site)
{
    if (station && station->unknown_tokens != UNKNOWN_TOKENS_INHERIT)
        return station->unknown_tokens == UNKNOWN_TOKENS_ACCEPT;
    return site && site->unknown_tokens == UNKNOWN_TOKENS_ACCEPT;
}
