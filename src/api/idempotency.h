/* idempotency.h: a POST that carries an Idempotency-Key is carried out once. */
#pragma once
#include "api/request.h"

/* The stored answer to this key, or the operation, whose answer is then stored with its effects. */
MUST_CHECK enum err idempotent(struct turn *turn, struct request *request);
/* Claims something for this request until it is durable, so that two requests that read it from the
 * store cannot both change it. To be called before it is read. ERR_NOT_NOW: another request has it;
 * `busy` says so. */
MUST_CHECK enum err flight_claim(struct request *request, enum flight_slot slot, struct str key,
                                 const char *busy);
/* Gives it back when this turn is durable. One that changes nothing gives it back at its end. */
void flight_land_after(struct turn *turn, const struct request *request, enum flight_slot slot);
/* The turn of a request is over, with this error. */
void flight_end(struct turn *turn, struct request *request, enum err err);
void flights_free(struct api *api);
