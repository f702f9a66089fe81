#include "store/why.h"

#include <stdarg.h>
#include <stdio.h>

void why_say(char *why, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(why, STORE_WHY_SIZE, fmt, args); /* cut is fine */
    va_end(args);
}
