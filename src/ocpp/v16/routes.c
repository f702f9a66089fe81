/* routes.c: the messages of 1.6 and their handlers, from routes.def. */
#include "ocpp/v16/v16.h"

#define ROUTE(action, name, effect, ref)                                                     \
    static enum err run_##name(struct turn *turn, struct in *in, const void *req, void *res) \
    {                                                                                        \
        return v16_on_##name(turn, in, req, res);                                            \
    }
#define ROUTE_REFUSED(action, why, ref)
#include "ocpp/v16/routes.def"
#undef ROUTE
#undef ROUTE_REFUSED

static const struct route routes[] = {
#define ROUTE(action, name, effect, ref) { STR_INIT(#action), run_##name, ROUTE_##effect, NULL },
#define ROUTE_REFUSED(action, why, ref)  { STR_INIT(#action), NULL, ROUTE_READS, why },
#include "ocpp/v16/routes.def"
#undef ROUTE
#undef ROUTE_REFUSED
};

const struct route *v16_route(struct str action)
{
    for (size_t i = 0; i < COUNT(routes); i++)
        if (str_equal(routes[i].action, action))
            return &routes[i];
    return NULL;
}
