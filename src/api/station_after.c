/* station_after.c: what follows when a change of a station is durable. */
#include <stdlib.h>

#include "api/stations.h"
#include "ocpp/ocpp.h"

static void disconnect(struct engine *engine, void *data)
{
    ocpp_disconnect(engine, *(const int64_t *)data, STR("changed by an operator"));
}

void station_disconnect_after(struct turn *turn, int64_t station)
{
    turn_after(turn, disconnect, &station, sizeof station);
}

struct leaving {
    char identity[IDENTITY_MAX + 1];
};

static void leave(struct engine *engine, void *data)
{
    const struct leaving *leaving = data;

    ocpp_inbox_forget(engine, str_of(leaving->identity));
}

void inbox_leave_after(struct turn *turn, struct str identity)
{
    struct leaving leaving = { 0 };

    if (identity.len > IDENTITY_MAX)
        return;
    memcpy(leaving.identity, identity.ptr, identity.len);
    turn_after(turn, leave, &leaving, sizeof leaving);
}

static int by_name(const void *a, const void *b)
{
    const struct variable_row *left = *(void *const *)a, *right = *(void *const *)b;
    int order = str_compare(left->component, right->component);

    return order ? order : str_compare(left->name, right->name);
}

void variables_sort(struct store_rows *rows)
{
    if (rows->count)
        qsort(rows->rows, rows->count, sizeof *rows->rows, by_name);
}

struct str url_text(struct arena *arena, struct str text)
{
    static const char plain[] = "-._~*+=@!$'(),:;";
    struct buf out;

    buf_init_arena(&out, arena, text.len * 3 + 1);
    for (uint32_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (letter || (c && strchr(plain, c)))
            buf_put_byte(&out, c);
        else
            buf_printf(&out, "%%%02X", (unsigned)(unsigned char)c);
    }
    return buf_str(&out);
}
