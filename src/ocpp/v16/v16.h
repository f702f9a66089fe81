/* v16.h: OCPP 1.6J: messages to facts and back. One function a message; its row is in routes.def.
 */
#pragma once
#include "ocpp/meter_list.h"
#include "v16.gen.h"

#define ROUTE(action, name, effect, ref)                                                         \
    enum err v16_on_##name(struct turn *turn, struct in *in, const struct v16_##name##_req *req, \
                           struct v16_##name##_res *res);
#define ROUTE_REFUSED(action, why, ref)
#include "ocpp/v16/routes.def"
#undef ROUTE
#undef ROUTE_REFUSED

/* Meter values of a message; borrows them. */
struct meter_list v16_meter_list(const struct v16_meter_value *values, uint32_t count);
