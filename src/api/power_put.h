/* power_put.h: a power document is put: shared by the files that do it.
 *
 * A short one is read, checked and kept in the turn of its request. A longer one would hold the
 * core: it is read and checked on another thread (power_around.h), kept by one turn, and taken into
 * force by its site in steps (dispatch/renew.c); then stations that stand in it and belong to no
 * site become the site's, some at a time. What decides is the commit of the document: before it
 * nothing has changed, after it all of it holds, and a server that dies meanwhile goes on where it
 * was.
 */
#pragma once
#include "api/request.h"
#include "dispatch/document.h"

enum { PUT_HERE_BYTES_MAX = 32768 /* some 2 ms; 250 EVSEs or less */ };

struct put_result {
    enum err err; /* of the check: ERR_NONE, ERR_BAD_VALUE (the findings say why), ERR_FULL */
    struct document_findings *findings;
    struct document document; /* of a long one, its counts alone */
    bool created;
    int64_t version;
};

/* ERR_LATER until it is in force. A problem of the request. */
MUST_CHECK enum err put_in_steps(struct request *request, bool dry_run, struct put_result *result);
/* Storage failed: the one under way, if there is one, ends. */
void put_storage_failed(struct engine *engine);
/* At the end, when no other thread works any more. */
void put_drop(struct engine *engine);

/* What is kept: the document, and what the audit has of the one before and of it. */
struct power_kept {
    struct str document, old, new;
};
void power_keep(struct turn *turn, const struct site_row *site, const struct power_row *before,
                const struct power_kept *kept);

/* --- power_adopt.c */

/* Of these nodes, each station that belongs to no site becomes this one's. Returns how many did. */
uint32_t power_take_stations(struct turn *turn, const struct site_row *site,
                             const struct document *document, uint32_t first, uint32_t end);
/* In the turn that keeps a document: those of all its nodes are to follow, also after a crash. */
void power_adopt_later(struct turn *turn, int64_t site);
/* Goes on with what is to follow, for all sites; after each start, and after such a turn. */
void power_adopt(struct engine *engine);
bool power_adopts(const struct engine *engine, int64_t site);
/* The site's document is gone, or another one that has taken its own. */
void power_adopt_forget(struct turn *turn, int64_t site);
