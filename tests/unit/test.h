/* test.h: what a unit test includes first. A test's name is a sentence; its cases are a table. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/base.h"

/* Rounds of a property over random cases: a tenth on every change, all of them where VOLTD_LONG is
 * set (./dev prove). The first rounds are the same ones. */
static inline unsigned rounds(unsigned all)
{
    return getenv("VOLTD_LONG") != NULL ? all : all / 10;
}

#define assert_str_equal(got, want)                                                        \
    do {                                                                                   \
        struct str got_ = (got), want_ = (want);                                           \
        if (!str_equal(got_, want_)) {                                                     \
            print_error("got \"%.*s\", want \"%.*s\"\n", STR_ARGS(got_), STR_ARGS(want_)); \
            fail();                                                                        \
        }                                                                                  \
    } while (0)
