/* site_parts.h: a decision while it is made, for the files that make it (site.c: policy, turns.c:
 * who is on, calm.c: not too much at once, why.c: for people). Others use site.h.
 */
#pragma once
#include "energy/quant.h"
#include "energy/site.h"
#include "energy/sort.h"

/* The order in which cars are served; cars of one stage share. */
enum site_stage { STAGE_PRIORITY, STAGE_PLAN, STAGE_SUN, STAGE_REST, STAGE_NONE };

/* An EVSE in the decision. They stand by id, so that the order of the input has no say. */
struct site_car {
    const struct site_evse *evse;
    const struct site_pilots *pilots;
    struct site_memory memory; /* as it will be kept; evse->memory is as it was */
    uint32_t index;            /* in the input */
    int32_t full_da;           /* the largest pilot up to its max_da; 0: it cannot charge */
    int32_t least_da;          /* the least pilot that charges */
    int32_t most_da;           /* all it is to have now */
    int32_t floor_da;          /* booked while it is off */
    int32_t decided_da;        /* before calm.c */
    int64_t laxity_s;
    uint8_t stage;
    uint8_t why;   /* if it gets all of most_da */
    bool on;       /* its minimum is booked */
    bool waits;    /* it would be on if there were room */
    bool rests;    /* it would be on, but was switched off a short time ago */
    bool must;     /* may not be switched off, or was switched on a short time ago */
    bool in_slice; /* its time slice runs */
    bool crowded;  /* what is booked in any case passes a limit above it, */
    bool held;     /* and so it has to do with what it may draw already; the limit: */
    int32_t held_node;
    int8_t held_line;
    bool shut; /* which is less than it charges with */
};

struct site {
    const struct site_input *input;
    struct arena *arena;
    struct tree *tree;
    struct site_car *cars; /* input->evse_count; leaf i is car i */
    uint32_t count;
    uint8_t stages, unknown; /* in which there are cars, and of whom too little is known; by bit */
    uint32_t *list;          /* of cars */
    int64_t *keys;           /* by car, to sort by */
    struct sort_entry *scratch;
    utc_ms again_at;
};

static inline void site_again(struct site *site, utc_ms at)
{
    if (at > site->input->now && at < site->again_at)
        site->again_at = at;
}

static inline bool site_was_on(const struct site_car *car)
{
    return car->evse->memory.target_da > 0;
}

/* Time left beyond what its need takes at full power; INT64_MAX: no need is known. */
int64_t site_laxity_s(const struct site *site, uint32_t car);

/* turns.c: of the cars in site->list those get their minimum that fit, by class, then by time left;
 * those who wait get a turn when a time slice is over. */
void turns_choose(struct site *site, uint32_t count);
/* The same for those who may all be on: their minima, or turns. */
void turns_take(struct site *site, uint32_t count);
/* Of all cars, after every stage: whose slice ends when, because somebody waits. */
void turns_note(struct site *site, struct site_verdict *verdicts);

/* calm.c: what of a decision is carried out now. Writes target and memory, and a why where it is
 * less than decided. */
void calm_verdict(struct site *site, const struct site_car *car, struct site_verdict *verdict);

/* why.c: fills in why, node and line of all cars from what is decided and booked. */
MUST_CHECK enum err why_all(struct site *site, struct site_verdict *verdicts);
