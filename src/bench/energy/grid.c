#include "bench/energy/grid.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "bench/bench.h"
#include "bench/energy/files.h"

enum { COLUMNS_MAX = 64, DAYS_KNOWN = 7 };
#define PERIOD_MS ((int64_t)PERIOD_S * 1000)
#define DAY_MS    ((int64_t)86400000)
#define UNKNOWN   INT32_MIN
#define MG_A_KG   1e6
#define MG_MAX    50e6 /* no grid is so dirty: another unit */

/* Where its columns are. */
struct header {
    uint32_t time, value, forecast[COLUMNS_MAX], forecasts;
};

static uint32_t find(const struct str *cells, uint32_t count, const char *name)
{
    for (uint32_t c = 0; c < count; c++)
        if (str_equal(str_trim(cells[c]), str_of(name)))
            return c;
    return COLUMNS_MAX;
}

static bool read_header(struct str line, struct header *header)
{
    struct str cells[COLUMNS_MAX];
    uint32_t count = file_cells(line, cells, COLUMNS_MAX);

    *header =
        (struct header){ .time = find(cells, count, "time"), .value = find(cells, count, "moer") };
    while (header->forecasts < COLUMNS_MAX) {
        char name[16];
        (void)snprintf(name, sizeof name, "f%u", header->forecasts + 1);
        header->forecast[header->forecasts] = find(cells, count, name);
        if (header->forecast[header->forecasts] == COLUMNS_MAX)
            break;
        header->forecasts++;
    }
    return header->time < COLUMNS_MAX && header->value < COLUMNS_MAX;
}

static bool read_value(const struct str *cells, uint32_t count, uint32_t column, int32_t *mg)
{
    struct str text = column < count ? str_trim(cells[column]) : STR("");
    double value = text.len ? file_number(text) * MG_A_KG : 0;

    if (text.len == 0 || text.ptr[0] < '0' || text.ptr[0] > '9' || value > MG_MAX)
        return false;
    *mg = (int32_t)(value + 0.5);
    return true;
}

static size_t width(const struct grid *grid)
{
    return 1 + (size_t)grid->forecasts;
}

static int32_t *new_row(struct grid *grid)
{
    size_t row = width(grid) * sizeof *grid->mg;

    if ((grid->count & (grid->count + 1)) == 0 || !grid->mg) {
        int32_t *mg = realloc(grid->mg, (2 * (size_t)grid->count + 2) * row);
        check(mg != NULL);
        grid->mg = mg;
    }
    return grid->mg + grid->count++ * width(grid);
}

static bool read_row(struct str line, const struct header *header, struct grid *grid)
{
    struct str cells[COLUMNS_MAX];
    uint32_t count = file_cells(line, cells, COLUMNS_MAX);
    int32_t mg[1 + COLUMNS_MAX];
    enum time_flaw flaw;
    utc_ms at;

    if (header->time >= count || !time_parse(cells[header->time], &at, &flaw) ||
        !read_value(cells, count, header->value, &mg[0]))
        return false;
    for (uint32_t f = 0; f < header->forecasts; f++)
        if (!read_value(cells, count, header->forecast[f], &mg[1 + f]))
            mg[1 + f] = UNKNOWN;
    if (grid->count == 0)
        grid->start = at;
    int64_t row = (at - grid->start) / PERIOD_MS;
    if (row < grid->count || row - grid->count > DAY_MS / PERIOD_MS)
        return row >= 0 && row < grid->count; /* once more; or not the same series any more */
    while (grid->count <= row)
        memcpy(new_row(grid), mg, width(grid) * sizeof *mg);
    return true;
}

static bool read_table(struct str text, struct grid *grid)
{
    struct header header;
    struct str line;

    if (!str_cut(&text, '\n', &line) || !read_header(str_trim(line), &header))
        return false;
    grid->forecasts = header.forecasts;
    while (str_cut(&text, '\n', &line)) {
        line = str_trim(line);
        if (line.len && !read_row(line, &header, grid))
            return false;
    }
    return grid->count > 0;
}

enum err grid_read(const char *path, struct grid *grid, char *why)
{
    uint32_t len;
    char *text = file_read_all(path, &len, why);

    *grid = (struct grid){ 0 };
    if (!text)
        return ERR_NOT_FOUND;
    bool good = read_table((struct str){ text, len }, grid);
    free(text);
    if (good)
        return ERR_NONE;
    grid_fini(grid);
    (void)snprintf(why, BENCH_WHY_SIZE,
                   "%s: no table with time (every five minutes) and moer (kg of CO2 per kWh)",
                   path);
    return ERR_BAD_FORMAT;
}

void grid_fini(struct grid *grid)
{
    free(grid->mg);
    *grid = (struct grid){ 0 };
}

int32_t grid_at(const struct grid *grid, utc_ms at)
{
    int64_t row = at < grid->start ? -1 : (at - grid->start) / PERIOD_MS;

    return row >= 0 && row < grid->count ? grid->mg[(size_t)row * width(grid)] : UNKNOWN;
}

static int32_t mean_of_days(const struct grid *grid, utc_ms now, utc_ms at)
{
    int64_t sum = 0;
    int32_t days = 0;

    for (utc_ms then = at - DAY_MS; then >= grid->start && days < DAYS_KNOWN; then -= DAY_MS) {
        int32_t mg = then <= now ? grid_at(grid, then) : UNKNOWN;
        if (mg == UNKNOWN)
            continue;
        sum += mg;
        days++;
    }
    return days ? (int32_t)(sum / days) : UNKNOWN;
}

int32_t grid_known(const struct grid *grid, utc_ms now, utc_ms at)
{
    int64_t row = now < grid->start ? -1 : (now - grid->start) / PERIOD_MS;
    int64_t ahead = row < 0 ? -1 : (at - grid->start) / PERIOD_MS - row;
    int32_t mg = UNKNOWN;

    if (at <= now)
        return grid_at(grid, at);
    if (row >= 0 && row < grid->count && ahead >= 0 && ahead <= grid->forecasts)
        mg = grid->mg[(size_t)row * width(grid) + (size_t)ahead];
    return mg != UNKNOWN ? mg : mean_of_days(grid, now, at);
}
