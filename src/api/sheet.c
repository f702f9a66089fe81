#include "api/sheet.h"

#include <stdio.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static uint32_t count_of(struct str text, char byte)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < text.len; i++)
        n += text.ptr[i] == byte;
    return n;
}

/* "1.231": one to three digits, then groups of three. */
static bool is_grouped(struct str whole, char between)
{
    uint32_t digits = 0, groups = 0;

    for (uint32_t i = 0; i < whole.len; i++) {
        if (is_digit(whole.ptr[i])) {
            digits++;
        } else if (whole.ptr[i] == between && digits > 0 && digits <= 3 &&
                   (groups == 0 || digits == 3)) {
            groups++;
            digits = 0;
        } else {
            return false;
        }
    }
    return groups > 0 && digits == 3;
}

/* A comma with three digits behind it and one to three, not led by 0, before it. */
static bool may_be_thousands(struct str unsigned_text, uint32_t at)
{
    return unsigned_text.len - at == 4 && at >= 1 && at <= 3 && unsigned_text.ptr[0] != '0';
}

/* The decimal sign of a cell; 0: it has none. */
static enum sheet_flaw sign_of(const struct sheet *sheet, struct str text, char *sign)
{
    uint32_t commas = count_of(text, ','), points = count_of(text, '.');
    int64_t comma = str_find_byte(text, ','), point = str_find_byte(text, '.');

    *sign = 0;
    if (commas == 0 && points == 0)
        return SHEET_FINE;
    if (commas > 0 && points > 0) {
        char other = comma < point ? ',' : '.';
        uint32_t at = (uint32_t)(comma < point ? point : comma);
        *sign = comma < point ? '.' : ',';
        return is_grouped(str_first(text, at), other) && count_of(str_from(text, at), *sign) == 1 &&
                       count_of(str_from(text, at), other) == 0
                   ? SHEET_FINE
                   : SHEET_NO_NUMBER;
    }
    if (commas + points > 1)
        return SHEET_NO_NUMBER;
    *sign = commas ? ',' : '.';
    return *sign == ',' && sheet->separator == ',' && sheet->sign != ',' &&
                   may_be_thousands(text, (uint32_t)comma)
               ? SHEET_TWO_WAYS
               : SHEET_FINE;
}

enum sheet_flaw sheet_number(struct sheet *sheet, struct str cell, char *text, struct str *number)
{
    bool signed_ = cell.len && (cell.ptr[0] == '-' || cell.ptr[0] == '+');
    char sign;
    uint32_t len = 0;
    enum sheet_flaw flaw;

    *number = cell;
    if (cell.len >= SHEET_NUMBER_MAX)
        return SHEET_NO_NUMBER;
    flaw = sign_of(sheet, str_from(cell, signed_), &sign);
    if (flaw != SHEET_FINE)
        return flaw;
    if (sign && sheet->sign && sign != sheet->sign)
        return SHEET_OTHER_SIGN;
    if (sign)
        sheet->sign = sign;
    for (uint32_t i = 0; i < cell.len; i++) {
        char c = cell.ptr[i];
        if (sign && c == sign)
            text[len++] = '.';
        else if (c != ',' && c != '.')
            text[len++] = c;
    }
    *number = (struct str){ text, len };
    return SHEET_FINE;
}

/* --- moments */

struct parts {
    uint32_t day, month, year;
    struct str clock;
};

static bool take_number(struct str *rest, uint32_t digits_max, uint32_t *number)
{
    uint32_t digits = 0;

    *number = 0;
    while (digits < rest->len && digits < digits_max && is_digit(rest->ptr[digits]))
        *number = *number * 10 + (uint32_t)(rest->ptr[digits++] - '0');
    *rest = str_from(*rest, digits);
    return digits > 0;
}

static bool take_byte(struct str *rest, char byte)
{
    bool found = rest->len && rest->ptr[0] == byte;

    if (found)
        *rest = str_from(*rest, 1);
    return found;
}

/* "28.11.2026 14:00" of three numbers with this byte between them. */
static bool take_date(struct str text, char between, uint32_t numbers[3], struct str *clock)
{
    for (int i = 0; i < 3; i++)
        if (!take_number(&text, 4, &numbers[i]) || (i < 2 && !take_byte(&text, between)))
            return false;
    if (text.len == 0 || is_digit(text.ptr[0]))
        return false;
    while (take_byte(&text, ' ') || take_byte(&text, 'T') || take_byte(&text, ','))
        continue;
    *clock = text;
    return text.len > 0 && is_digit(text.ptr[0]);
}

enum sheet_flaw sheet_moment(struct str cell, char *text, struct str *moment)
{
    uint32_t n[3];
    struct str clock;
    bool dotted = take_date(cell, '.', n, &clock);
    bool slashed = !dotted && take_date(cell, '/', n, &clock);
    bool short_hour;
    int len;

    *moment = cell;
    if (slashed && n[0] < 1000)
        return SHEET_SLASHES;
    if ((!dotted && !slashed) || (dotted && n[2] < 1000) || clock.len >= SHEET_MOMENT_MAX - 16)
        return SHEET_FINE;
    short_hour = clock.len > 1 && clock.ptr[1] == ':';
    len = snprintf(text, SHEET_MOMENT_MAX, "%04u-%02u-%02u %s%.*s", dotted ? n[2] : n[0], n[1],
                   dotted ? n[0] : n[2], short_hour ? "0" : "", STR_ARGS(clock));
    *moment = (struct str){ text, (uint32_t)len };
    return SHEET_FINE;
}
