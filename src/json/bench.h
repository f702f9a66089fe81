/* bench.h: how long the codec takes for a message. For `voltd bench codec`. */
#pragma once
#include "json/desc.h"

/* CPU time per message, in the quickest of the rounds and in the one in the middle. */
struct json_bench_time {
    int64_t least_ns, median_ns;
};

struct json_bench {
    uint32_t text_bytes;
    struct json_bench_time read, write;
};

/* Reads and writes `text` again and again. The text must be right by the descriptor. */
struct json_bench json_bench(const struct json_desc *desc, struct str text);
