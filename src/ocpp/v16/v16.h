/* v16.h: OCPP 1.6J: messages to facts and back. One function a message; its row is in routes.def. */
#pragma once
#include "ocpp/facts/facts.h"
#include "v16.gen.h"

#define ROUTE(action, name, effect, ref)                                                           \
    enum err v16_on_##name(struct turn *turn, struct in *in, const struct v16_##name##_req *req,   \
                           struct v16_##name##_res *res);
#define ROUTE_REFUSED(action, why, ref)
#include "ocpp/v16/routes.def"
#undef ROUTE
#undef ROUTE_REFUSED

/* The id tag's part of an answer. */
struct v16_id_tag_info v16_id_tag_info(const struct fact_verdict *verdict);
/* The readings of a list of meter values; *mark is folded over all values. NULL and ERR_FULL: memory is out. */
struct reading *v16_readings(struct arena *arena, const struct v16_meter_value *values, uint32_t count, uint64_t *mark);
