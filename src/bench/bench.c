#include "bench/bench.h"

#define BENCH(name, in_all, summary) \
    enum err bench_##name(const struct bench_config *config, struct report *report, char *why);
#include "bench/bench.def"
#undef BENCH

const struct bench benches[] = {
#define BENCH(name, in_all, summary) { #name, in_all, summary, bench_##name },
#include "bench/bench.def"
#undef BENCH
};
const uint32_t bench_count = COUNT(benches);

enum err bench_all(const struct bench_config *config, struct report *report, char *why)
{
    enum err err = ERR_NONE;

    for (uint32_t i = 0; i < bench_count && err == ERR_NONE; i++)
        if (benches[i].in_all)
            err = benches[i].run(config, report, why);
    return err;
}
