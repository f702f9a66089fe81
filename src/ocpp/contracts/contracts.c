#include "ocpp/contracts.h"

#include "v16.gen.h"
#include "v2x.gen.h"

const struct ocpp_actions *ocpp_actions(enum ocpp_version version)
{
    static const struct ocpp_actions *const all[] = {
        [OCPP_V16] = &v16_actions, [OCPP_V201] = &v201_actions, [OCPP_V21] = &v21_actions
    };

    check(version < OCPP_VERSION_COUNT);
    return all[version];
}

const struct ocpp_action *ocpp_action_find(enum ocpp_version version, struct str name)
{
    const struct ocpp_actions *actions = ocpp_actions(version);
    uint32_t at = json_words_find(&actions->names, name);

    return at ? &actions->list[at - 1] : NULL;
}
