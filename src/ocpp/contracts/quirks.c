#include "ocpp/quirks.h"

/* The character before the end of *path, past an index: "a[12]" ends with a. */
static struct str without_index(struct str path)
{
    uint32_t at = path.len;

    if (at == 0 || path.ptr[at - 1] != ']')
        return path;
    while (at > 0 && path.ptr[at - 1] != '[')
        at--;
    return str_first(path, at ? at - 1 : 0);
}

/* Does "meterValue[0].sampledValue[1].unit" end with "sampledValue.unit"? */
static bool path_ends(struct str path, struct str field)
{
    while (field.len > 0) {
        path = without_index(path);
        if (path.len == 0 || path.ptr[path.len - 1] != field.ptr[field.len - 1])
            return false;
        path.len--;
        field.len--;
    }
    return path.len == 0 || path.ptr[path.len - 1] == '.';
}

uint32_t ocpp_quirk_find(enum ocpp_version version, struct str action, const struct json_flaw *flaw)
{
    for (uint32_t i = 1; i < ocpp_quirk_count; i++) {
        const struct ocpp_quirk *quirk = &ocpp_quirks[i];
        if (quirk->flaw != flaw->kind || (quirk->versions >> version & 1) == 0)
            continue;
        if (quirk->message.len && !str_equal(quirk->message, action))
            continue;
        if (quirk->field.len == 0 || path_ends(flaw->path, quirk->field))
            return i;
    }
    return 0;
}
