/* decide_parts.h: a decision while it is made, for the files that make it: snapshot.c (what it is
 * made from), decide.c (its steps), page.c (what is kept of it). Others use inner.h.
 */
#pragma once
#include "dispatch/inner.h"

enum { INLINE_EVSES_MAX = 300 /* some 0.2 ms */ };

/* What the journal can afford. */
enum page_room { PAGE_OF_THE_MINUTE, PAGE_OF_LIMITS, PAGE_OF_ALL };

enum { CHANGES_MAX = 100 /* in the list of a page */ };

/* A page while it is made. */
struct page {
    enum page_room room;
    bool due;              /* a minute is over */
    bool changed, limits;  /* the decision changes a reason, or a limit */
    uint32_t change_count; /* targets of cars that are there, and the first of them */
    uint32_t changed_evses[CHANGES_MAX];
    struct page_base *base;  /* that it is packed against; NULL: alone. Owned, as the next */
    struct page_base *next;  /* what the next one is packed against; NULL: nothing */
    struct str text, packed; /* one of them; both empty: none is written */
    struct str changes;
};

struct power_work {
    struct power_work *next; /* of the room */
    struct power_site *site; /* NULL: gone meanwhile, or done with */
    int64_t site_row;
    uint32_t site_number;
    const char *cause;
    bool elsewhere, urgent;
    bool away; /* with another thread: it is freed when it is back */
    struct arena arena;
    struct site_input input;
    struct site_evse *evses; /* of the input, while they are filled in */
    struct tree_node *nodes; /* the same */
    uint32_t at;             /* EVSEs that are filled in, or taken */
    uint32_t *order;         /* in which they are taken; NULL: as they stand */
    struct site_decision decision;
    bool taking;  /* verdicts are carried out */
    bool plugged; /* a car is there */
    struct page page;
    enum err err;
};

/* --- snapshot.c */

/* What is the same for all EVSEs, and room for these. False: memory is out. */
bool snapshot_begin(struct power_work *work, utc_ms now);
/* Fills in so many more. True: all are. */
bool snapshot_fill(struct power_work *work, uint32_t count);
/* Not proven, and its breaker is too much: it gets its share as if it obeyed, once it has taken its
 * fail-safe, and is counted at its breaker before others are raised. */
bool snapshot_on_trust(const struct power_evse *evse, const struct commit_state *state);

/* --- decide.c */

void decide_free(struct dispatch *dispatch, struct power_work *work);

/* --- first.c */

/* Who is lowered is taken first, in the order in which limits leave (commit.h). Needs nothing but
 * the work itself: on any thread. Without memory they stay as they stand. */
void decide_order(struct power_work *work);

/* --- page.c */

enum { PAGE_MS = 60000 /* at least one in so long, while a car is there */ };

/* At the start of a decision: what can be afforded. */
void decide_page_begin(struct power_work *work, utc_ms now);
/* Before an EVSE's verdict takes the place of the one before. */
void decide_page_note(struct power_work *work, uint32_t evse, const struct site_verdict *before);
/* When its verdicts are taken: makes the page and writes it, if there is to be one, and frees the
 * work. A large site's is made by a reader. */
void decide_page_write(struct power_work *work);
void decide_page_fini(struct page *page);
