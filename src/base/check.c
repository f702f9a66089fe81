#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

void check_failed(const char *file, int line, const char *condition)
{
    (void)fprintf(stderr, "voltd: bug: %s:%d: %s\n", file, line,
                  condition); /* nowhere else to say it */
    abort();
}
