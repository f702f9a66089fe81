/* v2x.h: OCPP 2.0.1 and 2.1: messages to facts and back. Both share their structs
 * (tools/gen_contracts.py); what differs between them is in the descriptors. One function a
 * message; its row is in routes.def. */
#pragma once
#include "ocpp/meter_list.h"
#include "v2x.gen.h"

#define ROUTE(action, name, effect, ref)                                                         \
    enum err v2x_on_##name(struct turn *turn, struct in *in, const struct v2x_##name##_req *req, \
                           struct v2x_##name##_res *res);
#define ROUTE_REFUSED(action, why, ref)
#include "ocpp/v2x/routes.def"
#undef ROUTE
#undef ROUTE_REFUSED

/* Meter values of a message; borrows them. */
struct meter_list v2x_meter_list(const struct v2x_meter_value *values, uint32_t count);
