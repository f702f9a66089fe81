/* evse_inner.h: what the parts of the EVSE (session, power, driver) ask of each other. */
#pragma once
#include "sim/station.h"

/* No power: its session waits. */
void sim_evse_rest(struct sim_evse *evse);
/* Physics up to now. */
void sim_evse_advance(struct sim_station *station, struct sim_evse *evse);
void sim_evse_tell_changes(struct sim_station *station, struct sim_evse *evse);
/* What the car wants, where it can say so (2.0.1 K15.FR.01). */
void sim_evse_tell_needs(struct sim_station *station, struct sim_evse *evse);
/* Someone will come. */
void sim_evse_await(struct sim_station *station, struct sim_evse *evse);
void sim_evse_driver_act(struct sim_station *station, struct sim_evse *evse);
/* The card was refused: whoever stands there gives up. */
void sim_evse_driver_refused(struct sim_station *station, struct sim_evse *evse);
/* A car comes to the first outlet, charges and never goes; then a meter value whenever it is asked
 * for. */
/* Someone who started from afar is on the way to plug in. */
void sim_evse_driver_called(struct sim_station *station, struct sim_evse *evse);
