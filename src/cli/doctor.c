/* doctor.c: what is wrong, and what to do. One line a check. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "access/key_file.h"
#include "cli/ask.h"
#include "store/files.h"
#include "json/writer.h"

int cli_doctor(const struct cli_args *args);

enum { PATH_CAP = 4200, FREE_MIB_MIN = 256, FILES_MIN = 4096, YEAR_2025_S = 1735689600 };

struct doctor {
    const struct setup *setup;
    bool json;
    uint32_t faults;
    struct arena arena;
    struct buf out;
    struct json_writer list;
};

/* good: all is well, or only worth knowing. */
static void tell(struct doctor *doctor, bool good, const char *what, const char *format, ...)
    PRINTF_LIKE(4, 5);
static void tell(struct doctor *doctor, bool good, const char *what, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args); /* cut where there is no room */
    va_end(args);
    doctor->faults += !good;
    if (!doctor->json) {
        (void)printf("%s  %-10s %s\n", good ? "ok " : "BAD", what, text);
        return;
    }
    json_object_begin(&doctor->list);
    json_key_str(&doctor->list, "check", str_of(what));
    json_key_bool(&doctor->list, "good", good);
    json_key_str(&doctor->list, "text", str_of(text));
    json_object_end(&doctor->list);
}

static void check_directory(struct doctor *doctor)
{
    const char *directory = doctor->setup->directory;
    char why[STORE_WHY_SIZE] = "";
    enum store_place place;
    struct statvfs space;
    struct stat status;

    if (stat(directory, &status) != 0) {
        tell(doctor, errno == ENOENT, "directory", "%s: %s%s", directory, strerror(errno),
             errno == ENOENT ? " yet; it is made at the first start" : "");
        return;
    }
    if (access(directory, W_OK | X_OK) != 0)
        tell(doctor, false, "directory",
             "%s cannot be written to: %s. Change its owner or choose another with --data",
             directory, strerror(errno));
    else if (status.st_mode & (S_IRWXG | S_IRWXO) & ~(mode_t)(S_IXGRP | S_IRGRP))
        tell(doctor, false, "directory", "%s is open to other users: chmod 700 %s", directory,
             directory);
    else
        tell(doctor, true, "directory", "%s", directory);
    if (store_check_place(directory, &place, why) == ERR_NONE)
        tell(doctor, place != STORE_PLACE_BAD, "place", "%s", why[0] ? why : "a local file system");
    if (statvfs(directory, &space) == 0) {
        unsigned long long mib = (unsigned long long)space.f_bavail * space.f_frsize >> 20;
        tell(doctor, mib >= FREE_MIB_MIN, "space", "%llu MiB free%s", mib,
             mib >= FREE_MIB_MIN ? ""
                                 : ": make room, or stations will be disconnected when it is full");
    }
}

static void check_key(struct doctor *doctor)
{
    char path[PATH_CAP];
    struct stat status;

    (void)snprintf(path, sizeof path, "%s/%s", doctor->setup->directory,
                   SERVER_KEY_FILE); /* the directory is shorter */
    if (stat(path, &status) != 0)
        tell(doctor, errno == ENOENT, "key", "%s: %s%s", path, strerror(errno),
             errno == ENOENT ? " yet; it is made at the first start" : "");
    else if (status.st_size != SERVER_KEY_BYTES)
        tell(doctor, false, "key", "%s is no key: put back the one from your backup", path);
    else if (status.st_mode & (S_IRWXG | S_IRWXO))
        tell(doctor, false, "key", "%s can be read by others: chmod 600 %s", path, path);
    else
        tell(doctor, true, "key", "%s; keep a copy of it apart from the database", path);
}

static void check_system(struct doctor *doctor)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0)
        tell(doctor, files.rlim_max >= FILES_MIN, "files",
             "%llu open files are allowed, so about %llu stations%s",
             (unsigned long long)files.rlim_max,
             (unsigned long long)(files.rlim_max > 256 ? files.rlim_max - 256 : 0),
             files.rlim_max >= FILES_MIN ? "" : ": raise LimitNOFILE of the service, or ulimit -n");
    tell(doctor, time(NULL) > YEAR_2025_S, "clock", "%s",
         time(NULL) > YEAR_2025_S ? "plausible; keep it right with NTP"
                                  : "it is before 2025: set it, and keep it right with NTP");
}

static void check_file(struct doctor *doctor, const char *key, struct str files)
{
    struct str part;

    while (files.len && str_cut(&files, ',', &part)) {
        char path[PATH_CAP];
        (void)snprintf(path, sizeof path, "%.*s",
                       STR_ARGS(str_trim(part))); /* too long: is not there */
        tell(doctor, access(path, R_OK) == 0, "tls", "%s: %s%s%s", key, path,
             access(path, R_OK) == 0 ? "" : ": ", access(path, R_OK) == 0 ? "" : strerror(errno));
    }
}

static void check_tls(struct doctor *doctor)
{
    const struct options *options = &doctor->setup->options;

    check_file(doctor, "https.cert", options->https_cert);
    check_file(doctor, "https.key", options->https_key);
    check_file(doctor, "ocpp.cert", options->ocpp_cert);
    check_file(doctor, "ocpp.key", options->ocpp_key);
    check_file(doctor, "ocpp.client_ca", options->ocpp_client_ca);
}

/* The server itself, or the database that none has open. */
static void check_server(struct doctor *doctor)
{
    char path[PATH_CAP];
    struct ask_answer answer;

    (void)snprintf(path, sizeof path, "%s/%s", doctor->setup->directory,
                   STORE_FILE_NAME); /* as above */
    if (access(path, F_OK) != 0) {
        tell(doctor, true, "database", "there is none yet; it is made at the first start");
        return;
    }
    if (ask(doctor->setup, "GET", "/readyz", STR_NONE, &answer) != 0) {
        tell(doctor, false, "database", "it does not open; the line above says why");
        return;
    }
    if (answer.status == 200)
        tell(doctor, true, "database",
             answer.running ? "a server has it open, and stores"
                            : "it opens; no server runs on it");
    else
        tell(doctor, false, "server", "%.*s", STR_ARGS(str_trim(answer.body)));
    ask_free(&answer);
}

int cli_doctor(const struct cli_args *args)
{
    struct setup setup;
    struct doctor doctor = { .setup = &setup, .json = cli_has(args, "--json") };
    int code = setup_read(&setup, args);

    if (code) {
        setup_fini(&setup);
        return code;
    }
    arena_init(&doctor.arena, NULL, 0);
    buf_init_arena(&doctor.out, &doctor.arena, 256u << 10);
    doctor.list = json_writer(&doctor.out);
    json_array_begin(&doctor.list);
    check_directory(&doctor);
    check_key(&doctor);
    check_system(&doctor);
    check_tls(&doctor);
    check_server(&doctor);
    json_array_end(&doctor.list);
    if (doctor.json)
        (void)printf("%.*s\n", STR_ARGS(buf_str(&doctor.out)));
    if (doctor.faults)
        code = cli_fail(1, "%u things are wrong", doctor.faults);
    arena_reset(&doctor.arena);
    setup_fini(&setup);
    return code;
}
