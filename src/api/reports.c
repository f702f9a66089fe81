/* reports.c: energy by month, site, token or station. */
#include "api/request.h"
#include "api/shapes.h"
#include "domain/words.h"

request_fn report_energy;

static const struct str groups[] = {
    [STORE_BY_MONTH] = STR_INIT("month"),
    [STORE_BY_SITE] = STR_INIT("site"),
    [STORE_BY_TOKEN] = STR_INIT("token"),
    [STORE_BY_STATION] = STR_INIT("station"),
};

struct label {
    struct str key, name; /* key empty: there is none */
};

static struct label label_of(struct turn *turn, enum store_group group, const struct store_sum *sum)
{
    struct station_label station;
    const struct token_row *token;
    const struct site_row *site;
    struct str text;

    switch (group) {
    case STORE_BY_MONTH:
        text = arena_printf(turn->arena, "%04lld-%02lld", (long long)(sum->number / 100),
                            (long long)(sum->number % 100));
        return (struct label){ text, text };
    case STORE_BY_SITE:
        site = TURN_FIND(turn, site, sum->number);
        return (struct label){ sum->number ? id_text(turn->arena, sum->number) : STR_NONE,
                               site ? site->name : STR_NONE };
    case STORE_BY_TOKEN:
        token = TURN_FIND_NAME(turn, token, sum->text);
        return (struct label){ sum->text, token && token->name.len ? token->name : sum->text };
    case STORE_BY_STATION:
        station = station_label(turn, sum->number);
        return (struct label){ station.identity,
                               station.name.len ? station.name : station.identity };
    }
    return (struct label){ STR_NONE, STR_NONE };
}

static void write_sum(struct turn *turn, struct json_writer *json, enum store_group group,
                      const struct store_sum *sum)
{
    struct label label = label_of(turn, group, sum);

    json_object_begin(json);
    json_key(json, "key");
    if (label.key.len)
        json_str(json, label.key);
    else
        json_null(json);
    json_key_str(json, "name", label.name);
    json_key_i64(json, "sessions", sum->sessions);
    json_key_decimal(json, "energy_wh", sum->energy_mwh, 3);
    json_object_end(json);
}

enum err report_energy(struct turn *turn, struct request *request)
{
    const int64_t day_ms = 86400000;
    utc_ms to = turn->now - turn->now % day_ms + day_ms, from = to - 365 * day_ms;
    struct json_writer *json = &request->json;
    int64_t group = STORE_BY_MONTH, sessions = 0, energy_mwh = 0;
    struct store_sums sums;
    enum err err = query_word(request, "by", groups, COUNT(groups), &group);

    if (err == ERR_NONE)
        err = query_time(request, "from", &from);
    if (err == ERR_NONE)
        err = query_time(request, "to", &to);
    if (err == ERR_NONE)
        err = turn_sum_sessions(turn, (enum store_group)group, from, to, &sums);
    if (err != ERR_NONE)
        return err;
    json_object_begin(json);
    json_key(json, "items");
    json_array_begin(json);
    for (uint32_t i = 0; i < sums.count; i++) {
        write_sum(turn, json, (enum store_group)group, &sums.sums[i]);
        sessions += sums.sums[i].sessions;
        energy_mwh += sums.sums[i].energy_mwh;
    }
    json_array_end(json);
    json_key_time(json, "from", from);
    json_key_time(json, "to", to);
    json_key_i64(json, "sessions", sessions);
    json_key_decimal(json, "energy_wh", energy_mwh, 3);
    json_object_end(json);
    return ERR_NONE;
}
