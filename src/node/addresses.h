/* addresses.h: where this machine can be reached: what `Connect a charger` shows and login links
 * begin with. */
#pragma once
#include "api/api.h"
#include "core/options.h"
#include "net/server.h"

enum { ADDRESS_TEXT_MAX = 128 };

struct addresses {
    struct api_addresses api;
    char texts[2 * API_ADDRESSES_MAX + 2][ADDRESS_TEXT_MAX];
    uint32_t used;
};

/* By the doors that are open, the machine's interfaces and http.public_url. `addresses` is the home
 * of the texts that addresses->api points to, so it may not move. */
void addresses_find(struct addresses *addresses, const struct net *net,
                    const struct options *options);
