/* measure.h: a meter value in the words of OCPP: measurand, unit, phase. The words are the same in
 * all versions. */
#pragma once
#include "sim/message.h"

struct sim_reading {
    const char *measurand, *unit, *phase; /* phase NULL: none */
    int64_t value;                        /* divided by 10^scale */
    int scale;
};

#define SIM_READINGS_MAX 16u

/* Is it a list of measurands that a station here has ("A,B,C")? */
bool sim_measurands_known(struct str list);
/* The readings of those that are asked for and that the sample has. */
uint32_t sim_readings(const struct sim_sample *sample, struct str list,
                      struct sim_reading readings[SIM_READINGS_MAX]);
/* The context word (1.6 §7.31, 2.0.1 ReadingContextEnumType) of a message's sample. */
const char *sim_context(const struct sim_message *message);
