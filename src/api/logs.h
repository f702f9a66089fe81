/* logs.h: places in the log as cursors. */
#pragma once
#include "api/request.h"

/* BLOCK-INDEX. */
struct str log_place_text(struct arena *arena, struct log_place place);
/* limit and cursor of the request. */
MUST_CHECK enum err log_query_read(struct request *request, struct log_query *query);
/* The frames of a session lie between its first and its last block. */
void log_query_session(struct log_query *query, const struct session_row *session);
/* Ends the list that page_begin started. */
void log_page_end(struct turn *turn, struct request *request, const struct log_page *page);
