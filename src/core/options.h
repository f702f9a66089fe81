/* options.h: the configuration, from options.def. Command line over environment over file over
 * default; what is unknown or out of range is an error that says which key, value and range.
 *
 * Pure: file text, environment and arguments are handed in.
 */
#pragma once
#include "base/base.h"

enum option_origin { OPTION_DEFAULT, OPTION_FILE, OPTION_ENVIRONMENT, OPTION_FLAG, OPTION_ORIGINS };

enum option_index {
#define TEXT(section, key, value, text)                   OPTION_##section##_##key,
#define LISTEN(section, key, value, text)                 OPTION_##section##_##key,
#define WORD(section, key, words, value, text)            OPTION_##section##_##key,
#define BOOL(section, key, value, text)                   OPTION_##section##_##key,
#define NUMBER(section, key, unit, min, max, value, text) OPTION_##section##_##key,
#include "core/options.def"
#undef TEXT
#undef LISTEN
#undef WORD
#undef BOOL
#undef NUMBER
    OPTION_COUNT
};

/* Members are SECTION_KEY: options.http_listen. Texts are NUL-terminated. */
struct options {
#define TEXT(section, key, value, text)                   struct str section##_##key;
#define LISTEN(section, key, value, text)                 struct str section##_##key;
#define WORD(section, key, words, value, text)            struct str section##_##key;
#define BOOL(section, key, value, text)                   bool section##_##key;
#define NUMBER(section, key, unit, min, max, value, text) int64_t section##_##key;
#include "core/options.def"
#undef TEXT
#undef LISTEN
#undef WORD
#undef BOOL
#undef NUMBER
    enum option_origin origins[OPTION_COUNT];
    struct arena arena; /* the texts that were set */
};

enum option_type { OPTION_TEXT, OPTION_LISTEN, OPTION_WORD, OPTION_BOOL, OPTION_NUMBER };

struct option_desc {
    struct str name; /* "http.listen" */
    enum option_type type;
    size_t offset;
    struct str value; /* the default */
    struct str unit, words;
    int64_t min, max;
    struct str text;
};
extern const struct option_desc option_descs[OPTION_COUNT];
extern const struct str option_origin_words[OPTION_ORIGINS];

/* Of net.proxy_from. */
#define OPTIONS_PROXIES_MAX    32u
#define OPTIONS_PROXY_TEXT_MAX 2048u

/* One line for people: key, value, what is allowed. */
struct option_error {
    char text[512];
};

/* All defaults. */
void options_init(struct options *options);
void options_fini(struct options *options);
/* Sets one by its name, unless it has been set by an origin that goes before. ERR_USAGE. */
MUST_CHECK enum err options_set(struct options *options, struct str name, struct str value,
                                enum option_origin origin, struct option_error *error);
/* The text of voltd.conf; `path` is for the error's words. ERR_USAGE. */
MUST_CHECK enum err options_read_file(struct options *options, const char *text, const char *path,
                                      struct option_error *error);
/* "VOLTD_SECTION_KEY=VALUE" entries, NULL at the end. ERR_USAGE. */
MUST_CHECK enum err options_read_environment(struct options *options, char *const *environment,
                                             struct option_error *error);
/* After the last: keys that only make sense together. ERR_USAGE. */
MUST_CHECK enum err options_check(const struct options *options, struct option_error *error);

/* The present value as text. */
void option_write(const struct options *options, enum option_index option, struct buf *out);
/* What it may be, in words: "a number of s from 1 to 600". */
void option_write_allowed(enum option_index option, struct buf *out);

/* "127.0.0.1:8080", "[::1]:0", "off". False: neither; host is without brackets, and empty for off.
 */
bool listen_parse(struct str text, struct str *host, uint16_t *port);
static inline bool listen_is_off(struct str listen)
{
    return str_equal(listen, STR("off"));
}
