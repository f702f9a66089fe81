#include "base/base.h"

static const struct {
    const char *text, *callerror_16, *callerror_2x;
    int http;
} rows[] = {
#define ERR(name, text, callerror_16, callerror_2x, http) \
    { text, callerror_16, callerror_2x, http },
#include "base/err.def"
#undef ERR
};

const char *err_text(enum err err)
{
    check((size_t)err < COUNT(rows));
    return rows[err].text;
}

const char *err_callerror(enum err err, bool is_16)
{
    check((size_t)err < COUNT(rows));
    return is_16 ? rows[err].callerror_16 : rows[err].callerror_2x;
}

int err_http_status(enum err err)
{
    check((size_t)err < COUNT(rows));
    return rows[err].http;
}
