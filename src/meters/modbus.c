/* A Modbus TCP meter: connects, asks every period, by libmodbus. */
#include <errno.h>
/* NOLINTNEXTLINE(misc-header-include-cycle): libmodbus, whose headers include each other */
#include <modbus.h>
#include <stdio.h>

#include "meters/map.h"
#include "meters/source.h"

enum { ANSWER_MS = 1000, PERIOD_MS = 1000, PORT = 502, UNIT_NONE = 255 };

static bool read_registers(void *context, bool holding, uint16_t at, uint16_t count,
                           uint16_t *registers)
{
    int got = holding ? modbus_read_registers(context, at, count, registers)
                      : modbus_read_input_registers(context, at, count, registers);
    return got == count;
}

static modbus_t *dial(struct source *source)
{
    const struct meter_config *config = source_config(source);
    char port[8];
    modbus_t *device;

    text_printf(port, sizeof port, "%u", config->port != 0 ? config->port : PORT);
    device = modbus_new_tcp_pi(config->host, port);
    if (device == NULL) {
        source_fail(source, "no memory for a Modbus connection");
        return NULL;
    }
    modbus_set_response_timeout(device, ANSWER_MS / 1000, ANSWER_MS % 1000 * 1000);
    modbus_set_slave(device, config->unit != 0 ? config->unit : UNIT_NONE);
    if (modbus_connect(device) == 0)
        return device;
    source_fail(source, "%s port %s cannot be reached: %s", config->host, port,
                modbus_strerror(errno));
    modbus_free(device);
    return NULL;
}

static void negate(struct meter_values *values)
{
    for (uint32_t what = 0; what < METER_WHAT_COUNT; what++)
        values->value[what] = -values->value[what];
}

/* Asks until something goes wrong or the source is to end. */
static void ask(struct source *source, modbus_t *device)
{
    const struct meter_config *config = source_config(source);
    const struct meter_map *map = meter_map_find(str_of(config->map));
    const struct map_reader reader = { device, read_registers };
    struct meter_values values;
    uint16_t base;
    enum err err;

    check(map != NULL); /* meters_set has looked it up */
    err = meter_map_locate(map, &reader, &base);
    while (err == ERR_NONE) {
        err = meter_map_read(map, base, &reader, &values);
        if (err != ERR_NONE)
            break;
        if (config->negate)
            negate(&values);
        source_tell(source, &values);
        if (!source_wait(source, config->period_ms != 0 ? config->period_ms : PERIOD_MS))
            return;
    }
    source_fail(source,
                err == ERR_NOT_FOUND ? "%s answers, but has none of the registers of %s"
                                     : "%s does not answer to questions for %s",
                config->host, config->map);
}

void modbus_run(struct source *source)
{
    do {
        modbus_t *device = dial(source);
        if (device == NULL)
            continue;
        ask(source, device);
        modbus_close(device);
        modbus_free(device);
    } while (source_wait_longer(source));
}
