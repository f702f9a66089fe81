/* idempotency.h: a POST that carries an Idempotency-Key is carried out once. */
#pragma once
#include "api/request.h"

/* The stored answer to this key, or the operation, whose answer is then stored with its effects. */
MUST_CHECK enum err idempotent(struct turn *turn, struct request *request);
/* The turn of a request is over, with this error. */
void flight_end(struct turn *turn, struct request *request, enum err err);
void flights_free(struct api *api);
