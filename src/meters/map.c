#include "meters/map.h"

/* SunSpec: "SunS", then models, each with its id and its length, up to the end mark. */
enum { SUNSPEC_END = 0xffff, SUNSPEC_MODELS_MAX = 64, CHUNK_MAX = 100 };
static const uint16_t sunspec_mark[2] = { 0x5375, 0x6e53 };
static const uint16_t sunspec_bases[] = { 40000, 0, 50000 };

const struct meter_map *meter_map_find(struct str id)
{
    for (uint32_t i = 0; i < meter_map_count; i++)
        if (str_equal(meter_maps[i].id, id))
            return &meter_maps[i];
    return NULL;
}

static bool is_wanted(const struct meter_map *map, uint16_t model)
{
    for (uint32_t i = 0; i < MAP_MODELS_MAX && map->models[i] != 0; i++)
        if (map->models[i] == model)
            return true;
    return false;
}

/* Walks the list of models that begins behind the mark. */
static enum err find_model(const struct meter_map *map, const struct map_reader *reader,
                           uint16_t at, uint16_t *base)
{
    uint16_t head[2];

    for (uint32_t i = 0; i < SUNSPEC_MODELS_MAX; i++) {
        if (!reader->read(reader->context, map->holding, at, 2, head))
            return ERR_TIMEOUT;
        if (head[0] == SUNSPEC_END || at > UINT16_MAX - 2 - head[1])
            return ERR_NOT_FOUND;
        if (is_wanted(map, head[0])) {
            *base = at;
            return ERR_NONE;
        }
        at = (uint16_t)(at + 2 + head[1]);
    }
    return ERR_NOT_FOUND;
}

enum err meter_map_locate(const struct meter_map *map, const struct map_reader *reader,
                          uint16_t *base)
{
    bool answered = false;

    if (!map->sunspec) {
        *base = map->base;
        return ERR_NONE;
    }
    for (uint32_t i = 0; i < COUNT(sunspec_bases); i++) {
        uint16_t mark[2];
        if (!reader->read(reader->context, map->holding, sunspec_bases[i], 2, mark))
            continue;
        answered = true;
        if (mark[0] == sunspec_mark[0] && mark[1] == sunspec_mark[1])
            return find_model(map, reader, (uint16_t)(sunspec_bases[i] + 2), base);
    }
    return answered ? ERR_NOT_FOUND : ERR_TIMEOUT;
}

static uint16_t width(enum map_type type)
{
    return type == MAP_INT16 || type == MAP_UINT16 ? 1 : 2;
}

/* A value as mantissa × 10^exponent; false: not implemented. */
static bool decode(enum map_type type, const uint16_t *registers, int64_t *mantissa, int *exponent)
{
    uint32_t both = width(type) == 2 ? (uint32_t)registers[0] << 16 | registers[1] : registers[0];
    float value;

    *exponent = 0;
    switch (type) {
    case MAP_INT16:
        *mantissa = (int16_t)registers[0];
        return registers[0] != 0x8000;
    case MAP_UINT16:
        *mantissa = registers[0];
        return registers[0] != 0xffff;
    case MAP_INT32:
        *mantissa = (int32_t)both;
        return both != 0x80000000;
    case MAP_UINT32:
        *mantissa = both;
        return both != 0xffffffff;
    case MAP_FLOAT32:
        memcpy(&value, &both, sizeof value);
        if (!(value > -1e9F && value < 1e9F)) /* NaN is neither */
            return false;
        *mantissa = (int64_t)((double)value * 1e3 + (value < 0 ? -0.5 : 0.5));
        *exponent = -3;
        return true;
    case MAP_TYPE_COUNT:
        break;
    }
    check(!"a type of map.h");
    return false;
}

/* The registers of a map, fetched in pieces, since a device gives 125 at most in one answer. */
struct span {
    uint16_t first, count;
    uint16_t registers[256];
};

static void include(struct span *span, uint16_t at, uint16_t count)
{
    uint16_t end = (uint16_t)(span->first + span->count), until = (uint16_t)(at + count);

    if (span->count == 0) {
        *span = (struct span){ .first = at, .count = count };
        return;
    }
    span->first = at < span->first ? at : span->first;
    end = until > end ? until : end;
    span->count = (uint16_t)(end - span->first);
}

static enum err fetch(const struct meter_map *map, uint16_t base, const struct map_reader *reader,
                      struct span *span)
{
    span->first = span->count = 0;
    for (uint32_t i = 0; i < map->value_count; i++) {
        include(span, map->values[i].at, width(map->values[i].type));
        if (map->values[i].exponent_at != MAP_NO_EXPONENT)
            include(span, map->values[i].exponent_at, 1);
    }
    check(span->count <= COUNT(span->registers)); /* gen_meters.py sees to it */
    for (uint16_t at = 0; at < span->count; at = (uint16_t)(at + CHUNK_MAX)) {
        uint16_t left = (uint16_t)(span->count - at);
        if (!reader->read(reader->context, map->holding, (uint16_t)(base + span->first + at),
                          left < CHUNK_MAX ? left : CHUNK_MAX, span->registers + at))
            return ERR_TIMEOUT;
    }
    return ERR_NONE;
}

enum err meter_map_read(const struct meter_map *map, uint16_t base, const struct map_reader *reader,
                        struct meter_values *values)
{
    struct span span;
    bool any = false;
    enum err err = fetch(map, base, reader, &span);

    *values = (struct meter_values){ 0 };
    if (err != ERR_NONE)
        return err;
    for (uint32_t i = 0; i < map->value_count; i++) {
        const struct map_value *value = &map->values[i];
        int64_t mantissa;
        int exponent;
        if (!decode(value->type, span.registers + (value->at - span.first), &mantissa, &exponent))
            continue;
        if (value->exponent_at != MAP_NO_EXPONENT) {
            int16_t scale = (int16_t)span.registers[value->exponent_at - span.first];
            if (scale < -10 || scale > 10) /* 0x8000: not implemented; the standard allows ±10 */
                continue;
            exponent += scale;
        }
        meter_values_put(values, value->what, value->unit, mantissa, exponent + value->exponent);
        any |= values->has[value->what];
    }
    return any ? ERR_NONE : ERR_NOT_FOUND;
}
