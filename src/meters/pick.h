/* pick.h: values out of an MQTT payload. */
#pragma once
#include "meters/meters.h"

/* Is it a path: names and [numbers], with dots between ("a.b[0].c"), or empty? */
bool meter_path_valid(struct str path);
/* The number at the path, times 10^6; as a JSON number, or as one in a string. False: it is not
 * there, or none. */
bool meter_pick_number(struct str payload, struct str path, int64_t *micro);
/* All picks of a config. ERR_NOT_FOUND: one is missing; *missing is its index. */
MUST_CHECK enum err meter_pick_all(struct str payload, const struct meter_config *config,
                                   struct meter_values *values, uint32_t *missing);
