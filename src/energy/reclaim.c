#include "energy/reclaim.h"

enum {
    SLACK_DA = 10, /* or 5 %: meters, cables and chargers are not exact */
    SLACK_PART = 20,
    AMPERE_DA = 10,
    HEADROOM_DA = 20,
    HEADROOM_MAX_DA = 1 << 20,
    MARGIN_PART = 2,
    SAMPLES = 2,
    CLOSE_MAX = 12,   /* samples; then it is looked whether it takes more */
    SETTLE_MS = 5000, /* a car follows its limit within this (IEC 61851-1) */
    SURE_MS =
        120000, /* a limit that stood so long was taken up if it ever is: one sample will do */
};

static int32_t slack_da(int32_t may_da)
{
    return may_da / SLACK_PART > SLACK_DA ? may_da / SLACK_PART : SLACK_DA;
}

/* Half of that: as much room as tells a car that gets full from one that is held. */
static int32_t margin_da(int32_t may_da)
{
    return slack_da(may_da) / MARGIN_PART;
}

/* Such that a car that stays at `draw_da` stays more than the slack below it. */
static int32_t first_headroom_da(int32_t draw_da)
{
    int32_t more = slack_da(draw_da) + AMPERE_DA;

    return more > HEADROOM_DA ? more : HEADROOM_DA;
}

static void bound_at(const struct site_evse *evse, int32_t draw_da, int32_t headroom_da,
                     struct site_memory *memory)
{
    int32_t bound = draw_da / AMPERE_DA * AMPERE_DA + headroom_da;

    memory->headroom_da = headroom_da;
    memory->reclaim_da = bound > evse->min_da ? bound : evse->min_da;
    if (memory->reclaim_da < evse->max_da)
        return;
    memory->reclaim_da = 0;
    memory->headroom_da = 0;
}

/* What it will draw at the next sample. A battery that gets full takes the same part less each
 * time; one sample that fell says nothing, since it may have been the limit that held it before. */
static int32_t next_draw_da(const struct site_evse *evse, const struct site_memory *memory)
{
    int64_t draw = evse->draw_da;

    return memory->drew_da > draw ? (int32_t)(draw * draw / memory->drew_da) : evse->draw_da;
}

static void expect(const struct site_evse *evse, struct site_memory *memory)
{
    int32_t next_da = next_draw_da(evse, memory);

    bound_at(evse, next_da, first_headroom_da(evse->draw_da), memory);
    memory->takes_da = next_da > 0 ? next_da : 1;
}

/* It had no room for more than it was expected to take: it took that, or still less. */
static void weigh_close(const struct site_evse *evse, struct site_memory *memory)
{
    int32_t margin = margin_da(evse->booked_da);
    bool is_free = evse->booked_da - evse->draw_da > margin;

    if (memory->close_samples < UINT8_MAX)
        memory->close_samples++;
    if (is_free && evse->draw_da < memory->takes_da - margin)
        expect(evse, memory);
    memory->drew_da = is_free ? evse->draw_da : 0;
}

static void weigh_less(const struct site_evse *evse, const struct site_rules *rules,
                       struct site_memory *memory)
{
    if (memory->reclaim_since == 0)
        memory->reclaim_since = evse->draw_at;
    if (memory->reclaim_samples < UINT8_MAX)
        memory->reclaim_samples++;
    if ((memory->reclaim_samples >= SAMPLES &&
         evse->draw_at - memory->reclaim_since >= rules->reclaim_ms) ||
        (memory->changed_at != 0 && evse->draw_at - memory->changed_at >= SURE_MS))
        expect(evse, memory);
    memory->drew_da = evse->draw_da;
    memory->close_samples = 0;
}

static void weigh_all(const struct site_evse *evse, struct site_memory *memory)
{
    memory->reclaim_samples = 0;
    memory->reclaim_since = 0;
    memory->drew_da = 0;
    memory->takes_da = 0;
    memory->close_samples = 0;
    if (memory->reclaim_da > 0 && evse->draw_da >= memory->reclaim_da - slack_da(evse->booked_da))
        bound_at(evse, evse->draw_da,
                 memory->headroom_da < HEADROOM_MAX_DA ? 2 * memory->headroom_da
                                                       : memory->headroom_da,
                 memory);
}

static void weigh(const struct site_evse *evse, const struct site_rules *rules,
                  struct site_memory *memory)
{
    int32_t slack = slack_da(evse->booked_da);

    if (memory->takes_da > 0 && evse->booked_da - slack <= memory->takes_da)
        weigh_close(evse, memory);
    else if (evse->draw_da + slack < evse->booked_da)
        weigh_less(evse, rules, memory);
    else
        weigh_all(evse, memory);
}

int32_t reclaim_takes_da(const struct site_memory *memory)
{
    if (memory->takes_da <= 0 || memory->takes_da > TREE_DA_MAX ||
        memory->close_samples >= CLOSE_MAX)
        return INT32_MAX;
    return memory->takes_da + margin_da(memory->takes_da);
}

int32_t reclaim_step(const struct site_evse *evse, const struct site_rules *rules, utc_ms now,
                     struct site_memory *memory)
{
    bool is_new = evse->draw_at != UTC_UNKNOWN && evse->draw_at <= now &&
                  (memory->sample_at == 0 || evse->draw_at > memory->sample_at);
    bool settled = memory->changed_at == 0 || evse->draw_at >= memory->changed_at + SETTLE_MS;

    /* At 0 A nothing is learned: the car may not draw. */
    if (evse->plugged && evse->draw_da >= 0 && is_new && settled && evse->booked_da > 0) {
        memory->sample_at = evse->draw_at;
        weigh(evse, rules, memory);
    }
    return memory->reclaim_da > 0 && memory->reclaim_da < evse->max_da ? memory->reclaim_da
                                                                       : evse->max_da;
}
