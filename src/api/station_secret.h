/* station_secret.h: the password of a station, as the API sets it. */
#pragma once
#include "access/station_password.h"
#include "api/request.h"

/* Makes it the station's password, with a new salt; the one that was being set is void. */
void station_set_password(struct turn *turn, struct request *request, struct station_row *station,
                          struct str password);
/* It was told this one and may show it from now on, or the one that it has: both open it until it
 * has shown a new one, which is then its only one. `sure`: it said that it has taken it, so that
 * those it was told before and has not answered for are void. */
void station_set_next_password(struct turn *turn, struct request *request,
                               const struct station_row *before, struct str password, bool sure);
/* Is it to be told another one, though nobody knows which of so many it has taken? A problem. */
MUST_CHECK enum err station_may_be_told(struct request *request, const struct station_row *station);
/* The password that a CALL sets; empty: none. *alone: it sets nothing else. */
struct str station_password_in_call(struct str action, struct str payload, struct arena *arena,
                                    bool *alone);
/* What became of a CALL that may have set one. */
void station_password_told(struct request *request, const struct station_row *station,
                           struct str action, struct str payload, const struct call_answer *answer);
/* No password is asked from now on (security profile 0). */
void station_drop_password(struct station_row *station);
/* May it be this station's? A problem about the field `password`. */
MUST_CHECK enum err station_check_password(struct request *request,
                                           const struct station_row *station, struct str password);
