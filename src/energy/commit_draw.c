/* What is metered, held against what was confirmed: who does not obey? */
#include "energy/commit_parts.h"

/* Of one that is not proven: does it keep to what it said at least? */
static void doubt(struct commit *commit, uint32_t id, int32_t draw_da, utc_ms at)
{
    struct evse *evse = &commit->evses[id];

    if (at < evse->claim_fell_at || evse->exceeds || !evse->session)
        return;
    if (draw_da <= evse->claimed_da + commit->rules.tolerance_da) {
        evse->samples_over = 0;
        return;
    }
    if (++evse->samples_over < commit->rules.over_samples)
        return;
    evse->exceeds = true;
    commit_refresh(commit, id);
}

void commit_draw(struct commit *commit, uint32_t id, int32_t draw_da, utc_ms at, utc_ms now)
{
    struct evse *evse = &commit->evses[id];

    commit_advance(commit, now);
    if (at <= evse->draw_at || at < evse->fell_at)
        return; /* known, or from before the limit that it is held against */
    evse->draw_at = at;
    if (!commit->stations[evse->fixed.station].trust.obeys) {
        doubt(commit, id, draw_da, at);
        return;
    }
    if (evse->disobeys && draw_da > evse->drew_da) {
        evse->drew_da = draw_da;
        commit_refresh(commit, id);
    }
    if (draw_da <= evse->now_da + commit->rules.tolerance_da) {
        evse->samples_over = 0;
        return;
    }
    if (evse->disobeys || ++evse->samples_over < commit->rules.over_samples)
        return;
    evse->disobeys = true;
    evse->drew_da = draw_da;
    commit_tell_again(commit, evse->fixed.station); /* it may have forgotten */
    commit_tell(commit, id, COMMIT_DISOBEYS);
    commit_refresh(commit, id);
}
