/* time.h: moments as text and back. Pure: nothing here reads a clock.
 *
 * What stations send is RFC 3339 by the schema and ISO 8601 by the text of 1.6, and some send less
 * than both (contracts/quirks/time.toml: no zone, "+02", 1970, year 0001). Reading is therefore
 * lenient and says so.
 */
#pragma once
#include "base/base.h"

enum time_flaw {
    TIME_EXACT,   /* RFC 3339 */
    TIME_NO_ZONE, /* read as UTC */
    TIME_LOOSE, /* other deviations: short zone, space for T, leap second, 24:00, comma fraction */
};

#define TIME_TEXT_LEN 24 /* 2026-11-24T01:48:08.123Z */

/* Reads a moment; more than three digits of fraction are cut. False: it is no time, or its year is
 * outside 0001..9999 (222222017-10-27 is refused, not wrapped). */
bool time_parse(struct str text, utc_ms *at, enum time_flaw *flaw);
/* Writes exactly TIME_TEXT_LEN bytes. `at` must lie in the years 0001..9999. */
void time_format(utc_ms at, char text[TIME_TEXT_LEN]);

/* Days since 1970-01-01 of a date of the Gregorian calendar, and back. */
int64_t time_days(int64_t year, int month, int day);
void time_date(int64_t days, int *year, int *month, int *day);
