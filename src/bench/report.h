/* report.h: what a benchmark found, as a table for people and as JSON for programs:
 * {bench, version, machine, rows: [{case, metric, value, unit}]}.
 */
#pragma once
#include "base/base.h"

enum { REPORT_ROWS_MAX = 4096 };

struct report_row {
    char name[48]; /* the case */
    const char *metric, *unit;
    int64_t value_milli;
};

struct report {
    const char *bench, *version;
    struct report_row rows[REPORT_ROWS_MAX];
    uint32_t count;
};

/* metric and unit are static; the name is cut. More rows than REPORT_ROWS_MAX are our own bug. */
void report_add(struct report *report, const char *name, const char *metric, int64_t value_milli,
                const char *unit);
/* The table, on stdout. */
void report_print(const struct report *report);
/* The JSON. ERR_OS: errno says why. */
MUST_CHECK enum err report_write(const struct report *report, const char *path);

/* The middle one of `values`, which are sorted by this; of an even number the lower. */
int64_t median(int64_t *values, uint32_t count);
