/* sites.h: what the handlers about sites share. */
#pragma once
#include "api/request.h"
#include "base/zone.h"

/* The site that the path's first argument names. ERR_NOT_FOUND. */
MUST_CHECK enum err site_of(struct request *request, const struct site_row **site);
/* "site:Depot", for the audit. */
struct str site_target(struct turn *turn, const struct site_row *site);
/* Its power document, or NULL. */
const struct power_row *site_power(struct turn *turn, int64_t site);
/* The clock of its walls. */
const struct zone *site_zone(const struct site_row *site);
/* Removes what it shares its power by, with the site. */
void site_delete_power(struct turn *turn, const struct site_row *site);
