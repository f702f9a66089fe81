#include "core/options.h"

#include <ini.h>
#include <stdio.h>

#define ROW(section, key, ...)                             \
    { .name = STR_INIT(#section "." #key),                 \
      .offset = offsetof(struct options, section##_##key), \
      __VA_ARGS__ },
const struct option_desc option_descs[OPTION_COUNT] = {
#define TEXT(section, key, value_, text_) \
    ROW(section, key, .type = OPTION_TEXT, .value = STR_INIT(value_), .text = STR_INIT(text_))
#define LISTEN(section, key, value_, text_) \
    ROW(section, key, .type = OPTION_LISTEN, .value = STR_INIT(value_), .text = STR_INIT(text_))
#define WORD(section, key, words_, value_, text_)                                                \
    ROW(section, key, .type = OPTION_WORD, .value = STR_INIT(value_), .words = STR_INIT(words_), \
        .text = STR_INIT(text_))
#define BOOL(section, key, value_, text_) \
    ROW(section, key, .type = OPTION_BOOL, .value = STR_INIT(#value_), .text = STR_INIT(text_))
#define NUMBER(section, key, unit_, min_, max_, value_, text_)                                    \
    ROW(section, key, .type = OPTION_NUMBER, .value = STR_INIT(#value_), .unit = STR_INIT(unit_), \
        .min = (min_), .max = (max_), .text = STR_INIT(text_))
#include "core/options.def"
#undef TEXT
#undef LISTEN
#undef WORD
#undef BOOL
#undef NUMBER
};
#undef ROW

const struct str option_origin_words[OPTION_ORIGINS] = { STR_INIT("default"), STR_INIT("file"),
                                                         STR_INIT("environment"),
                                                         STR_INIT("flag") };

/* --- names */

enum { NAME_CAP = 64 };

/* Levenshtein's distance, without case; texts beyond NAME_CAP are far from everything. */
static uint32_t distance(struct str a, struct str b)
{
    uint32_t row[NAME_CAP + 1];

    if (a.len > NAME_CAP || b.len > NAME_CAP)
        return NAME_CAP;
    for (uint32_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (uint32_t i = 0; i < a.len; i++) {
        uint32_t diagonal = row[0];
        row[0] = i + 1;
        for (uint32_t j = 0; j < b.len; j++) {
            uint32_t changed = diagonal + !str_equal_nocase((struct str){ a.ptr + i, 1 },
                                                            (struct str){ b.ptr + j, 1 });
            uint32_t shorter = (row[j] < row[j + 1] ? row[j] : row[j + 1]) + 1;
            diagonal = row[j + 1];
            row[j + 1] = changed < shorter ? changed : shorter;
        }
    }
    return row[b.len];
}

static enum option_index nearest(struct str name)
{
    enum option_index best = 0;

    for (enum option_index i = 1; i < OPTION_COUNT; i++)
        if (distance(name, option_descs[i].name) < distance(name, option_descs[best].name))
            best = i;
    return best;
}

static enum option_index find(struct str name)
{
    enum option_index i = 0;

    while (i < OPTION_COUNT && !str_equal(option_descs[i].name, name))
        i++;
    return i;
}

/* --- values */

bool listen_parse(struct str text, struct str *host, uint16_t *port)
{
    int64_t colon = -1, number;

    *host = STR_NONE;
    *port = 0;
    if (listen_is_off(text))
        return true;
    for (uint32_t i = 0; i < text.len; i++)
        if (text.ptr[i] == ':')
            colon = i;
    if (colon <= 0 || !str_to_i64(str_from(text, (uint32_t)colon + 1), &number) || number < 0 ||
        number > UINT16_MAX)
        return false;
    *host = str_first(text, (uint32_t)colon);
    *port = (uint16_t)number;
    if (host->ptr[0] == '[' && host->len > 2 && host->ptr[host->len - 1] == ']')
        *host = (struct str){ host->ptr + 1, host->len - 2 };
    else if (str_find_byte(*host, ':') >= 0)
        return false; /* IPv6 without brackets */
    return true;
}

static bool parse_bool(struct str value, bool *out)
{
    static const struct {
        struct str word;
        bool means;
    } words[] = { { STR_INIT("true"), true },   { STR_INIT("yes"), true },
                  { STR_INIT("on"), true },     { STR_INIT("1"), true },
                  { STR_INIT("false"), false }, { STR_INIT("no"), false },
                  { STR_INIT("off"), false },   { STR_INIT("0"), false } };

    for (size_t i = 0; i < COUNT(words); i++)
        if (str_equal_nocase(words[i].word, value)) {
            *out = words[i].means;
            return true;
        }
    return false;
}

/* Writes the member; false: not allowed, nothing is written. */
static bool store(struct options *options, const struct option_desc *desc, struct str value)
{
    void *at = (char *)options + desc->offset;
    struct str host;
    uint16_t port;
    int64_t number;

    switch (desc->type) {
    case OPTION_NUMBER:
        if (!str_to_i64(value, &number) || number < desc->min || number > desc->max)
            return false;
        *(int64_t *)at = number;
        return true;
    case OPTION_BOOL:
        return parse_bool(value, at);
    case OPTION_LISTEN:
        if (!listen_parse(value, &host, &port))
            return false;
        break;
    case OPTION_WORD:
        if (!str_has_word(desc->words, value))
            return false;
        break;
    case OPTION_TEXT:
        break;
    }
    *(struct str *)at = arena_copy(&options->arena, value);
    return ((struct str *)at)->ptr != NULL;
}

void options_init(struct options *options)
{
    *options = (struct options){ 0 };
    arena_init(&options->arena, NULL, 0);
    for (enum option_index i = 0; i < OPTION_COUNT; i++)
        check(store(options, &option_descs[i], option_descs[i].value));
}

void options_fini(struct options *options)
{
    arena_reset(&options->arena);
}

void option_write_allowed(enum option_index option, struct buf *out)
{
    const struct option_desc *desc = &option_descs[option];
    struct str words = desc->words, word;

    switch (desc->type) {
    case OPTION_NUMBER:
        buf_printf(out, "a number%s%.*s from ", desc->unit.len ? " of " : "", STR_ARGS(desc->unit));
        buf_put_i64(out, desc->min);
        buf_put(out, STR(" to "));
        buf_put_i64(out, desc->max);
        return;
    case OPTION_BOOL:
        buf_put(out, STR("true or false"));
        return;
    case OPTION_LISTEN:
        buf_put(out, STR("HOST:PORT, [IPV6]:PORT or off"));
        return;
    case OPTION_WORD:
        for (bool first = true; str_cut(&words, ' ', &word); first = false) {
            if (!first)
                buf_put(out, words.len ? STR(", ") : STR(" or "));
            buf_put(out, word);
        }
        return;
    case OPTION_TEXT:
        buf_put(out, STR("any text"));
        return;
    }
}

void option_write(const struct options *options, enum option_index option, struct buf *out)
{
    const struct option_desc *desc = &option_descs[option];
    const void *at = (const char *)options + desc->offset;

    if (desc->type == OPTION_NUMBER)
        buf_put_i64(out, *(const int64_t *)at);
    else if (desc->type == OPTION_BOOL)
        buf_put(out, *(const bool *)at ? STR("true") : STR("false"));
    else
        buf_put(out, *(const struct str *)at);
}

/* --- sources */

static enum err unknown(struct str name, struct option_error *error)
{
    (void)snprintf(error->text, sizeof error->text,
                   "%.*s: there is no such key; did you mean %.*s? (voltd help config lists them)",
                   STR_ARGS(str_first(name, NAME_CAP)), STR_ARGS(option_descs[nearest(name)].name));
    return ERR_USAGE;
}

enum err options_set(struct options *options, struct str name, struct str value,
                     enum option_origin origin, struct option_error *error)
{
    enum option_index option = find(name);
    char memory[256];
    struct buf allowed;

    if (option == OPTION_COUNT)
        return unknown(name, error);
    if (origin < options->origins[option])
        return ERR_NONE;
    if (store(options, &option_descs[option], value)) {
        options->origins[option] = origin;
        return ERR_NONE;
    }
    buf_init(&allowed, memory, sizeof memory);
    option_write_allowed(option, &allowed);
    (void)snprintf(error->text, sizeof error->text, "%.*s = %.*s (%.*s): it must be %.*s",
                   STR_ARGS(name), STR_ARGS(str_first(value, 100)),
                   STR_ARGS(option_origin_words[origin]), STR_ARGS(buf_str(&allowed)));
    return ERR_USAGE;
}

struct file_read {
    struct options *options;
    struct option_error *error;
    const char *path;
    bool failed;
};

/* inih wants 1 for fine, 0 for an error. */
static int on_key(void *context, const char *section, const char *key, const char *value)
{
    struct file_read *file = context;
    struct option_error inner;
    char name[2 * NAME_CAP];

    (void)snprintf(name, sizeof name, "%s.%s", section, key); /* cut: then it is unknown */
    if (options_set(file->options, str_of(name), str_of(value), OPTION_FILE, &inner) == ERR_NONE)
        return 1;
    if (!file->failed)
        (void)snprintf(file->error->text, sizeof file->error->text, "%.200s: %.300s", file->path,
                       inner.text);
    file->failed = true;
    return 0;
}

enum err options_read_file(struct options *options, const char *text, const char *path,
                           struct option_error *error)
{
    struct file_read file = { .options = options, .error = error, .path = path };
    int line = ini_parse_string(text, on_key, &file);

    if (file.failed)
        return ERR_USAGE;
    if (line == 0)
        return ERR_NONE;
    (void)snprintf(error->text, sizeof error->text,
                   "%.200s: line %d is neither [section] nor key = value", path, line);
    return ERR_USAGE;
}

/* VOLTD_OCPP_TLS_LISTEN is ocpp.tls_listen: the section ends at the first underscore. */
static struct str name_of_variable(struct str variable, char name[NAME_CAP])
{
    struct buf out;
    bool dotted = false;

    buf_init(&out, name, NAME_CAP);
    for (uint32_t i = 0; i < variable.len; i++) {
        char c = variable.ptr[i];
        if (c == '_' && !dotted) {
            c = '.';
            dotted = true;
        }
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        buf_put_byte(&out, c);
    }
    return buf_str(&out);
}

enum err options_read_environment(struct options *options, char *const *environment,
                                  struct option_error *error)
{
    enum err err = ERR_NONE;

    for (; *environment && err == ERR_NONE; environment++) {
        struct str value = str_of(*environment), variable;
        char name[NAME_CAP];
        if (!str_starts(value, STR("VOLTD_")) || !str_cut(&value, '=', &variable))
            continue;
        err = options_set(options, name_of_variable(str_from(variable, 6), name), value,
                          OPTION_ENVIRONMENT, error);
    }
    return err;
}

static uint32_t count_parts(struct str list)
{
    uint32_t count = 0;
    struct str part;

    while (list.len && str_cut(&list, ',', &part))
        count++;
    return count;
}

/* A certificate for each kind of key: ECDSA and RSA. */
enum { PAIRS_MAX = 2 };

enum err options_check(const struct options *options, struct option_error *error)
{
    const bool https = !listen_is_off(options->https_listen);
    const bool mtls = !listen_is_off(options->ocpp_mtls_listen);
    const bool tls = mtls || !listen_is_off(options->ocpp_tls_listen);
    const char *flaw = NULL;

    if (https && options->https_cert.len == 0)
        flaw =
            "https.listen needs https.cert and https.key (`voltd cert self-signed` makes a pair)";
    else if (tls && options->ocpp_cert.len == 0 && options->https_cert.len == 0)
        flaw = "ocpp.tls_listen and ocpp.mtls_listen need ocpp.cert and ocpp.key "
               "(`voltd cert self-signed` makes a pair)";
    else if (count_parts(options->https_cert) != count_parts(options->https_key))
        flaw = "https.cert and https.key must name as many files";
    else if (count_parts(options->ocpp_cert) != count_parts(options->ocpp_key))
        flaw = "ocpp.cert and ocpp.key must name as many files";
    else if (count_parts(options->https_cert) > PAIRS_MAX ||
             count_parts(options->ocpp_cert) > PAIRS_MAX)
        flaw = "https.cert and ocpp.cert name one or two files: ECDSA and RSA";
    else if (count_parts(options->net_proxy_from) > OPTIONS_PROXIES_MAX ||
             options->net_proxy_from.len > OPTIONS_PROXY_TEXT_MAX)
        flaw = "net.proxy_from has too many addresses: name their network (10.0.0.0/8)";
    else if (mtls && options->ocpp_client_ca.len == 0)
        flaw =
            "ocpp.mtls_listen needs ocpp.client_ca: whose certificates are stations believed by?";
    if (!flaw)
        return ERR_NONE;
    (void)snprintf(error->text, sizeof error->text, "%s", flaw);
    return ERR_USAGE;
}
