#include "bench/process.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"

/* --- life --- */

void server_raise_files(void)
{
    struct rlimit files;

    check(getrlimit(RLIMIT_NOFILE, &files) == 0);
    files.rlim_cur = files.rlim_max;
    check(setrlimit(RLIMIT_NOFILE, &files) == 0);
}

NORETURN static void become(int out, const char *const *arguments)
{
    /* A benchmark that is killed takes its servers along. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || dup2(out, STDOUT_FILENO) < 0)
        _exit(1);
    /* execv returns when it failed. NOLINTNEXTLINE(performance-no-int-to-ptr): it takes no const */
    (void)execv(arguments[0], (char *const *)(uintptr_t)arguments);
    _exit(1);
}

static bool read_ready(struct server *server)
{
    size_t len = 0;

    while (len + 1 < sizeof server->ready) {
        ssize_t got = read(server->out, server->ready + len, sizeof server->ready - 1 - len);
        if (got <= 0)
            return false;
        len += (size_t)got;
        server->ready[len] = '\0';
        if (strchr(server->ready, '\n'))
            return strncmp(server->ready, "ready", 5) == 0;
    }
    return false;
}

enum err server_start(struct server *server, const char *const *arguments, char *why)
{
    int ends[2];

    if (pipe(ends) != 0) {
        (void)snprintf(why, BENCH_WHY_SIZE, "no pipe: %s", strerror(errno));
        return ERR_OS;
    }
    *server = (struct server){ .pid = fork(), .out = ends[0] };
    if (server->pid == 0)
        become(ends[1], arguments);
    close(ends[1]);
    if (server->pid < 0) {
        (void)snprintf(why, BENCH_WHY_SIZE, "no process: %s", strerror(errno));
        close(server->out);
        return ERR_OS;
    }
    if (!read_ready(server)) {
        (void)snprintf(why, BENCH_WHY_SIZE, "%s %s does not come up", arguments[0], arguments[1]);
        server_end(server, SIGKILL);
        return ERR_OS;
    }
    return ERR_NONE;
}

bool server_address(const struct server *server, const char *name, char address[64])
{
    struct str rest = str_trim(str_of(server->ready)), word;

    while (str_cut(&rest, ' ', &word)) {
        struct str value = word, key;
        if (!str_cut(&value, '=', &key) || !value.ptr || !str_equal(key, str_of(name)))
            continue;
        (void)snprintf(address, 64, "%.*s", STR_ARGS(value)); /* host and port are shorter */
        return true;
    }
    return false;
}

void server_end(struct server *server, int signal_number)
{
    check(kill(server->pid, signal_number) == 0);
    while (waitpid(server->pid, NULL, 0) < 0)
        check(errno == EINTR);
    close(server->out);
}

/* --- what it uses --- */

/* The beginning of /proc/PID/NAME. */
static bool read_proc(const struct server *server, const char *name, char *memory, size_t cap)
{
    char path[128];
    FILE *file;
    size_t len;

    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)server->pid, name); /* fits */
    file = fopen(path, "r");
    if (!file)
        return false; /* a thread that has just ended */
    len = fread(memory, 1, cap - 1, file);
    memory[len] = '\0';
    (void)fclose(file); /* was only read */
    return len > 0;
}

static bool read_task(const struct server *server, const char *task, const char *name, char *memory,
                      size_t cap)
{
    char path[64];

    (void)snprintf(path, sizeof path, "task/%.20s/%.20s", task, name); /* a number and a word */
    return read_proc(server, path, memory, cap);
}

static int64_t *share_of(const struct server *server, struct server_cpu *cpu, const char *task)
{
    char name[32] = "";

    if (strtol(task, NULL, 10) == server->pid)
        return &cpu->core;
    (void)read_task(server, task, "comm", name, sizeof name); /* without a name it is storage */
    return strncmp(name, "loop", 4) == 0 ? &cpu->loops : &cpu->storage;
}

void server_cpu(const struct server *server, struct server_cpu *cpu)
{
    char path[64], line[128];
    struct dirent *entry;
    DIR *tasks;

    *cpu = (struct server_cpu){ 0 };
    (void)snprintf(path, sizeof path, "/proc/%d/task", (int)server->pid); /* fits */
    tasks = opendir(path);
    check(tasks != NULL);
    while ((entry = readdir(tasks)) != NULL)
        if (entry->d_name[0] != '.' &&
            read_task(server, entry->d_name, "schedstat", line, sizeof line))
            *share_of(server, cpu, entry->d_name) += strtoll(line, NULL, 10);
    (void)closedir(tasks); /* was only read */
}

int64_t server_memory(const struct server *server)
{
    static const char key[] = "RssAnon:";
    char text[4096];
    const char *at;

    check(read_proc(server, "status", text, sizeof text));
    at = strstr(text, key);
    check(at != NULL);
    return strtoll(at + sizeof key - 1, NULL, 10) * 1024;
}
