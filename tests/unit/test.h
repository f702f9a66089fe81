/* test.h: what a unit test includes first. A test's name is a sentence; its cases are a table. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/base.h"

#define assert_str_equal(got, want)                                                        \
    do {                                                                                   \
        struct str got_ = (got), want_ = (want);                                           \
        if (!str_equal(got_, want_)) {                                                     \
            print_error("got \"%.*s\", want \"%.*s\"\n", STR_ARGS(got_), STR_ARGS(want_)); \
            fail();                                                                        \
        }                                                                                  \
    } while (0)
