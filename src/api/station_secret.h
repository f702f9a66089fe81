/* station_secret.h: the password of a station, as the API sets it. */
#pragma once
#include "access/station_password.h"
#include "api/request.h"

/* Makes it the station's password, with a new salt; the one that was being set is void. */
void station_set_password(struct turn *turn, struct request *request, struct station_row *station,
                          struct str password);
/* No password is asked from now on (security profile 0). */
void station_drop_password(struct station_row *station);
/* May it be this station's? A problem about the field `password`. */
MUST_CHECK enum err station_check_password(struct request *request,
                                           const struct station_row *station, struct str password);
