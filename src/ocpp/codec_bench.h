/* codec_bench.h: what reading and writing of typical messages costs: `voltd bench codec`. */
#pragma once
#include "ocpp/contracts.h"
#include "json/bench.h"

/* Measures the index-th message, for about a second. False: there are no more. */
bool codec_bench(uint32_t index, const char **name, struct json_bench *measured);
