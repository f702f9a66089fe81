/* rollout_net.h: the limits of a model as a look ahead sees them, for each of its steps.
 *
 * The same as phase_level on each node of the model, without what is known to be of no use: nodes
 * that one supply alone feeds are a cap of that supply; groups that nobody below a node is in are
 * no columns of its rows; rows that a step's supplies cannot reach are not asked. Each column of a
 * node has a number, its place. A level is found to one part in a thousand.
 *
 * Others than rollout.c use rollout.h.
 */
#pragma once
#include "energy/phase_model.h"

enum { ROLLOUT_STEPS_MAX = 16 };

/* Cars of one group below one node. What they can take in a step, and in it and all that follow,
 * is the best that any order among them could do. */
struct rollout_supply {
    int32_t node; /* of the model */
    uint8_t group;
    int64_t step_das[ROLLOUT_STEPS_MAX]; /* 0.1 A · s */
    int64_t rest_das[ROLLOUT_STEPS_MAX]; /* from the step on */
    int64_t left_das;                    /* while steps are played */
    /* Of the net: */
    int32_t cap_da;  /* what the nodes that it has for itself let through */
    int32_t place;   /* where it comes in; PHASE_NO_NODE: nothing else limits it */
    int32_t want_da; /* in a step */
    int32_t most_da[ROLLOUT_STEPS_MAX]; /* that it can want */
};

struct rollout_net;

/* When each begins, and the last ends. */
struct rollout_steps {
    const int64_t *starts_s; /* count + 1; lasts as long as the net */
    uint32_t count;
};

/* From the model and its supplies, whose nodes are none of them PHASE_NO_NODE. NULL: memory is out.
 */
struct rollout_net *rollout_net_new(const struct phase_model *model,
                                    struct rollout_supply *supplies, uint32_t supply_count,
                                    const struct rollout_steps *steps, struct arena *arena);

/* How fast groups rise from here on. */
void rollout_net_weigh(struct rollout_net *net, const struct phase_weights *weights);

/* Plays a step: left_das of all supplies falls by what they get. What is delivered, W · s. */
int64_t rollout_net_step(struct rollout_net *net, uint32_t k);

uint32_t rollout_net_places(const struct rollout_net *net);

/* Notes what comes in at each place, 0.1 A, for rollout_net_passed. */
void rollout_net_flow(struct rollout_net *net, const int32_t *in_da);

/* A limit that is passed, as a straight one that touches it where what flows points to: the sum of
 * part · what comes in is to be no more than most_da. */
enum { ROLLOUT_PART_BITS = 20, ROLLOUT_MOST_BITS = 8 };
struct rollout_passed {
    uint32_t next;    /* row to look at: 0 at first */
    int32_t *part_of; /* by place, in 1/2^ROLLOUT_PART_BITS; the caller's memory */
    int64_t most;     /* in 0.1 A / 2^ROLLOUT_MOST_BITS */
};

/* The next limit of the step that is passed by more than 1 in 2^close_bits; false: no more. */
bool rollout_net_passed(const struct rollout_net *net, uint32_t k, uint32_t close_bits,
                        struct rollout_passed *passed);
