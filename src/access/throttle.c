#include "access/throttle.h"

/* What a count is about. */
enum subject { SUBJECT_ADDRESS = 1, SUBJECT_NAME, SUBJECT_NAME_AT_ADDRESS };
enum { PROBES = 8, KNOWN_STAYS_MS = 1 << 30 };

/* The address without its port; of IPv6 the first 64 bits, since a household has that many. */
static struct str address_part(struct str address)
{
    struct str host;
    uint32_t colons = 0, end = 0;

    if (address.len == 0 || address.ptr[0] != '[') {
        int64_t colon = str_find_byte(address, ':');
        return colon < 0 ? address : str_first(address, (uint32_t)colon);
    }
    host = str_from(address, 1);
    while (end < host.len && host.ptr[end] != ']') {
        /* "::" stands for zeros: what follows is beyond the prefix or the same for all. */
        if (host.ptr[end] == ':' && (++colons == 4 || (end > 0 && host.ptr[end - 1] == ':')))
            break;
        end++;
    }
    return str_first(host, end);
}

static uint64_t key_of(enum subject subject, struct str address, struct str name)
{
    uint64_t key = (uint64_t)subject * 0x9e3779b97f4a7c15u;

    if (subject != SUBJECT_NAME)
        key = (key ^ str_hash(address_part(address))) * 0xbf58476d1ce4e5b9u;
    if (subject != SUBJECT_ADDRESS)
        key = (key ^ str_hash_nocase(name)) * 0x94d049bb133111ebu;
    return key ? key : 1;
}

static uint32_t slot_of(uint64_t key, uint32_t probe)
{
    return (uint32_t)((key >> 32) + probe) % THROTTLE_ENTRIES;
}

static const struct throttle_entry *find(const struct throttle *throttle, uint64_t key)
{
    for (uint32_t probe = 0; probe < PROBES; probe++)
        if (throttle->entries[slot_of(key, probe)].key == key)
            return &throttle->entries[slot_of(key, probe)];
    return NULL;
}

/* A flood of strangers must not push out what is known of friends. */
static mono_ms leaves_at(const struct throttle_entry *entry)
{
    return entry->key == 0 ? 0 : entry->used_at + (entry->known ? KNOWN_STAYS_MS : 1);
}

/* The entry of this key; when there is none, the one that was not used for longest becomes it. */
static struct throttle_entry *take(struct throttle *throttle, uint64_t key, mono_ms now)
{
    struct throttle_entry *oldest = &throttle->entries[slot_of(key, 0)];

    for (uint32_t probe = 0; probe < PROBES; probe++) {
        struct throttle_entry *entry = &throttle->entries[slot_of(key, probe)];
        if (entry->key == key) {
            entry->used_at = now;
            return entry;
        }
        if (leaves_at(entry) < leaves_at(oldest))
            oldest = entry;
    }
    *oldest = (struct throttle_entry){ .key = key, .used_at = now };
    return oldest;
}

static uint32_t wait_ms(const struct throttle_entry *entry, mono_ms now, uint32_t tries,
                        uint32_t leak_ms)
{
    mono_ms full = (mono_ms)(tries - 1) * leak_ms;
    mono_ms left = entry && entry->empty_at > now ? entry->empty_at - now : 0;

    return left > full ? (uint32_t)(left - full) : 0;
}

uint32_t throttle_wait_ms(const struct throttle *throttle, mono_ms now, struct str address,
                          struct str name)
{
    const struct throttle_entry *pair =
        find(throttle, key_of(SUBJECT_NAME_AT_ADDRESS, address, name));
    uint32_t of_address = wait_ms(find(throttle, key_of(SUBJECT_ADDRESS, address, name)), now,
                                  ADDRESS_TRIES, ADDRESS_LEAK_MS);
    uint32_t of_name =
        wait_ms(find(throttle, key_of(SUBJECT_NAME, address, name)), now, NAME_TRIES, NAME_LEAK_MS);

    if (pair && pair->known)
        return of_address;
    return of_address > of_name ? of_address : of_name;
}

static void add_try(struct throttle *throttle, uint64_t key, mono_ms now, uint32_t leak_ms)
{
    struct throttle_entry *entry = take(throttle, key, now);

    entry->empty_at = (entry->empty_at > now ? entry->empty_at : now) + leak_ms;
}

void throttle_tried(struct throttle *throttle, mono_ms now, struct str address, struct str name,
                    bool right)
{
    if (right) {
        take(throttle, key_of(SUBJECT_NAME_AT_ADDRESS, address, name), now)->known = true;
        return;
    }
    add_try(throttle, key_of(SUBJECT_ADDRESS, address, name), now, ADDRESS_LEAK_MS);
    add_try(throttle, key_of(SUBJECT_NAME, address, name), now, NAME_LEAK_MS);
}
