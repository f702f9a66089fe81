/* body.h: the JSON body of a request, member by member: over json/cursor.h, with names once and
 * types told.
 */
#pragma once
#include "base/base.h"

enum body_type { BODY_NULL, BODY_BOOL, BODY_NUMBER, BODY_TEXT, BODY_ARRAY, BODY_OBJECT };
enum { BODY_MEMBERS_MAX = 1000 };

struct body_member {
    struct str name; /* empty in an array */
    enum body_type type;
    struct str raw;  /* as it stands there */
    struct str text; /* of a TEXT: decoded */
};

struct body {
    enum body_type type; /* OBJECT or ARRAY */
    uint32_t count;
    struct body_member *members;
};

/* The members of an object or the items of an array. Spans borrow from the text or lie in the
 * arena. ERR_BAD_FORMAT: no JSON; ERR_BAD_TYPE: neither object nor array; ERR_BAD_OCCURRENCE: a
 * name twice
 * (*at names it); ERR_TOO_LARGE: more members than BODY_MEMBERS_MAX. */
MUST_CHECK enum err body_parse(struct str text, struct arena *arena, struct body *body,
                               struct str *at);

/* NULL: it is not there. */
const struct body_member *body_find(const struct body *body, const char *name);
