/* ring.c: a record is a head of 16 bytes and its body. A record never wraps: what does not fit
 * before the end is skipped, which its head says. */
#include "bus/ring.h"

#include <stdlib.h>

enum {
    ALIGN = 16,
    RECORD_HEAD = 16,
    START_OVER = 1 << 16, /* an empty ring goes no further than this */
};

struct record {
    uint32_t whole; /* with head and padding */
    uint32_t skip;  /* nothing but padding: the next one is at the ring's beginning */
};

static struct record *at(const struct bus_ring *ring, uint64_t position)
{
    return (struct record *)(void *)(ring->memory + (position & (ring->cap - 1)));
}

bool bus_ring_init(struct bus_ring *ring, uint32_t cap)
{
    uint64_t size = 4096;

    while (size < cap)
        size *= 2;
    *ring = (struct bus_ring){ .cap = size, .memory = aligned_alloc(64, size), .quiet = true };
    return ring->memory != NULL;
}

void bus_ring_fini(struct bus_ring *ring)
{
    free(ring->memory);
    ring->memory = NULL;
}

static bool room_for(struct bus_ring *ring, uint64_t end)
{
    if (end - ring->seen_read <= ring->cap)
        return true;
    ring->seen_read = atomic_load_explicit(&ring->read, memory_order_acquire);
    return end - ring->seen_read <= ring->cap;
}

void *bus_reserve(struct bus_ring *ring, uint32_t len)
{
    uint64_t start = atomic_load_explicit(&ring->written, memory_order_relaxed);
    uint64_t to_end = ring->cap - (start & (ring->cap - 1));
    uint32_t whole = (RECORD_HEAD + len + ALIGN - 1) & ~(uint32_t)(ALIGN - 1);
    bool skip = whole > to_end;

    check(len <= bus_record_max(ring));
    /* Empty: begin at the beginning, where the pages have been touched already. A busy ring is not
     * asked: the other side writes where that would be read. */
    if (ring->quiet && to_end + whole <= ring->cap) {
        bool empty = atomic_load_explicit(&ring->read, memory_order_acquire) == start;
        if (ring->cap - to_end <= START_OVER)
            ring->quiet = empty;
        else
            skip = skip || empty;
    }
    if (!room_for(ring, start + whole + (skip ? to_end : 0)))
        return NULL;
    if (skip) {
        *at(ring, start) = (struct record){ .whole = (uint32_t)to_end, .skip = true };
        ring->quiet = true;
        start += to_end;
    }
    *at(ring, start) = (struct record){ .whole = whole };
    ring->write_at = start + whole;
    return (char *)at(ring, start) + RECORD_HEAD;
}

void bus_commit(struct bus_ring *ring)
{
    atomic_store_explicit(&ring->written, ring->write_at, memory_order_release);
}

void *bus_peek(struct bus_ring *ring)
{
    uint64_t position = atomic_load_explicit(&ring->read, memory_order_relaxed);

    if (position == ring->seen_written) {
        ring->seen_written = atomic_load_explicit(&ring->written, memory_order_acquire);
        if (position == ring->seen_written)
            return NULL;
    }
    /* What is skipped is committed together with the record behind it. */
    if (at(ring, position)->skip) {
        position += at(ring, position)->whole;
        atomic_store_explicit(&ring->read, position, memory_order_release);
    }
    return (char *)at(ring, position) + RECORD_HEAD;
}

void bus_release(struct bus_ring *ring)
{
    uint64_t position = atomic_load_explicit(&ring->read, memory_order_relaxed);

    atomic_store_explicit(&ring->read, position + at(ring, position)->whole, memory_order_release);
}

const void *bus_look_ahead(const struct bus_ring *ring, uint64_t *position)
{
    uint64_t next = atomic_load_explicit(&ring->read, memory_order_relaxed);

    if (next < *position)
        next = *position;
    if (next < ring->seen_written && at(ring, next)->skip)
        next += at(ring, next)->whole;
    if (next >= ring->seen_written)
        return NULL;
    *position = next + at(ring, next)->whole;
    return (const char *)at(ring, next) + RECORD_HEAD;
}

bool bus_is_empty(const struct bus_ring *ring)
{
    return atomic_load(&ring->written) == atomic_load(&ring->read);
}

bool bus_has_room(const struct bus_ring *ring)
{
    uint64_t read = atomic_load(&ring->read);

    return atomic_load(&ring->written) - read < ring->cap / 2;
}
