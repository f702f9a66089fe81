/* sheet.h: numbers and moments as spreadsheets of any country write them. Pure.
 *
 * Taken is what can be read in one way: 31,2 and 1.231,55 and 28.11.2026 14:00. Two decimal signs
 * in one file, a comma that may as well stand for thousands, and a slashed date of which nobody
 * knows whether its month comes first are not.
 */
#pragma once
#include "base/base.h"

struct sheet {
    char separator; /* between its cells */
    char sign;      /* of decimals, once a cell has shown it; 0: none has */
};

enum sheet_flaw {
    SHEET_FINE,
    SHEET_NO_NUMBER,
    SHEET_OTHER_SIGN, /* cells before it had the other decimal sign */
    SHEET_TWO_WAYS,   /* "1,234" between commas: 1234, or a little more than 1 */
    SHEET_SLASHES,    /* "03/04/2026" */
};

enum { SHEET_NUMBER_MAX = 40, SHEET_MOMENT_MAX = 40 };

/* The number with a decimal point, in text: at least SHEET_NUMBER_MAX bytes. */
MUST_CHECK enum sheet_flaw sheet_number(struct sheet *sheet, struct str cell, char *text,
                                        struct str *number);

/* 28.11.2026 14:00 and 2026/11/28 14:00 as 2026-11-28 14:00, in text: at least SHEET_MOMENT_MAX
 * bytes. What is neither stays as it is. */
MUST_CHECK enum sheet_flaw sheet_moment(struct str cell, char *text, struct str *moment);
