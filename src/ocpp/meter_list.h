/* meter_list.h: a list of meter values, read once for all versions: as readings for its session and
 * for the site's power, or as samples for people. A version says only what lies in its structs
 * (v16_meter_list, v2x_meter_list).
 */
#pragma once
#include "ocpp/facts/facts.h"

/* One moment of the list. */
struct meter_moment {
    utc_ms at; /* station's clock; UTC_UNKNOWN */
    uint32_t sample_count;
};

/* Borrows the message's array, which lives as long as the turn's arena. */
struct meter_list {
    const void *values; /* of the version's struct */
    uint32_t count;
    struct meter_moment (*moment)(const void *values, uint32_t index);
    struct sample_raw (*sample)(const void *values, uint32_t index, uint32_t sample);
};

/* When the last of them was measured; UTC_UNKNOWN: there is none. */
utc_ms meter_list_last_at(const struct meter_list *list);
/* Makes readings of the fact, in the turn's arena, and tells the site's power of each sample.
 * False: memory is out. */
MUST_CHECK bool meter_list_tell(struct turn *turn, struct in *in, const struct meter_list *list,
                                struct fact_transaction *fact);
/* All samples in their order. ERR_FULL: memory is out. */
MUST_CHECK enum err meter_list_samples(const struct meter_list *list, struct arena *arena,
                                       struct frame_samples *out);
