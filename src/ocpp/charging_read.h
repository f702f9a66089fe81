/* charging_read.h: parts of charging.h that the handlers of 2.x share. */
#pragma once
#include "ocpp/charging.h"
#include "v16.gen.h"
#include "v2x.gen.h"

utc_ms charging_our_time(utc_ms theirs, int64_t clock_offset_ms);
enum charging_layer charging_layer_2x(enum v2x_charging_profile_purpose purpose);
MUST_CHECK enum err charging_periods_2x(const struct v2x_charging_schedule_period *from,
                                        uint32_t count, enum charging_unit unit,
                                        struct arena *arena, struct charging_period **periods);
