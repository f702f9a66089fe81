#include "base/time.h"

#define DAY_MS INT64_C(86400000)

/* Days since 1970-01-01 in the Gregorian calendar, for years of which the count begins in March:
 * the leap day is then the last day of the year and needs no special case. */
int64_t time_days(int64_t year, int month, int day)
{
    int64_t era, year_of_era, day_of_year;

    year -= month <= 2;
    era = (year >= 0 ? year : year - 399) / 400;
    year_of_era = year - era * 400;
    day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

void time_date(int64_t days, int *year, int *month, int *day)
{
    int64_t era, day_of_era, year_of_era, day_of_year, month_index;

    days += 719468;
    era = (days >= 0 ? days : days - 146096) / 146097;
    day_of_era = days - era * 146097;
    year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    month_index = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * month_index + 2) / 5 + 1);
    *month = (int)(month_index < 10 ? month_index + 3 : month_index - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

static int days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

/* Exactly `digits` digits off the front. */
static bool take_number(struct str *s, uint32_t digits, int *out)
{
    int64_t value;

    if (s->len < digits || (digits && (s->ptr[0] == '-' || s->ptr[0] == '+')) ||
        !str_to_i64(str_first(*s, digits), &value))
        return false;
    *out = (int)value;
    *s = str_from(*s, digits);
    return true;
}

static bool take_byte(struct str *s, char byte)
{
    if (s->len == 0 || s->ptr[0] != byte)
        return false;
    *s = str_from(*s, 1);
    return true;
}

static bool take_date(struct str *s, int64_t *days)
{
    int year, month, day;

    if (!take_number(s, 4, &year) || !take_byte(s, '-') || !take_number(s, 2, &month) ||
        !take_byte(s, '-') || !take_number(s, 2, &day))
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    *days = time_days(year, month, day);
    return true;
}

static bool take_fraction(struct str *s, int64_t *ms)
{
    int64_t weight = 100;
    int digits = 0;

    for (; s->len && s->ptr[0] >= '0' && s->ptr[0] <= '9'; digits++, *s = str_from(*s, 1)) {
        *ms += weight * (s->ptr[0] - '0');
        weight /= 10;
    }
    return digits > 0;
}

static bool take_clock(struct str *s, int64_t *ms, enum time_flaw *flaw)
{
    int hour, minute, second = 0;

    if (!take_number(s, 2, &hour) || !take_byte(s, ':') || !take_number(s, 2, &minute))
        return false;
    if (!take_byte(s, ':'))
        *flaw = TIME_LOOSE;
    else if (!take_number(s, 2, &second))
        return false;
    if (hour > 24 || minute > 59 || second > 60 || (hour == 24 && (minute || second)))
        return false;
    if (hour == 24 || second == 60)
        *flaw = TIME_LOOSE;
    *ms = ((hour * INT64_C(60) + minute) * 60 + second) * 1000;
    if (s->len && s->ptr[0] == ',')
        *flaw = TIME_LOOSE;
    return (!take_byte(s, '.') && !take_byte(s, ',')) || take_fraction(s, ms);
}

static bool take_zone(struct str *s, int64_t *offset_ms, enum time_flaw *flaw)
{
    int hours, minutes = 0, sign;

    *offset_ms = 0;
    if (s->len == 0) {
        if (*flaw == TIME_EXACT)
            *flaw = TIME_NO_ZONE;
        return true;
    }
    if (take_byte(s, 'Z') || take_byte(s, 'z'))
        return s->len == 0;
    sign = s->ptr[0] == '+' ? 1 : s->ptr[0] == '-' ? -1 : 0;
    if (sign == 0)
        return false;
    *s = str_from(*s, 1);
    if (!take_number(s, 2, &hours))
        return false;
    if (!take_byte(s, ':'))
        *flaw = TIME_LOOSE;
    if (s->len && !take_number(s, 2, &minutes))
        return false;
    if (hours > 23 || minutes > 59)
        return false;
    *offset_ms = INT64_C(60000) * sign * (hours * 60 + minutes);
    return s->len == 0;
}

bool time_parse(struct str text, utc_ms *at, enum time_flaw *flaw)
{
    enum time_flaw seen = TIME_EXACT;
    int64_t days, ms = 0, offset_ms;

    if (!take_date(&text, &days))
        return false;
    if (!take_byte(&text, 'T') && !take_byte(&text, 't')) {
        if (!take_byte(&text, ' '))
            return false;
        seen = TIME_LOOSE;
    }
    if (!take_clock(&text, &ms, &seen) || !take_zone(&text, &offset_ms, &seen))
        return false;
    *at = days * DAY_MS + ms - offset_ms;
    if (*at < time_days(1, 1, 1) * DAY_MS || *at >= time_days(10000, 1, 1) * DAY_MS)
        return false;
    *flaw = seen;
    return true;
}

static void put_digits(char *at, int value, int digits)
{
    while (digits--) {
        at[digits] = (char)('0' + value % 10);
        value /= 10;
    }
}

void time_format(utc_ms at, char text[TIME_TEXT_LEN])
{
    int64_t days = at >= 0 ? at / DAY_MS : -((DAY_MS - 1 - at) / DAY_MS);
    int ms = (int)(at - days * DAY_MS);
    int year, month, day;

    check(at >= time_days(1, 1, 1) * DAY_MS);
    check(at < time_days(10000, 1, 1) * DAY_MS);
    time_date(days, &year, &month, &day);
    memcpy(text, "0000-00-00T00:00:00.000Z", TIME_TEXT_LEN);
    put_digits(text, year, 4);
    put_digits(text + 5, month, 2);
    put_digits(text + 8, day, 2);
    put_digits(text + 11, ms / 3600000, 2);
    put_digits(text + 14, ms / 60000 % 60, 2);
    put_digits(text + 17, ms / 1000 % 60, 2);
    put_digits(text + 20, ms % 1000, 3);
}
