/* ring.h: records from one thread to another, in order, without a lock.
 *
 * A bounded ring of bytes: the producer reserves room for a record and fills it in place, the
 * consumer reads it where it lies. When the ring is full the producer waits for room: nothing is
 * dropped. What wakes the other side is not here (bell.h, or the loop's own means). A quiet ring
 * starts over at its beginning, so that it touches few of its pages; a busy one does not, since
 * what lies behind is then no room until the consumer has looked.
 */
#pragma once
#include <stdatomic.h>

#include "base/base.h"

struct bus_ring {
    char *memory;
    uint64_t cap; /* a power of two */
    /* Bytes ever written and read. Each side keeps what it last saw of the other. */
    _Alignas(64) _Atomic uint64_t written;
    uint64_t write_at, seen_read; /* producer */
    bool quiet; /* the producer has found it empty all along since its beginning */
    _Alignas(64) _Atomic uint64_t read;
    uint64_t seen_written; /* consumer */
};

/* `cap` is rounded up to a power of two. False: memory is out. */
MUST_CHECK bool bus_ring_init(struct bus_ring *ring, uint32_t cap);
void bus_ring_fini(struct bus_ring *ring);

/* The longest record that ever fits. */
static inline uint32_t bus_record_max(const struct bus_ring *ring)
{
    return (uint32_t)(ring->cap / 4);
}

/* Producer: room for a record of `len` bytes (at most bus_record_max), aligned for any type; NULL
 * when the ring is full. It is not seen before bus_commit. */
void *bus_reserve(struct bus_ring *ring, uint32_t len);
void bus_commit(struct bus_ring *ring);

/* Consumer: the next record, or NULL. It stays until bus_release. */
void *bus_peek(struct bus_ring *ring);
void bus_release(struct bus_ring *ring);
/* Consumer: walks over the records that it knows to be there, from the one that bus_peek shows on,
 * and leaves them where they are: one more each time, or NULL. `*position` starts with 0, and goes
 * on from where the reading is if that has overtaken it. */
const void *bus_look_ahead(const struct bus_ring *ring, uint64_t *position);
/* Either side: is there anything in it? The other side may be changing that. */
bool bus_is_empty(const struct bus_ring *ring);
/* Is less than half of it in use? */
bool bus_has_room(const struct bus_ring *ring);
