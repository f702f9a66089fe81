/* backup.c: backup, restore, verify, migrate. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access/key_file.h"
#include "access/secret.h"
#include "cli/ask.h"
#include "node/node.h"
#include "store/files.h"
#include "json/writer.h"

int cli_backup(const struct cli_args *args);
int cli_restore(const struct cli_args *args);
int cli_verify(const struct cli_args *args);
int cli_migrate(const struct cli_args *args);

enum { PATH_CAP = 4200, WHY_CAP = 512 };

/* --- the key file beside a backup */

/* Over one that is there, as the backup itself. */
static int copy_key(const char *from, const char *to)
{
    uint8_t key[SERVER_KEY_BYTES];
    int in = open(from, O_RDONLY | O_CLOEXEC), out = -1;
    bool copied = in >= 0 && read(in, key, sizeof key) == sizeof key;
    char part[PATH_CAP + 8];

    (void)snprintf(part, sizeof part, "%s.part", to); /* fits */
    if (copied && (unlink(part) == 0 || errno == ENOENT))
        out = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    copied = out >= 0 && write(out, key, sizeof key) == sizeof key && fsync(out) == 0;
    secret_wipe_bytes(key, sizeof key);
    if (in >= 0)
        (void)close(in); /* was only read */
    if (out >= 0 && close(out) != 0)
        copied = false;
    copied = copied && rename(part, to) == 0;
    return copied ? 0 : cli_fail(1, "%s to %s: %s", from, to, strerror(errno));
}

static const char *join(char path[PATH_CAP], const char *first, const char *second)
{
    if (snprintf(path, PATH_CAP, "%s%s", first, second) >= PATH_CAP)
        path[0] = '\0'; /* does not open */
    return path;
}

/* --- backup */

static int absolute(const char *file, char path[PATH_CAP])
{
    char here[PATH_MAX];

    if (file[0] == '/')
        (void)snprintf(path, PATH_CAP, "%s", file); /* too long: the server says so */
    else if (getcwd(here, sizeof here))
        (void)snprintf(path, PATH_CAP, "%s/%s", here, file); /* the same */
    else
        return cli_fail(1, "the current directory: %s", strerror(errno));
    return 0;
}

static int ask_backup(const struct setup *setup, const struct cli_args *args, const char *path)
{
    struct ask_answer answer = { 0 };
    struct arena arena;
    struct buf body;
    struct json_writer json;
    int code;

    arena_init(&arena, NULL, 0);
    buf_init_arena(&body, &arena, 64u << 10);
    json = json_writer(&body);
    json_object_begin(&json);
    json_key_str(&json, "path", str_of(path));
    json_object_end(&json);
    code = ask(setup, "POST", "/api/v1/backup", buf_str(&body), &answer);
    if (!code && answer.status >= 300)
        code = ask_failed(&answer, &arena);
    if (!code && cli_has(args, "--json"))
        (void)printf("%.*s\n", STR_ARGS(answer.body));
    ask_free(&answer);
    arena_reset(&arena);
    return code;
}

/* What is to be kept or looked at must be there: a directory that was not named, or misspelt, would
 * make a good copy of nothing. */
static int find_database(const struct setup *setup, char path[PATH_CAP])
{
    if (access(join(path, setup->directory, "/" STORE_FILE_NAME), F_OK) == 0)
        return 0;
    return cli_fail(1, "%s: there is no database (%s): name the data directory with --data", path,
                    strerror(errno));
}

int cli_backup(const struct cli_args *args)
{
    char path[PATH_CAP], from[PATH_CAP], to[PATH_CAP];
    struct setup setup;
    int code = setup_read(&setup, args);

    if (!code)
        code = find_database(&setup, from);
    if (!code)
        code = absolute(args->words[0], path);
    if (!code)
        code = ask_backup(&setup, args, path);
    if (!code && cli_has(args, "--with-keys")) {
        code = copy_key(join(from, setup.directory, "/" SERVER_KEY_FILE), join(to, path, ".key"));
        if (!code)
            (void)fprintf(stderr, "%s holds the server's key: keep it apart from the database.\n",
                          to);
    } else if (!code) {
        (void)fprintf(
            stderr,
            "Without the key file %s/%s: stations' passwords cannot be checked after a restore. "
            "Keep a copy of it, or use --with-keys.\n",
            setup.directory, SERVER_KEY_FILE);
    }
    setup_fini(&setup);
    return code;
}

