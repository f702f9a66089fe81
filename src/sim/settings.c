#include "sim/settings.h"

#include <stdlib.h>

#include "sim/measure.h"

const struct setting_desc setting_descs[SETTING_COUNT] = {
#define SETTING(name, key, component, variable, type, access, initial)               \
    [SETTING_##name] = { STR_INIT(key),     STR_INIT(component), STR_INIT(variable), \
                         STR_INIT(initial), SETTING_##type,      SETTING_##access },
#include "sim/settings.def"
#undef SETTING
};

/* A value as the type wants it. */
static bool parse(enum setting_type type, struct str value, int32_t *number)
{
    int64_t wide;

    switch (type) {
    case SETTING_NUMBER:
        if (!str_to_i64(value, &wide) || wide < 0 || wide > INT32_MAX)
            return false;
        *number = (int32_t)wide;
        return true;
    case SETTING_SWITCH:
        *number = str_equal_nocase(value, STR("true"));
        return *number || str_equal_nocase(value, STR("false"));
    case SETTING_LIST:
        return value.len <= SETTING_TEXT_MAX && sim_measurands_known(value);
    case SETTING_TEXT:
        return value.len <= SETTING_TEXT_MAX;
    }
    return false;
}

void settings_init(struct settings *settings)
{
    *settings = (struct settings){ 0 };
    for (int i = 0; i < SETTING_COUNT; i++)
        check(parse(setting_descs[i].type, setting_descs[i].initial, &settings->numbers[i]));
}

void settings_fini(struct settings *settings)
{
    for (int i = 0; i < SETTING_COUNT; i++)
        free(settings->texts[i]);
}

enum setting settings_find_key(struct str key)
{
    for (int i = 0; i < SETTING_COUNT; i++)
        if (key.len > 0 && str_equal_nocase(setting_descs[i].key, key))
            return (enum setting)i;
    return SETTING_COUNT;
}

enum setting settings_find_variable(struct str component, struct str variable)
{
    for (int i = 0; i < SETTING_COUNT; i++)
        if (component.len > 0 && str_equal_nocase(setting_descs[i].component, component) &&
            str_equal_nocase(setting_descs[i].variable, variable))
            return (enum setting)i;
    return SETTING_COUNT;
}

enum setting_result settings_write(struct settings *settings, enum setting setting,
                                   struct str value)
{
    const struct setting_desc *desc;
    int32_t number = 0;

    if (setting == SETTING_COUNT)
        return SETTING_UNKNOWN;
    desc = &setting_descs[setting];
    if (desc->access == SETTING_RO || !parse(desc->type, value, &number))
        return SETTING_REFUSED;
    if (desc->type == SETTING_TEXT || desc->type == SETTING_LIST)
        settings_put_text(settings, setting, value);
    else
        settings->numbers[setting] = number;
    return desc->access == SETTING_BOOT ? SETTING_AFTER_REBOOT : SETTING_DONE;
}

void settings_put_text(struct settings *settings, enum setting setting, struct str value)
{
    char *text = strndup(value.ptr, value.len);

    check(setting_descs[setting].type == SETTING_TEXT ||
          setting_descs[setting].type == SETTING_LIST);
    check(text != NULL);
    free(settings->texts[setting]);
    settings->texts[setting] = text;
}

struct str settings_text(const struct settings *settings, enum setting setting, char scratch[16])
{
    const struct setting_desc *desc = &setting_descs[setting];
    struct buf buf;

    if (desc->type == SETTING_SWITCH)
        return settings->numbers[setting] ? STR("true") : STR("false");
    if (desc->type == SETTING_TEXT || desc->type == SETTING_LIST)
        return settings->texts[setting] ? str_of(settings->texts[setting]) : desc->initial;
    buf_init(&buf, scratch, 16);
    buf_put_i64(&buf, settings->numbers[setting]);
    return buf_str(&buf);
}
