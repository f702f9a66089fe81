/* check.h: our own bugs. `check(cond)` is always compiled in: it prints file, line and condition,
 * and aborts. The world's faults are not bugs: they are an `enum err` (err.h).
 */
#pragma once
#include <stdbool.h>

#define check(cond)                                  \
    do {                                             \
        if (__builtin_expect(!(cond), 0))            \
            check_failed(__FILE__, __LINE__, #cond); \
    } while (0)

__attribute__((noreturn)) void check_failed(const char *file, int line, const char *condition);
