#include "bench/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "json/writer.h"

enum { JSON_BYTES = REPORT_ROWS_MAX * 160, SCALE = 3 };

void report_add(struct report *report, const char *name, const char *metric, int64_t value_milli,
                const char *unit)
{
    struct report_row *row = &report->rows[report->count];

    check(report->count < REPORT_ROWS_MAX);
    (void)snprintf(row->name, sizeof row->name, "%s", name); /* cut: it is for people */
    row->metric = metric;
    row->unit = unit;
    row->value_milli = value_milli;
    report->count++;
}

/* "model name : AMD EPYC" in /proc/cpuinfo; other architectures have no such line. */
static void put_cpu(struct buf *out)
{
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[256];
    bool found = false;

    while (file && !found && fgets(line, sizeof line, file)) {
        struct str value = str_of(line), name;
        found = str_cut(&value, ':', &name) && value.ptr &&
                str_equal(str_trim(name), STR("model name"));
        if (found)
            buf_put(out, str_trim(value));
    }
    if (file)
        (void)fclose(file); /* was only read */
    if (!found)
        buf_put(out, STR("unknown processor"));
}

/* "AMD EPYC, 2 cores, Linux 6.1.0" */
static void put_machine(struct buf *out)
{
    struct utsname system;

    check(uname(&system) == 0);
    put_cpu(out);
    buf_printf(out, ", %ld cores, %s %s %s", sysconf(_SC_NPROCESSORS_ONLN), system.sysname,
               system.release, system.machine);
}

void report_print(const struct report *report)
{
    char memory[512], number[32];
    const char *last = "";
    struct buf machine;

    buf_init(&machine, memory, sizeof memory);
    put_machine(&machine);
    (void)printf("voltd %s, bench %s\n%.*s\n\n", report->version, report->bench,
                 STR_ARGS(buf_str(&machine)));
    for (uint32_t i = 0; i < report->count; i++) {
        const struct report_row *row = &report->rows[i];
        struct buf value;
        buf_init(&value, number, sizeof number);
        buf_put_decimal(&value, row->value_milli, SCALE);
        (void)printf("%-30s %-24s %14.*s %s\n", strcmp(row->name, last) == 0 ? "" : row->name,
                     row->metric, STR_ARGS(buf_str(&value)), row->unit);
        last = row->name;
    }
}

static void put_row(struct json_writer *w, const struct report_row *row)
{
    json_object_begin(w);
    json_key_str(w, "case", str_of(row->name));
    json_key_str(w, "metric", str_of(row->metric));
    json_key_decimal(w, "value", row->value_milli, SCALE);
    json_key_str(w, "unit", str_of(row->unit));
    json_object_end(w);
}

static void put_report(const struct report *report, struct buf *out)
{
    struct json_writer w = json_writer(out);
    char memory[512];
    struct buf machine;

    buf_init(&machine, memory, sizeof memory);
    put_machine(&machine);
    json_object_begin(&w);
    json_key_str(&w, "bench", str_of(report->bench));
    json_key_str(&w, "version", str_of(report->version));
    json_key_str(&w, "machine", buf_str(&machine));
    json_key(&w, "rows");
    json_array_begin(&w);
    for (uint32_t i = 0; i < report->count; i++)
        put_row(&w, &report->rows[i]);
    json_array_end(&w);
    json_object_end(&w);
    buf_put_byte(out, '\n');
    check(!out->overflow);
}

enum err report_write(const struct report *report, const char *path)
{
    char *memory = malloc(JSON_BYTES);
    FILE *file = fopen(path, "w");
    struct buf json;
    bool written;

    check(memory != NULL);
    buf_init(&json, memory, JSON_BYTES);
    put_report(report, &json);
    written = file && fwrite(json.ptr, 1, json.len, file) == json.len;
    written = file && fclose(file) == 0 && written;
    free(memory);
    return written ? ERR_NONE : ERR_OS;
}

static int by_size(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

int64_t median(int64_t *values, uint32_t count)
{
    check(count > 0);
    qsort(values, count, sizeof *values, by_size);
    return values[(count - 1) / 2];
}
