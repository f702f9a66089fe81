/* report.h: the device model of a 2.x station: its settings as variables, its EVSEs and connectors
 * (2.0.1 B07, B08). */
#pragma once
#include "sim/station.h"
#include "json/writer.h"

/* How many parts a whole report has. */
int32_t sim_report_parts(const struct sim_station *station);
/* The fields of NotifyReport: part `message->part` of the report that request_id asked for. */
void sim_put_report(struct sim_station *station, const struct sim_message *message,
                    struct json_writer *w);
