/* settings.h: a simulated station's configuration: keys of 1.6 and variables of 2.x are the same
 * rows (settings.def). */
#pragma once
#include "base/base.h"

enum setting {
#define SETTING(name, key, component, variable, type, access, initial) SETTING_##name,
#include "sim/settings.def"
#undef SETTING
    SETTING_COUNT
};

enum setting_type { SETTING_NUMBER, SETTING_SWITCH, SETTING_TEXT, SETTING_LIST };
enum setting_access {
    SETTING_RW,
    SETTING_RO,
    SETTING_WO,   /* a password: never read back (2.0.1 B06.FR.09) */
    SETTING_BOOT, /* counts after a reboot */
};

struct setting_desc {
    struct str key, component, variable, initial;
    enum setting_type type;
    enum setting_access access;
};

extern const struct setting_desc setting_descs[SETTING_COUNT];

/* Only what differs from the default takes memory. */
struct settings {
    int32_t numbers[SETTING_COUNT]; /* NUMBER and SWITCH */
    char *texts[SETTING_COUNT];     /* TEXT and LIST; NULL: the default */
};

enum setting_result { SETTING_DONE, SETTING_AFTER_REBOOT, SETTING_REFUSED, SETTING_UNKNOWN };

#define SETTING_TEXT_MAX 500u /* 1.6 §6.6: value is CiString500 */

void settings_init(struct settings *settings);
void settings_fini(struct settings *settings);
/* SETTING_COUNT: no such thing. Keys compare without case (1.6 §7.2 CiString). */
enum setting settings_find_key(struct str key);
enum setting settings_find_variable(struct str component, struct str variable);
/* From outside: checked against type and access. */
enum setting_result settings_write(struct settings *settings, enum setting setting,
                                   struct str value);
/* From inside: no check of access. */
void settings_put_text(struct settings *settings, enum setting setting, struct str value);
/* As text; `scratch` of 16 bytes holds a number's digits. Valid until the next write. */
struct str settings_text(const struct settings *settings, enum setting setting, char scratch[16]);
static inline int32_t settings_number(const struct settings *settings, enum setting setting)
{
    return settings->numbers[setting];
}
