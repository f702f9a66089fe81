#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

static void (*tell_more)(void);

void check_on_failure(void (*tell)(void))
{
    tell_more = tell;
}

void check_failed(const char *file, int line, const char *condition)
{
    void (*tell)(void) = tell_more;

    tell_more = NULL; /* a check that fails while telling must not come back here */
    (void)fprintf(stderr, "voltd: bug: %s:%d: %s\n", file, line,
                  condition); /* nowhere else to say it */
    if (tell)
        tell();
    abort();
}
