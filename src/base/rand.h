/* rand.h: the seeded random source that turns and simulations draw from. Not for secrets: those
 * come from the system (access/). The same seed gives the same numbers on every machine and
 * version.
 */
#pragma once
#include <stdint.h>

struct rand {
    uint64_t state;
};

/* splitmix64: small, well distributed, any seed is a good one. */
static inline uint64_t rand_next(struct rand *rand)
{
    uint64_t z = rand->state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

__extension__ typedef unsigned __int128 rand_wide;

/* 0 .. bound-1; bound must not be 0. */
static inline uint64_t rand_below(struct rand *rand, uint64_t bound)
{
    return (uint64_t)(((rand_wide)rand_next(rand) * bound) >> 64);
}

/* low .. high, both included. */
static inline int64_t rand_range(struct rand *rand, int64_t low, int64_t high)
{
    return low + (int64_t)rand_below(rand, (uint64_t)(high - low) + 1);
}
