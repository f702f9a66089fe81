/* probe.c: reads one meter and prints what comes, a line each: the test's eye on src/meters.
 *
 *     probe modbus HOST PORT UNIT MAP PERIOD_MS [negate]
 *     probe mqtt HOST PORT TOPIC WHAT UNIT PATH [LOGIN PASSWORD_FILE]
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "meters/meters.h"

static volatile sig_atomic_t ended;

static void end(int number)
{
    (void)number;
    ended = 1;
}

static uint32_t word(const struct str *words, uint32_t count, const char *text)
{
    for (uint32_t i = 0; i < count; i++)
        if (str_equal(words[i], str_of(text)))
            return i;
    exit(2);
}

static void print(const struct meters_reading *reading)
{
    if (!reading->works)
        printf("fails: %s", reading->why);
    for (uint32_t what = 0; what < METER_WHAT_COUNT; what++)
        if (reading->values.has[what])
            printf("%.*s=%lld ", (int)meter_what_words[what].len, meter_what_words[what].ptr,
                   (long long)reading->values.value[what]);
    printf("\n");
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    static struct meter_config config = { .id = 1 };
    struct meters *meters = meters_new();
    struct meters_reading reading;
    char why[200];
    const char *login = argc > 8 ? argv[8] : "", *file = argc > 9 ? argv[9] : "";

    if (argc < 7 || meters == NULL)
        return 2;
    (void)signal(SIGTERM, end);
    text_printf(config.host, sizeof config.host, "%s", argv[2]);
    config.port = (uint16_t)strtol(argv[3], NULL, 10);
    if (strcmp(argv[1], "modbus") == 0) {
        config.unit = (uint8_t)strtol(argv[4], NULL, 10);
        text_printf(config.map, sizeof config.map, "%s", argv[5]);
        config.period_ms = (uint32_t)strtol(argv[6], NULL, 10);
        config.negate = argc > 7;
    } else {
        config.kind = METER_MQTT;
        text_printf(config.topic, sizeof config.topic, "%s", argv[4]);
        config.pick_count = 1;
        config.picks[0].what = (enum meter_what)word(meter_what_words, METER_WHAT_COUNT, argv[5]);
        config.picks[0].unit = (enum meter_unit)word(meter_unit_words, METER_UNIT_COUNT, argv[6]);
        text_printf(config.picks[0].path, METER_TEXT_MAX, "%s", argc > 7 ? argv[7] : "");
        text_printf(config.login, sizeof config.login, "%s", login);
        text_printf(config.password_file, sizeof config.password_file, "%s", file);
    }
    if (meters_set(meters, &config, 1, why, sizeof why) != ERR_NONE) {
        printf("refused: %s\n", why);
        meters_free(meters);
        return 1;
    }
    while (!ended) {
        while (meters_next(meters, &reading))
            print(&reading);
        (void)nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
    }
    meters_free(meters);
    return 0;
}
