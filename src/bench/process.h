/* process.h: a server in a process of its own, and what it uses: CPU by thread, memory. By /proc.
 */
#pragma once
#include <sys/types.h>

#include "base/base.h"

struct server {
    pid_t pid;
    int out; /* its standard output */
    char ready[512];
};

/* What its threads have used since it began, ns. */
struct server_cpu {
    int64_t loops, core, storage; /* storage: the writer, the checkpointer, the readers */
};

/* As many descriptors as the system allows, for this process and those that it starts. */
void server_raise_files(void);
/* Starts `arguments` (the first is the program, NULL ends them) and waits for the ready line.
 * ERR_OS: why (of BENCH_WHY_SIZE bytes) says what is wrong. */
MUST_CHECK enum err server_start(struct server *server, const char *const *arguments, char *why);
/* The address behind "NAME=" in the ready line; false: there is none. */
bool server_address(const struct server *server, const char *name, char address[64]);
void server_cpu(const struct server *server, struct server_cpu *cpu);
/* Its anonymous memory, bytes. */
int64_t server_memory(const struct server *server);
/* Sends the signal and waits for its end. */
void server_end(struct server *server, int signal_number);
