/* demo_power.h: how the sites of the demo share their power: contracts/demo, made into text at
 * build time. */
#pragma once
#include "base/base.h"

extern const struct str demo_power_harbour_garage, demo_power_depot_north, demo_power_ring_east;
