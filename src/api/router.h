/* router.h: from method and target to an operation and its arguments. Pure. */
#pragma once
#include "api/request.h"

/* Fills path, args and query of the request from its target. ERR_NOT_FOUND: no such path;
 * ERR_METHOD: the path is there, but not with this method (*allowed lists those that are);
 * ERR_UNKNOWN_FIELD: request->field is no parameter of this operation; ERR_BAD_VALUE: the target
 * does not decode. */
MUST_CHECK enum err route(struct request *request, struct arena *arena, struct str *allowed);
