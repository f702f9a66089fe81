#include "bench/bench.h"

#define BENCH(name, summary) \
    enum err bench_##name(const struct bench_config *config, struct report *report, char *why);
#include "bench/bench.def"
#undef BENCH

const struct bench benches[] = {
#define BENCH(name, summary) { #name, summary, bench_##name },
#include "bench/bench.def"
#undef BENCH
};
const uint32_t bench_count = COUNT(benches);
