/* cert.c: certificates for a first try. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "net/selfsigned.h"
#include "json/writer.h"

int cli_cert_self_signed(const struct cli_args *args);

enum { NAMES_MAX = 32, PATH_CAP = 1024, WHY_CAP = 512, DAYS_DEFAULT = 825 };

/* "a,b" to names, in place in `text`. False: too many, or too long. */
static bool split_names(const char *list, char text[PATH_CAP], const char *names[NAMES_MAX],
                        uint32_t *count)
{
    *count = 0;
    if (!list)
        return true;
    if (snprintf(text, PATH_CAP, "%s", list) >= PATH_CAP)
        return false;
    for (char *at = text; at; *count += 1) {
        char *comma = strchr(at, ',');
        if (*count == NAMES_MAX)
            return false;
        if (comma)
            *comma++ = '\0';
        names[*count] = at;
        at = comma;
    }
    return true;
}

static int make_pair(const struct cli_args *args, const char *directory, bool rsa, int64_t days)
{
    char chain[PATH_CAP], key[PATH_CAP], text[PATH_CAP], why[WHY_CAP] = "";
    const char *names[NAMES_MAX], *kind = rsa ? "rsa" : "ecdsa";
    struct selfsigned wanted = { .rsa = rsa,
                                 .name = cli_value(args, "--name"),
                                 .others = names,
                                 .days = (uint32_t)days,
                                 .chain_file = chain,
                                 .key_file = key };

    if (snprintf(chain, sizeof chain, "%s/voltd-%s.pem", directory, kind) >= (int)sizeof chain ||
        snprintf(key, sizeof key, "%s/voltd-%s.key", directory, kind) >= (int)sizeof key)
        return cli_fail(2, "--out: the path is too long");
    if (!split_names(cli_value(args, "--also"), text, names, &wanted.other_count))
        return cli_fail(2, "--also: at most %d names, separated by commas", NAMES_MAX);
    if (selfsigned_make(&wanted, why, sizeof why) != ERR_NONE)
        return cli_fail(1, "%s", why);
    return 0;
}

/* What stands in the configuration: FILE of both kinds in the directory. */
static struct str both_files(struct arena *arena, const char *directory, const char *ending)
{
    return arena_printf(arena, "%s/voltd-ecdsa.%s,%s/voltd-rsa.%s", directory, ending, directory,
                        ending);
}

static void tell(const struct cli_args *args, const char *directory)
{
    struct buf out;
    struct json_writer json;
    struct arena arena;
    struct str certificates, keys;

    arena_init(&arena, NULL, 0);
    certificates = both_files(&arena, directory, "pem");
    keys = both_files(&arena, directory, "key");
    if (cli_has(args, "--json")) {
        buf_init_arena(&out, &arena, 1u << 16);
        json = json_writer(&out);
        json_object_begin(&json);
        json_key_str(&json, "cert", certificates);
        json_key_str(&json, "key", keys);
        json_object_end(&json);
        check(!out.overflow);
        (void)printf("%.*s\n", STR_ARGS(buf_str(&out)));
    } else {
        (void)printf("https.cert=%.*s\nhttps.key=%.*s\n", STR_ARGS(certificates), STR_ARGS(keys));
    }
    arena_reset(&arena);
}

int cli_cert_self_signed(const struct cli_args *args)
{
    const char *directory = cli_value(args, "--out");
    int64_t days = DAYS_DEFAULT;
    int code = cli_number(args, "--days", 1, 3650, &days) ? 0 : 2;

    directory = directory ? directory : ".";
    if (!code && mkdir(directory, 0700) != 0 && errno != EEXIST)
        code = cli_fail(1, "--out %s: %s", directory, strerror(errno));
    code = code ? code : make_pair(args, directory, false, days);
    code = code ? code : make_pair(args, directory, true, days);
    if (code)
        return code;
    tell(args, directory);
    return 0;
}
