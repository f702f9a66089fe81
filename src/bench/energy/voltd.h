/* voltd.h: src/energy in the world of play.h: site_decide, as the server calls it. */
#pragma once
#include "bench/energy/play.h"

void voltd_begin(struct play *play);
void voltd_decide(struct play *play);
void voltd_end(struct play *play);
