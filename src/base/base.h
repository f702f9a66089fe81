/* base.h: what every room stands on. Includes nothing of ours but this folder.
 *
 * Scalars with a meaning, compiler attributes, and the small headers of this room. A .c file
 * outside base/ includes this one header and then what it needs of other rooms.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted. Server time unless a name
 * says otherwise. */
typedef int64_t utc_ms;
#define UTC_NEVER   INT64_MAX /* later than any moment */
#define UTC_UNKNOWN INT64_MIN /* no time was given, or it does not parse */

/* Milliseconds of a clock that never jumps; only differences mean something. */
typedef uint64_t mono_ms;

#define COUNT(array)            (sizeof(array) / sizeof((array)[0]))
#define MUST_CHECK              __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#define NORETURN                __attribute__((noreturn))
#define UNUSED                  __attribute__((unused))
/* A large local that is written before it is read: -ftrivial-auto-var-init leaves it alone. */
#define UNINITIALIZED __attribute__((uninitialized))

/* The struct that holds this member: for tables of rows and intrusive lists. */
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr) - offsetof(type, member)))

#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/err.h"
#include "base/str.h"
