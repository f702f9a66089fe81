/* lately.c: what loads and the sun have been a short while ago. A load that goes up and down would
 * have each car told a higher limit whenever it is down, and a lower one a second later: stations
 * keep profiles in flash. So what is decided counts on no more than there has been throughout half
 * of the time between two rises. Booking counts with what is measured now. */
#include "dispatch/hears.h"

static void clear(struct power_lately *lately)
{
    for (int line = 0; line < LINE_COUNT; line++)
        lately->da[line] = INT32_MIN;
    lately->w = INT64_MIN;
}

static void add(struct power_lately *lately, const struct tree_node *node)
{
    for (int line = 0; line < LINE_COUNT; line++)
        if (node->base_da[line] > lately->da[line])
            lately->da[line] = node->base_da[line];
    if (node->base_w > lately->w)
        lately->w = node->base_w;
}

static utc_ms half_ms(const struct power_site *site)
{
    return site->document.rules.hold_ms / 2;
}

/* A half begins; the one before is kept, if it has only just ended. */
static void turn_over(struct power_site *site, bool fresh)
{
    for (uint32_t i = 0; i < site->document.node_count; i++) {
        struct power_lately *lately = site->node_states[i].lately;

        if (fresh)
            clear(&lately[0]);
        lately[1] = lately[0];
        clear(&lately[0]);
    }
    site->surplus_lately[1] = fresh ? INT64_MAX : site->surplus_lately[0];
    site->surplus_lately[0] = INT64_MAX;
}

void lately_note(struct power_site *site, utc_ms now)
{
    bool fresh = site->lately_at == UTC_UNKNOWN || now < site->lately_at ||
                 now >= site->lately_at + 2 * half_ms(site);

    if (fresh || now >= site->lately_at + half_ms(site)) {
        turn_over(site, fresh);
        site->lately_at = now;
    }
    for (uint32_t i = 0; i < site->document.node_count; i++)
        add(&site->node_states[i].lately[0], &site->nodes[i]);
    if (site->surplus_w < site->surplus_lately[0])
        site->surplus_lately[0] = site->surplus_w;
}

void lately_loads(const struct power_site *site, struct tree_node *nodes)
{
    for (uint32_t i = 0; i < site->document.node_count; i++)
        for (int half = 0; half < 2; half++) {
            const struct power_lately *lately = &site->node_states[i].lately[half];

            for (int line = 0; line < LINE_COUNT; line++)
                if (lately->da[line] > nodes[i].base_da[line])
                    nodes[i].base_da[line] = lately->da[line];
            if (lately->w > nodes[i].base_w)
                nodes[i].base_w = lately->w;
        }
}

int64_t lately_surplus(const struct power_site *site)
{
    int64_t least = site->surplus_w;

    for (int half = 0; half < 2; half++)
        if (site->surplus_lately[half] < least)
            least = site->surplus_lately[half];
    return least;
}

static bool is_more(const struct power_lately *lately, const struct tree_node *node)
{
    bool more = lately->w > node->base_w;

    for (int line = 0; line < LINE_COUNT; line++)
        more = more || lately->da[line] > node->base_da[line];
    return more;
}

utc_ms lately_next(const struct power_site *site)
{
    bool more = lately_surplus(site) < site->surplus_w;

    for (uint32_t i = 0; i < site->document.node_count && !more; i++)
        more = is_more(&site->node_states[i].lately[0], &site->nodes[i]) ||
               is_more(&site->node_states[i].lately[1], &site->nodes[i]);
    return more && site->lately_at != UTC_UNKNOWN ? site->lately_at + half_ms(site) : UTC_NEVER;
}
