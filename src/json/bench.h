/* bench.h: how long the codec takes for a message. For `voltd bench codec`. */
#pragma once
#include "json/desc.h"

struct json_bench {
    uint32_t text_bytes;
    int64_t read_ns, write_ns; /* CPU time per message, in the quickest of the rounds */
};

/* Reads and writes `text` again and again. The text must be right by the descriptor. */
struct json_bench json_bench(const struct json_desc *desc, struct str text);
