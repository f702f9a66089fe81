/* resource.h: rows as JSON and back, by fields.def. */
#pragma once
#include "api/body.h"
#include "api/request.h"

enum resource {
#define RESOURCE(name) RESOURCE_##name,
#define FIELD(...)
#define RESOURCE_END(name)
#include "api/fields.def"
#undef RESOURCE
#undef FIELD
#undef RESOURCE_END
    RESOURCE_COUNT
};

/* Writes all fields into the object that is open. */
void resource_write(struct turn *turn, struct json_writer *json, enum resource resource,
                    const void *row);

/* Reads the request's body: an object; an empty body is one without members. */
MUST_CHECK enum err body_of(struct request *request, struct body *body);
/* Takes the members into the row. `others`: names, separated by spaces, that the handler reads
 * itself. Unknown ones, wrong types and values out of range are problems; so are members that only
 * count when it is made, unless the row is
 * new (version 0). */
MUST_CHECK enum err resource_read(struct request *request, enum resource resource,
                                  const struct body *body, const char *others, void *row);
/* May this field be given? */
bool resource_takes(enum resource resource, struct str name);
/* One field from plain text (CSV). An empty text is the empty value. */
MUST_CHECK enum err resource_read_text(struct request *request, enum resource resource,
                                       struct str name, struct str text, void *row);
/* What people may change of it, as a JSON object: for the audit. */
struct str resource_settings(struct turn *turn, enum resource resource, const void *row);

/* What a change of a row begins with: If-Match holds (match_version), the body is an object
 * (body_of), and the settings of before are known for the audit. */
struct change {
    struct body body;
    struct str old;
};
MUST_CHECK enum err change_begin(struct request *request, enum resource resource, const void *row,
                                 int64_t version, struct change *change);

/* A member of the body by type; absent ones leave *out. */
MUST_CHECK enum err body_text(struct request *request, const struct body *body, const char *name,
                              struct range range, struct str *out);
MUST_CHECK enum err body_i64(struct request *request, const struct body *body, const char *name,
                             struct range range, int64_t *out);
/* A number with decimals, times 10^scale; the range too. */
MUST_CHECK enum err body_decimal(struct request *request, const struct body *body, const char *name,
                                 int scale, struct range range, int64_t *out);
MUST_CHECK enum err body_time(struct request *request, const struct body *body, const char *name,
                              utc_ms *out);
MUST_CHECK enum err body_bool(struct request *request, const struct body *body, const char *name,
                              bool *out);
/* All members must be among these names, separated by spaces. */
MUST_CHECK enum err body_only(struct request *request, const struct body *body, const char *names);
