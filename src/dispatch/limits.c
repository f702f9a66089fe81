/* limits.c: a site's limits as they are now, and as the document has them for later. */
#include "dispatch/decides.h"
#include "dispatch/hears.h"
#include "dispatch/tells.h"
#include "dispatch/trusts.h"

static void cap_node(struct power_site *site, uint32_t node, const struct cap_row *row)
{
    struct tree_node *limits = &site->nodes[node];

    for (int line = 0; line < LINE_COUNT; line++)
        if (row->limit_da >= 0 && row->limit_da < limits->limit_da[line])
            limits->limit_da[line] = (int32_t)row->limit_da;
    if (row->limit_w >= 0 && row->limit_w < limits->limit_w)
        limits->limit_w = row->limit_w;
    site->node_states[node].capped = true;
    site->node_states[node].cap_expires_at = row->until;
}

static void cap_nodes(struct power_site *site, utc_ms now)
{
    const struct world *world = &site->dispatch->engine->world;
    const struct cap_row *row;

    for (uint32_t i = 0; i < site->document.node_count; i++)
        site->node_states[i].capped = false;
    for (uint32_t at = 0; (row = world_next(world, ROW_cap, &at));) {
        int32_t node = row->node.len ? document_find_node(&site->document, row->node) : 0;
        if (row->site != site->row || row->until <= now || node < 0)
            continue;
        cap_node(site, (uint32_t)node, row);
        for (uint32_t i = 1; !row->node.len && i < site->document.node_count; i++)
            if (site->nodes[i].parent < 0) /* the whole site: each of its connections */
                cap_node(site, i, row);
    }
}

enum {
    /* A limit that goes down by the clock counts so long before: stations take their time, a call
       may have to be given up, a silent station's lease has to be surely over. */
    AHEAD_MS = 180000,
    CHANGES_MAX = 1000, /* of one week */
};

static bool is_lower(const struct tree_node *node, const struct tree_node *other)
{
    bool lower = node->limit_w < other->limit_w;

    for (int line = 0; line < LINE_COUNT; line++)
        lower = lower || node->limit_da[line] < other->limit_da[line];
    return lower;
}

static void take_lower(struct tree_node *node, const struct tree_node *other)
{
    for (int line = 0; line < LINE_COUNT; line++)
        if (other->limit_da[line] < node->limit_da[line])
            node->limit_da[line] = other->limit_da[line];
    if (other->limit_w < node->limit_w)
        node->limit_w = other->limit_w;
}

/* Limits that the document has for later, in the order of time. */
struct ahead {
    const struct power_site *site;
    struct tree_node *nodes; /* as they are at `at` */
    utc_ms at, until;
    int changes;
};

static bool ahead_next(struct ahead *ahead)
{
    const struct power_site *site = ahead->site;

    ahead->at = document_next_change(&site->document, site->zone, ahead->at);
    if (ahead->at == UTC_NEVER || ahead->at > ahead->until || !ahead->nodes ||
        ahead->changes++ == CHANGES_MAX)
        return false;
    document_tree(&site->document, site->zone, ahead->at, ahead->nodes);
    return true;
}

/* When a limit falls below what `nodes` say; UTC_NEVER: not up to `ahead->until`. */
static utc_ms next_drop(struct ahead *ahead, const struct tree_node *nodes)
{
    while (ahead_next(ahead))
        for (uint32_t n = 0; n < ahead->site->document.node_count; n++)
            if (is_lower(&ahead->nodes[n], &nodes[n]))
                return ahead->at;
    return UTC_NEVER;
}

static void lower_to(struct ahead *ahead, struct tree_node *nodes)
{
    while (ahead_next(ahead))
        for (uint32_t n = 0; n < ahead->site->document.node_count; n++)
            take_lower(&nodes[n], &ahead->nodes[n]);
}

/* A drop by the clock is no surprise: who falls silent before it is at its fail-safe when it comes,
 * all others are lowered before. */
static void look_ahead(struct power_site *site, utc_ms now)
{
    struct arena arena;
    struct ahead ahead = { .site = site, .at = now, .until = now + AHEAD_MS };

    if (document_next_change(&site->document, site->zone, now) == UTC_NEVER)
        return;
    arena_init(&arena, &site->dispatch->engine->pool, 0);
    ahead.nodes = ARENA_NEW_ARRAY(&arena, struct tree_node, site->document.node_count);
    lower_to(&ahead, site->nodes);
    ahead.at = now + AHEAD_MS;
    /* Longer than a lease, and than a linked profile, outlives the connection. */
    ahead.until = now + INT64_C(2) * AHEAD_MS + site->document.lease_s * INT64_C(1000) +
                  commit_rules_default().notice_ms;
    commit_leases_by(site->commit, next_drop(&ahead, site->nodes), now);
    arena_reset(&arena);
}

void limits_refresh(struct power_site *site, utc_ms now)
{
    document_tree(&site->document, site->zone, now, site->nodes);
    look_ahead(site, now);
    cap_nodes(site, now);
    load_update(site, now);
    lately_note(site, now);
    limits_tell(site, now);
}

void limits_tell(struct power_site *site, utc_ms now)
{
    bool changed = false, apart = apart_load(site, now);

    for (uint32_t i = 0; i < site->document.node_count; i++) {
        const struct tree_node *node = &site->nodes[i], *told = &site->told_nodes[i];
        if (memcmp(node->limit_da, told->limit_da, sizeof node->limit_da) != 0 ||
            node->limit_w != told->limit_w) {
            commit_limits(site->commit, i, node->limit_da, node->limit_w, now);
            changed = true;
        }
        if (memcmp(node->base_da, told->base_da, sizeof node->base_da) != 0 ||
            node->base_w != told->base_w)
            commit_base(site->commit, i, node->base_da, node->base_w, now);
        site->told_nodes[i] = *node;
    }
    if (apart)
        apart_unload(site);
    if (changed && site->probes > 0)
        probing_yield(site);
}

utc_ms limits_next_change(const struct power_site *site, utc_ms now)
{
    utc_ms next = document_next_change(&site->document, site->zone, now);
    utc_ms ahead = document_next_change(&site->document, site->zone, now + AHEAD_MS);
    utc_ms load = load_next_change(site, now);
    utc_ms outside = outside_next_change(site, now);
    utc_ms lately = lately_next(site);

    if (ahead != UTC_NEVER && ahead - AHEAD_MS < next)
        next = ahead - AHEAD_MS;
    if (load < next)
        next = load;
    if (outside < next)
        next = outside;
    if (apart_next_change(site) < next)
        next = apart_next_change(site);
    if (lately < next)
        next = lately;
    for (uint32_t i = 0; i < site->document.node_count; i++)
        if (site->node_states[i].capped && site->node_states[i].cap_expires_at < next)
            next = site->node_states[i].cap_expires_at;
    return next > now ? next : now + 1;
}

struct tree_node *limits_worst(const struct power_site *site, struct arena *arena)
{
    enum { WEEK_MS = 7 * 86400000 };
    const struct document *document = &site->document;
    struct tree_node *worst = ARENA_NEW_ARRAY(arena, struct tree_node, document->node_count);
    utc_ms now = dispatch_now(site->dispatch);
    struct ahead ahead = { .site = site, .at = now, .until = now + WEEK_MS };

    ahead.nodes = ARENA_NEW_ARRAY(arena, struct tree_node, document->node_count);
    if (!worst || !ahead.nodes)
        return NULL;
    document_tree(document, site->zone, now, worst);
    lower_to(&ahead, worst);
    return worst;
}
