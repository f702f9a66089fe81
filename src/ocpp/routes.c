/* routes.c: the messages of each version and their handlers, from v16/routes.def and
 * v2x/routes.def. */
#include "ocpp/v16/v16.h"
#include "ocpp/v2x/v2x.h"

/* A handler has its message's types; the table has one type for all. */
#define THUNK(version, name)                                                                \
    static enum err version##_run_##name(struct turn *turn, struct in *in, const void *req, \
                                         void *res)                                         \
    {                                                                                       \
        return version##_on_##name(turn, in, req, res);                                     \
    }
#define ROUTE_REFUSED(action, why, ref)
#define ROUTE(action, name, effect, ref) THUNK(v16, name)
#include "ocpp/v16/routes.def"
#undef ROUTE
#define ROUTE(action, name, effect, ref) THUNK(v2x, name)
#include "ocpp/v2x/routes.def"
#undef ROUTE
#undef ROUTE_REFUSED

#define ROUTE_REFUSED(action, why, ref) { STR_INIT(#action), NULL, ROUTE_READS, why },
static const struct route routes_16[] = {
#define ROUTE(action, name, effect, ref) \
    { STR_INIT(#action), v16_run_##name, ROUTE_##effect, NULL },
#include "ocpp/v16/routes.def"
#undef ROUTE
};
static const struct route routes_2x[] = {
#define ROUTE(action, name, effect, ref) \
    { STR_INIT(#action), v2x_run_##name, ROUTE_##effect, NULL },
#include "ocpp/v2x/routes.def"
#undef ROUTE
};

const struct route *route_find(enum protocol protocol, struct str action)
{
    bool is_16 = protocol == PROTOCOL_16;
    const struct route *routes = is_16 ? routes_16 : routes_2x;
    size_t count = is_16 ? COUNT(routes_16) : COUNT(routes_2x);

    for (size_t i = 0; i < count; i++)
        if (str_equal(routes[i].action, action))
            return &routes[i];
    return NULL;
}
