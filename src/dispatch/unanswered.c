/* unanswered.c: a station that is here and leaves limits without an answer. It says neither yes nor
 * no, so nothing that it is told counts; people have to hear of it. */
#include "dispatch/trusts.h"

enum { IN_A_ROW = 2 }; /* one may be lost */

/* Others it may well answer, while it never does these (a thread of its own that hangs). */
static bool is_limit(struct str action)
{
    return str_equal(action, STR("SetChargingProfile")) ||
           str_equal(action, STR("UpdateDynamicSchedule"));
}

void unanswered_note(struct power_station *station, const struct call_done *done)
{
    if (!is_limit(done->call.action))
        return;
    if (done->answer.outcome == CALL_ANSWERED || done->answer.outcome == CALL_ERROR) {
        station->unanswered = 0;
    } else if (done->answer.outcome == CALL_TIMEOUT && station->unanswered < IN_A_ROW) {
        if (station->unanswered++ == 0)
            station->unanswered_at = done->answer.sent_at;
    }
}

utc_ms unanswered_since(const struct power_station *station)
{
    return station->unanswered >= IN_A_ROW ? station->unanswered_at : UTC_UNKNOWN;
}

utc_ms dispatch_unanswered_since(const struct engine *engine, int64_t station)
{
    const struct power_station *found = dispatch_find_station(dispatch_of(engine), station);

    return found ? unanswered_since(found) : UTC_UNKNOWN;
}

struct sentence unanswered_trouble(struct arena *arena)
{
    return SENTENCE(arena, "no_answer", "It does not answer when it is told a limit.", NO_ARGS);
}
