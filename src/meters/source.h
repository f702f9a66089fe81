/* source.h: one meter's thread, as the ways of reading (modbus.c, mqtt.c) see it. */
#pragma once
#include "meters/meters.h"

struct source;

const struct meter_config *source_config(const struct source *source);
/* A reading came: the source works. When the core has not emptied the ring, this one is left out:
 * the next one says more. */
void source_tell(struct source *source, const struct meter_values *values);
/* Something is wrong; told once, until the source works again. */
void source_fail(struct source *source, const char *format, ...) PRINTF_LIKE(2, 3);
/* Rests; false: the thread is to end. */
MUST_CHECK bool source_wait(struct source *source, uint32_t ms);
/* The same after a failure: longer each time until it works again. */
MUST_CHECK bool source_wait_longer(struct source *source);
bool source_is_ending(struct source *source);

/* Run until source_is_ending. */
void modbus_run(struct source *source);
void mqtt_run(struct source *source);
