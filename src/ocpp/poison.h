/* poison.h: a frame that crashes the server must not do so for ever.
 *
 * The frame under work is noted in a page of memory that outlives the process (a mapped file,
 * DIR/voltd.frame). What is still there at the next start was there at a crash; a frame that was
 * there at two is not worked on again: it goes to the review list (rules.md: poison).
 */
#pragma once
#include "base/base.h"

enum { POISON_SUSPECTS = 16, POISON_CRASHES = 2 };

/* As it lies in the file. All zero is a good start. */
struct poison_page {
    uint64_t working; /* hash of the frame under work; 0: none */
    struct {
        uint64_t hash;
        uint64_t crashes;
    } suspects[POISON_SUSPECTS];
};

/* At the start: counts the crash that the page tells of. */
void poison_start(struct poison_page *page);
/* May this frame be worked on? Notes it when it may. `page` NULL: always. */
bool poison_enter(struct poison_page *page, struct str identity, struct str frame);
void poison_leave(struct poison_page *page);
