#include "api/around.h"
#include "api/stream.h"
#include "dispatch/dispatch.h"
#include "domain/words.h"
#include "ocpp/ocpp.h"
#include "ocpp/quirks.h"

static int64_t open_sessions(const struct engine *engine)
{
    const struct session_row *row;
    int64_t count = 0;

    for (uint32_t at = 0; (row = world_next(&engine->world, ROW_session, &at));)
        count += row->state == SESSION_OPEN;
    return count;
}

static int64_t power_w(const struct engine *engine)
{
    const struct session_row *row;
    int64_t sum = 0;

    for (uint32_t at = 0; (row = world_next(&engine->world, ROW_session, &at));)
        sum += row->state == SESSION_OPEN ? row->power_w : 0;
    return sum;
}

/* Deviations from the schema by their names (contracts/quirks), since the start. */
static void write_deviations(const struct engine *engine, struct buf *out)
{
    buf_put(out, STR("# HELP voltd_deviations_total Deviations from the schema in messages of "
                     "stations; schema: no known one.\n# TYPE voltd_deviations_total counter\n"));
    for (uint32_t i = 0; i < ocpp_quirk_count; i++)
        buf_printf(out, "voltd_deviations_total{quirk=\"%.*s\"} %llu\n",
                   STR_ARGS(ocpp_quirks[i].id), (unsigned long long)ocpp_quirk_seen(engine, i));
}

/* NOLINTNEXTLINE(readability-function-size): one line a metric */
void metrics_write(const struct engine *engine, struct buf *out)
{
    const struct api *api = api_of(engine);

    buf_printf(out,
               "# HELP voltd_build_info The version.\n# TYPE voltd_build_info gauge\n"
               "voltd_build_info{version=\"%.*s\"} 1\n",
               STR_ARGS(api->config.version));
#define METRIC(name, type, help, value)                                               \
    buf_put(out, STR("# HELP voltd_" #name " " help "\n# TYPE voltd_" #name " " #type \
                     "\nvoltd_" #name " "));                                          \
    buf_put_i64(out, (int64_t)(value));                                               \
    buf_put_byte(out, '\n');
#include "api/metrics.def"
#undef METRIC
    write_deviations(engine, out);
}
