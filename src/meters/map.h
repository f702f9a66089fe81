/* map.h: where a Modbus meter keeps its values, and what the registers say. The maps are data:
 * contracts/meters. Pure but for `struct map_reader`, which fetches registers.
 */
#pragma once
#include "meters/value.h"

enum map_type { MAP_INT16, MAP_UINT16, MAP_INT32, MAP_UINT32, MAP_FLOAT32, MAP_TYPE_COUNT };
enum { MAP_NO_EXPONENT = UINT16_MAX, MAP_MODELS_MAX = 8 };

struct map_value {
    enum meter_what what;
    enum meter_unit unit;
    enum map_type type;
    uint16_t at;          /* from the base */
    int8_t exponent;      /* × 10^exponent */
    uint16_t exponent_at; /* register that holds it; MAP_NO_EXPONENT: none */
};

struct meter_map {
    struct str id, name;
    bool holding; /* holding registers; else input registers */
    bool sunspec; /* the base is looked up */
    uint16_t base;
    uint16_t models[MAP_MODELS_MAX]; /* sunspec: ends with 0 */
    uint32_t value_count;
    const struct map_value *values;
};

extern const struct meter_map meter_maps[];
extern const uint32_t meter_map_count;
/* NULL: no such map. */
const struct meter_map *meter_map_find(struct str id);

/* Fetches `count` registers from `at` on (the first is 0), most significant word first, as Modbus
 * has them. False: the device did not give them. */
struct map_reader {
    void *context;
    bool (*read)(void *context, bool holding, uint16_t at, uint16_t count, uint16_t *registers);
};

/* Where the map's values begin on this device. ERR_NOT_FOUND: no SunSpec device, or none of the
 * models; ERR_TIMEOUT: it does not answer. */
MUST_CHECK enum err meter_map_locate(const struct meter_map *map, const struct map_reader *reader,
                                     uint16_t *base);
/* Reads all values; what is not implemented is absent. ERR_TIMEOUT: a register did not come;
 * ERR_NOT_FOUND: not one value is there. */
MUST_CHECK enum err meter_map_read(const struct meter_map *map, uint16_t base,
                                   const struct map_reader *reader, struct meter_values *values);
