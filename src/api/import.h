/* import.h: stations and tokens from CSV: what the files of an import share.
 *
 * A file is all or nothing: every line is checked before anything is changed. A short one is read
 * and applied in the turn of its request. A longer one would hold the core, so it is gone over
 * twice in steps (import_steps.c), in turns of their own between which other work is done: the
 * first time to check, the second time to change. Each row that changes has its entry in the audit
 * log, with what it was and what it is, in the commit that changes it.
 */
#pragma once
#include "api/csv.h"
#include "api/resource.h"

enum {
    IMPORT_STEP_LINES = 250, /* a few milliseconds */
    IMPORT_LINES_MAX = 50000,
    IMPORT_ERRORS_MAX = 100, /* that are told */
};

struct import {
    struct turn *turn; /* of the request, or of the step */
    struct request *request;
    bool dry_run;
    bool own_given; /* the line fills the column of its own */
    struct csv_reader reader;
    struct csv_line heading, line;
    uint32_t id_column;
    int64_t lines, created, updated, unchanged, errors;
    struct json_writer errors_json, passwords_json;
    struct buf errors_out, passwords_out;
    uint64_t *seen; /* hashes of the ids before; 0 is free */
    uint32_t places;
};

/* What differs between stations and tokens. */
struct import_kind {
    enum resource resource;
    enum row_kind row_kind;
    const char *word; /* in the audit: "token:04A1" */
    const char *audit_import, *audit_create, *audit_update;
    bool any_case;  /* ids compare without case */
    struct str own; /* the column that is no field of fields.def */
    void *(*make)(struct import *import, struct str id);
    /* Reads that one; ERR_UNKNOWN_FIELD: it is another. NULL: there is none. */
    enum err (*column)(struct import *import, void *row, struct str name, struct str value);
    /* After the last column: is the row whole? */
    enum err (*finish)(struct import *import, void *row);
    /* What follows when it takes hold; `before` is NULL for a new one. */
    void (*changed)(struct import *import, const void *before, const void *row);
};

/* Line ends in a file, at most `max`: as many lines as it may have. */
uint32_t import_line_ends(struct str text, uint32_t max);
/* Starts at the first line: reads the heading. Memory for as long as the import lasts comes from
 * `arena`. A problem of the request. */
MUST_CHECK enum err import_open(struct import *import, const struct import_kind *kind,
                                struct arena *arena);
/* Goes on with at most `lines` more, whose effects are recorded in import->turn; errors in lines
 * are counted and told. ERR_NONE: there are more; ERR_NOT_FOUND: it was the last; else a problem of
 * the request. */
MUST_CHECK enum err import_some(struct import *import, const struct import_kind *kind,
                                uint32_t lines);

/* Both passes over a long file: ERR_LATER until they are over. *import is then what came of it,
 * with errors only if nothing was changed; valid until the turn ends. A problem of the request. */
MUST_CHECK enum err import_in_steps(struct request *request, const struct import_kind *kind,
                                    bool dry_run, struct import **import);

/* Storage failed: the import under way, if there is one, ends. */
void import_storage_failed(struct engine *engine);
