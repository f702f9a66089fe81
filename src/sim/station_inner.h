/* station_inner.h: what the parts of the station (life, talk, faults) ask of each other. */
#pragma once
#include "sim/evse_inner.h"

/* Sends the next message if none is under way. */
void sim_station_pump(struct sim_station *station);
/* A frame came. */
void sim_station_read(struct sim_station *station, struct str text);
/* The first of the calls that wait is worked off; all are forgotten. */
void sim_station_work_off(struct sim_station *station);
void sim_station_forget_late(struct sim_station *station);
void sim_station_answer_timeout(struct sim_station *station);
/* The call under way is forgotten; a fact stays in the outbox. */
void sim_station_land(struct sim_station *station);
/* The connection is cut and comes back by itself. */
void sim_station_cut(struct sim_station *station);
void sim_station_do_fault(struct sim_station *station, const struct fault *fault);
/* Draws the next fault of the station's mix; one that was due is done first. */
void sim_station_next_fault(struct sim_station *station);