/* --- restore */

int cli_restore(const struct cli_args *args)
{
    char from[PATH_CAP], to[PATH_CAP], why[STORE_WHY_SIZE] = "";
    const char *key = cli_value(args, "--key");
    struct setup setup;
    int code = setup_read(&setup, args);

    if (!code && store_restore(args->words[0], setup.directory, why) != ERR_NONE)
        code = cli_fail(1, "%s", why);
    if (!code && !key && access(join(from, args->words[0], ".key"), R_OK) == 0)
        key = from;
    if (!code && key)
        code = copy_key(key, join(to, setup.directory, "/" SERVER_KEY_FILE));
    else if (!code)
        (void)fprintf(
            stderr,
            "There is no key file beside the backup. Put the old voltd.key into %s before the "
            "server "
            "starts (or restore with --key FILE); else every station needs a new password.\n",
            setup.directory);
    if (!code && cli_has(args, "--json"))
        (void)printf("{\"restored\":true,\"key\":%s}\n", key ? "true" : "false");
    setup_fini(&setup);
    return code;
}

/* --- verify */

struct faults {
    bool quiet; /* they are counted in JSON */
    char last[STORE_WHY_SIZE];
};

static void tell_fault(void *context, const char *text)
{
    struct faults *faults = context;

    if (faults->last[0] && !faults->quiet)
        (void)printf("%s\n", faults->last);
    (void)snprintf(faults->last, sizeof faults->last, "%s", text); /* cut is fine */
}

/* What is not ours to judge is said in one line. */
static int say_unsound(const char *path, const struct store_verdict *verdict,
                       const struct faults *faults)
{
    if (verdict->foreign)
        return cli_fail(1, "%s: %s", path, faults->last);
    if (!faults->quiet)
        (void)printf("%s\n", faults->last);
    return cli_fail(
        1, "%s does not verify (%lld faults); where it is damaged, restore a backup that does",
        path, (long long)verdict->faults);
}

int cli_verify(const struct cli_args *args)
{
    struct store_verdict verdict = { 0 };
    struct faults faults = { 0 };
    char path[PATH_CAP];
    bool json = cli_has(args, "--json");
    struct setup setup;
    enum err err;
    int code = setup_read(&setup, args);

    if (code) {
        setup_fini(&setup);
        return code;
    }
    if (args->word_count)
        (void)snprintf(path, sizeof path, "%s", args->words[0]); /* too long: does not open */
    else
        code = find_database(&setup, path);
    if (code) {
        setup_fini(&setup);
        return code;
    }
    faults.quiet = json;
    err = store_verify(path, tell_fault, &faults, &verdict);
    if (json)
        (void)printf("{\"sound\":%s,\"rows\":%lld,\"blocks\":%lld,\"faults\":%lld}\n",
                     err == ERR_NONE && !verdict.faults ? "true" : "false", (long long)verdict.rows,
                     (long long)verdict.blocks, (long long)verdict.faults);
    if (err != ERR_NONE || verdict.faults)
        code = say_unsound(path, &verdict, &faults);
    else if (!json)
        (void)printf("%s is sound: %lld rows, %lld log blocks\n", path, (long long)verdict.rows,
                     (long long)verdict.blocks);
    setup_fini(&setup);
    return code;
}

/* --- migrate */

int cli_migrate(const struct cli_args *args)
{
    struct ask_answer answer = { 0 };
    struct arena arena;
    struct setup setup;
    int code = setup_read(&setup, args);

    if (!code && cli_value(args, "--to"))
        code = cli_fail(
            1, "--to %s: this voltd has only the embedded database; no other backend is built in",
            cli_value(args, "--to"));
    arena_init(&arena, NULL, 0);
    if (!code) /* opening brings the schema up to date */
        code = ask(&setup, "GET", "/api/v1/server", STR_NONE, &answer);
    if (!code && answer.status >= 300)
        code = ask_failed(&answer, &arena);
    if (!code)
        (void)printf(cli_has(args, "--json") ? "{\"current\":true}\n"
                                             : "The database has the schema of this version.\n");
    ask_free(&answer);
    arena_reset(&arena);
    setup_fini(&setup);
    return code;
}
