/* composite.h: what a station says that it will let a car draw (GetCompositeSchedule), against what
 * it was told. */
#pragma once
#include "ocpp/charging.h"

enum { COMPOSITE_PERIODS_MAX = 12 /* more are left out */ };

enum composite_verdict {
    COMPOSITE_UNCLEAR, /* what it was told was changing, or it did not say */
    COMPOSITE_AS_TOLD,
    COMPOSITE_LESS, /* somebody else, or a setting of its own, limits it */
    COMPOSITE_MORE  /* it follows a profile that is not ours, or reckons without ours */
};

struct composite {
    int64_t session;                /* whose car it is for; 0: of none */
    int64_t tag;                    /* of the question under way; 0: none */
    utc_ms asked_at;                /* the last question */
    utc_ms told_at;                 /* the last answer; UTC_UNKNOWN: none of this session */
    struct charging_composite said; /* with the list below */
    struct charging_period periods[COMPOSITE_PERIODS_MAX];
    int32_t given_da;               /* what it was told then */
    int32_t said_da;                /* what it says, in the same measure */
    enum composite_verdict verdict; /* of the last answer that was clear */
    utc_ms since;                   /* UTC_UNKNOWN: the verdict is no trouble */
};
