#include "store/sums.h"

#include <stdlib.h>

#include "base/time.h"

struct sums_line {
    struct sums_line *next;
    struct store_sum sum;
};

void sums_init(struct sums *sums, enum store_group group, struct arena *arena)
{
    *sums = (struct sums){ .arena = arena, .group = group };
}

/* 2026-11-24 → 202611; 0 for what lies outside the years 0001 to 9999. */
static int64_t month_of(utc_ms at)
{
    const utc_ms first = INT64_C(-62135596800000), last = INT64_C(253402300799999);
    char text[TIME_TEXT_LEN];
    int64_t year = 0, month = 0;

    if (at < first || at > last)
        return 0;
    time_format(at, text);
    check(str_to_i64((struct str){ text, 4 }, &year));
    check(str_to_i64((struct str){ text + 5, 2 }, &month));
    return year * 100 + month;
}

static struct store_sum key_of(enum store_group group, const struct session_row *session)
{
    switch (group) {
    case STORE_BY_MONTH:
        return (struct store_sum){ .number = month_of(session->started_at), .text = STR_NONE };
    case STORE_BY_SITE:
        return (struct store_sum){ .number = session->site, .text = STR_NONE };
    case STORE_BY_STATION:
        return (struct store_sum){ .number = session->station, .text = STR_NONE };
    case STORE_BY_TOKEN:
        return (struct store_sum){ .text = session->token };
    }
    check_failed(__FILE__, __LINE__, "a group of enum store_group");
}

static uint64_t hash_of(const struct store_sum *key)
{
    uint64_t hash = (uint64_t)key->number * 0x9e3779b97f4a7c15u;

    for (uint32_t i = 0; i < key->text.len; i++) /* without case: bit 5 is that of the letters */
        hash = (hash ^ (unsigned char)(key->text.ptr[i] | 0x20)) * 0x100000001b3u;
    return hash ^ hash >> 29;
}

static bool same_key(const void *item, const void *key)
{
    const struct store_sum *have = &((const struct sums_line *)item)->sum, *want = key;

    return have->number == want->number && str_equal_nocase(have->text, want->text);
}

bool sums_add(struct sums *sums, const struct session_row *session)
{
    struct store_sum key = key_of(sums->group, session);
    uint64_t hash = hash_of(&key);
    struct sums_line *line = map_find(&sums->by_key, hash, same_key, &key);

    if (!line) {
        line = ARENA_NEW(sums->arena, struct sums_line);
        if (!line)
            return false;
        line->sum.number = key.number;
        line->sum.text = arena_copy(sums->arena, key.text);
        if (!line->sum.text.ptr || !map_add(&sums->by_key, hash, line))
            return false;
        line->next = sums->lines;
        sums->lines = line;
    }
    line->sum.sessions++;
    line->sum.energy_mwh += session->energy_mwh;
    return true;
}

static int by_number_then_text(const void *a, const void *b)
{
    const struct store_sum *left = a, *right = b;

    if (left->number != right->number)
        return left->number < right->number ? -1 : 1;
    return str_compare(left->text, right->text);
}

bool sums_done(struct sums *sums, struct store_sums *out)
{
    struct store_sums done = { .sums = ARENA_NEW_ARRAY(sums->arena, struct store_sum,
                                                       (size_t)sums->by_key.count + 1) };

    if (!done.sums)
        return false;
    for (const struct sums_line *line = sums->lines; line; line = line->next)
        done.sums[done.count++] = line->sum;
    qsort(done.sums, done.count, sizeof *done.sums, by_number_then_text);
    *out = done;
    return true;
}

void sums_fini(struct sums *sums)
{
    map_fini(&sums->by_key);
}
