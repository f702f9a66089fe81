/* routes.c: the messages of 2.0.1 and 2.1 and their handlers, from routes.def. */
#include "ocpp/v2x/v2x.h"

#define ROUTE(action, name, effect, ref)                                                     \
    static enum err run_##name(struct turn *turn, struct in *in, const void *req, void *res) \
    {                                                                                        \
        return v2x_on_##name(turn, in, req, res);                                            \
    }
#define ROUTE_REFUSED(action, why, ref)
#include "ocpp/v2x/routes.def"
#undef ROUTE
#undef ROUTE_REFUSED

static const struct route routes[] = {
#define ROUTE(action, name, effect, ref) { STR_INIT(#action), run_##name, ROUTE_##effect, NULL },
#define ROUTE_REFUSED(action, why, ref)  { STR_INIT(#action), NULL, ROUTE_READS, why },
#include "ocpp/v2x/routes.def"
#undef ROUTE
#undef ROUTE_REFUSED
};

const struct route *v2x_route(struct str action)
{
    for (size_t i = 0; i < COUNT(routes); i++)
        if (str_equal(routes[i].action, action))
            return &routes[i];
    return NULL;
}
