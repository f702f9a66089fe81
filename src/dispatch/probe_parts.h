/* probe_parts.h: what the two parts of a probe share. */
#pragma once
#include "dispatch/probe.h"

enum { PROBE_TRIES = 3, PROBE_TRIAL_SLOT = 9999 };

/* A step: is it wanted, what is sent, what does the answer mean. */
struct probe_step {
    bool (*wanted)(const struct probe *probe);
    enum err (*build)(struct probe *probe, utc_ms now, struct arena *arena,
                      struct charging_call *call);
    /* True: the same step once more, with its next variant. */
    bool (*take)(struct probe *probe, const struct charging_answer *read,
                 const struct call_answer *answer, struct arena *arena);
    /* A step that waits instead of sending: false: not yet. */
    bool (*waited)(struct probe *probe, utc_ms now);
    bool hangs_up; /* a step that closes its connection, and waits for it */
    bool must;     /* the part ends without a result when nobody answers */
};

struct probe_steps {
    const struct probe_step *list;
    uint8_t count;
};
const struct probe_steps *probe_asking(void);
const struct probe_steps *probe_proving(void);

/* A profile in the form that was found, of one flat limit. */
struct charging_profile probe_profile(const struct probe *probe, enum charging_layer layer,
                                      struct charging_period *period, int32_t da);
/* Does the unit stand in what the station says of itself? Also when it says nothing. */
bool probe_unit_allowed(const struct probe *probe, enum charging_unit unit);
void probe_unit_worked(struct probe *probe, enum charging_unit unit);
/* Of a ClearChargingProfile that left nothing more to try. */
bool probe_take_clear(struct probe *probe, const struct charging_answer *read,
                      const struct call_answer *answer, struct arena *arena);
