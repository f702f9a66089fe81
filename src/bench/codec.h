/* codec.h: how long the JSON codec takes for a message. */
#pragma once
#include "json/desc.h"

/* CPU time per message, in the quickest of the rounds and in the one in the middle. */
struct codec_time {
    int64_t least_ns, median_ns;
};

struct codec_times {
    struct codec_time read, write;
};

/* Reads and writes `text` again and again, for about a second. It must be right by the descriptor.
 */
struct codec_times codec_measure(const struct json_desc *desc, struct str text);
