#include "ocpp/poison.h"

void poison_start(struct poison_page *page)
{
    uint64_t hash = page->working;
    size_t at = 0, fewest = 0;

    page->working = 0;
    if (hash == 0)
        return;
    while (at < POISON_SUSPECTS && page->suspects[at].hash != hash)
        at++;
    if (at == POISON_SUSPECTS) { /* a new one takes the place of the least suspicious */
        for (at = 0; at < POISON_SUSPECTS; at++)
            if (page->suspects[at].crashes < page->suspects[fewest].crashes)
                fewest = at;
        at = fewest;
        page->suspects[at].hash = hash;
        page->suspects[at].crashes = 0;
    }
    page->suspects[at].crashes++;
}

static uint64_t hash_of(struct str identity, struct str frame)
{
    uint64_t hash = str_hash(frame) * 31 + str_hash(identity);

    return hash ? hash : 1;
}

bool poison_enter(struct poison_page *page, struct str identity, struct str frame)
{
    uint64_t hash;

    if (!page)
        return true;
    hash = hash_of(identity, frame);
    for (size_t at = 0; at < POISON_SUSPECTS; at++)
        if (page->suspects[at].hash == hash && page->suspects[at].crashes >= POISON_CRASHES)
            return false;
    *(volatile uint64_t *)&page->working = hash;
    return true;
}

void poison_leave(struct poison_page *page)
{
    if (page)
        *(volatile uint64_t *)&page->working = 0;
}
