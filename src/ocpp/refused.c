/* refused.c: handshakes of stations that are known and were not let in, for the person who wonders
 * why a station stays away. In memory alone: who has no password must not be able to write to our
 * disk. */
#include <stdlib.h>

#include "ocpp/link.h"

enum { REFUSED_MAX = 256 };

struct refused {
    struct ocpp_refused notes[REFUSED_MAX]; /* newest first */
    uint32_t count;
};

struct refused *refused_new(void)
{
    struct refused *refused = calloc(1, sizeof *refused);

    check(refused != NULL);
    return refused;
}

void refused_free(struct refused *refused)
{
    free(refused);
}

static uint32_t find(const struct refused *refused, int64_t station)
{
    uint32_t at = 0;

    while (at < refused->count && refused->notes[at].station != station)
        at++;
    return at;
}

void refused_note(struct engine *engine, int64_t station, enum ocpp_refusal why)
{
    struct refused *refused = ocpp_of(engine)->refused;
    uint32_t at = find(refused, station);
    struct ocpp_refused note = { .station = station };

    if (at < refused->count)
        note = refused->notes[at];
    else if (refused->count < REFUSED_MAX)
        refused->count++;
    else
        at = REFUSED_MAX - 1; /* the one that has not tried for longest makes room */
    note.why = why;
    note.at = engine->now;
    note.times++;
    memmove(&refused->notes[1], &refused->notes[0], at * sizeof note);
    refused->notes[0] = note;
}

void refused_forget(struct engine *engine, int64_t station)
{
    struct refused *refused = ocpp_of(engine)->refused;
    uint32_t at = find(refused, station);

    if (at == refused->count)
        return;
    refused->count--;
    memmove(&refused->notes[at], &refused->notes[at + 1],
            (refused->count - at) * sizeof refused->notes[0]);
}

const struct ocpp_refused *ocpp_refused(const struct engine *engine, int64_t station)
{
    const struct refused *refused = ocpp_of(engine)->refused;
    uint32_t at = find(refused, station);

    return at < refused->count ? &refused->notes[at] : NULL;
}
