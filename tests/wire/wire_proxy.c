/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/wire/wire_proxy.c - starting and stopping the proxy under test.
 */
#include "tests/wire/wire_proxy.h"

#include "tests/support/port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

static FILE *file_new(const struct wire_proxy *proxy, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", proxy->folder, name);
    return fopen(path, "w");
}

/* A port that was free a moment ago; the proxy takes it at once. */
static unsigned short port_free(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return 0;
    }
    unsigned short port = port_bind(fd);
    close(fd);
    return port;
}

/* Another proxy than ours, played without workers: its own idea of an exit status is fine. */
static bool is_foreign(const struct wire_proxy *proxy)
{
    return proxy->workers == 0;
}

static bool has_key(const struct wire_pairs *pairs, const char *key)
{
    for (size_t i = 0; i < pairs->count; i++) {
        if (strcmp(pairs->at[i].key, key) == 0) {
            return true;
        }
    }
    return false;
}

static void write_section(FILE *ini, const struct wire_proxy *proxy, const struct wire_world *world)
{
    static const struct wire_pair defaults[] = {{"listen_addr", "127.0.0.1"},
            {"unix_socket_dir", ""}, {"auth_type", "trust"}, {"admin_users", "admin"},
            {"pool_mode", "transaction"}, {"default_pool_size", "1"}, {"max_client_conn", "100"},
            {"server_tls_sslmode", "disable"}};
    const struct wire_pairs *conf = &world->script->conf;
    fprintf(ini, "[pgbouncer]\nlisten_port = %u\n", (unsigned)world->proxy_port);
    fprintf(ini, "auth_file = %s/users.txt\n", proxy->folder);
    for (size_t i = 0; i < SL_COUNT(defaults); i++) {
        if (!has_key(conf, defaults[i].key)) {
            fprintf(ini, "%s = %s\n", defaults[i].key, defaults[i].value);
        }
    }
    for (size_t i = 0; i < conf->count; i++) {
        fprintf(ini, "%s = %s\n", conf->at[i].key, conf->at[i].value);
    }
    if (geteuid() == 0 && !is_foreign(proxy)) {
        fputs("user = root\n", ini);
    }
    if (proxy->workers > 0) {
        fprintf(ini, "workers = %u\n", proxy->workers);
    }
}

/* Statements are observed, which is a stage, unless the script or who plays it says otherwise. */
static void write_stats(FILE *ini, const struct wire_proxy *proxy, const struct wire_world *world)
{
    const char *mode = world->script->pipe ? "off" : getenv("WIRE_STATS");

    if (is_foreign(proxy)) {
        return;
    }
    /* What a server is asked by Sluice itself, and when, is in no script. */
    fputs("[stats]\ncatalog_memory = 0\n", ini);
    if (mode != NULL) {
        fprintf(ini, "mode = %s\n", mode);
    }
}

static bool write_files(struct wire_proxy *proxy, struct wire_world *world)
{
    FILE *ini = file_new(proxy, "sluice.ini");
    FILE *users = file_new(proxy, "users.txt");
    if (ini != NULL) {
        const struct wire_pairs *database = &world->script->database;
        write_section(ini, proxy, world);
        fprintf(ini, "[databases]\nd = host=127.0.0.1 port=%u dbname=d",
                (unsigned)world->server_port);
        for (size_t i = 0; i < database->count; i++) {
            fprintf(ini, " %s=%s", database->at[i].key, database->at[i].value);
        }
        fputc('\n', ini);
        write_stats(ini, proxy, world);
    }
    if (users != NULL) {
        fputs("\"u\" \"secret\"\n\"v\" \"secret\"\n\"admin\" \"secret\"\n", users);
    }
    bool written = ini != NULL && users != NULL && ferror(ini) == 0 && ferror(users) == 0;
    if (ini != NULL) {
        fclose(ini);
    }
    if (users != NULL) {
        fclose(users);
    }
    return written || wire_fail(world, "cannot write the proxy's files");
}

static _Noreturn void become_proxy(const struct wire_proxy *proxy, const char *binary)
{
    char ini[128];
    char log[128];
    snprintf(ini, sizeof ini, "%s/sluice.ini", proxy->folder);
    snprintf(log, sizeof log, "%s/log", proxy->folder);
    int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    if (geteuid() == 0) { /* which is refused unless asked for */
        execl(binary, binary, "-u", "root", ini, (char *)NULL);
    }
    execl(binary, binary, ini, (char *)NULL);
    _exit(127);
}

static bool accepts(const struct wire_world *world)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
            .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
            .sin_port = htons(world->proxy_port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool connected = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return connected;
}

bool wire_proxy_start(
        struct wire_proxy *proxy, struct wire_world *world, const char *binary, unsigned workers)
{
    *proxy = (struct wire_proxy){.folder = "/tmp/sluice-wire-XXXXXX", .workers = workers};
    world->proxy_port = port_free();
    if (world->proxy_port == 0 || mkdtemp(proxy->folder) == NULL) {
        return wire_fail(world, "no port or no folder for the proxy");
    }
    if (!write_files(proxy, world)) {
        return false;
    }
    proxy->pid = fork();
    if (proxy->pid == 0) {
        become_proxy(proxy, binary);
    }
    if (proxy->pid < 0) {
        return wire_fail(world, "cannot fork");
    }
    for (sl_usec end = sl_now() + 2 * WIRE_STEP_USEC; sl_now() < end; nap()) {
        if (accepts(world)) {
            return true;
        }
        int status = 0;
        if (waitpid(proxy->pid, &status, WNOHANG) == proxy->pid) {
            proxy->pid = 0;
            return wire_fail(world, "the proxy ended at once, wait status %d", status);
        }
    }
    return wire_fail(world, "the proxy does not accept connections");
}

size_t wire_proxy_memory(const struct wire_proxy *proxy)
{
    char path[64];
    unsigned long total = 0;
    unsigned long resident = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)proxy->pid);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return 0;
    }
    if (fscanf(file, "%lu %lu", &total, &resident) != 2) {
        resident = 0;
    }
    fclose(file);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

void wire_proxy_show_log(const struct wire_proxy *proxy)
{
    enum { TAIL_BYTES = 4000 };
    char path[128];
    char line[512];
    snprintf(path, sizeof path, "%s/log", proxy->folder);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return;
    }
    if (fseek(file, -TAIL_BYTES, SEEK_END) == 0 && fgets(line, sizeof line, file) == NULL) {
        line[0] = '\0';
    }
    fprintf(stderr, "--- the proxy's log\n");
    while (fgets(line, sizeof line, file) != NULL) {
        fprintf(stderr, "  %s", line);
    }
    fclose(file);
}

static void remove_folder(const struct wire_proxy *proxy)
{
    static const char *const names[] = {"sluice.ini", "users.txt", "log"};
    char path[128];
    for (size_t i = 0; i < SL_COUNT(names); i++) {
        snprintf(path, sizeof path, "%s/%s", proxy->folder, names[i]);
        unlink(path);
    }
    rmdir(proxy->folder);
}

/* Waits for the process; SL_ETIMEOUT after killing it. */
static enum sl_err reap(struct wire_proxy *proxy, int *status)
{
    for (sl_usec end = sl_now() + WIRE_STEP_USEC; sl_now() < end; nap()) {
        if (waitpid(proxy->pid, status, WNOHANG) == proxy->pid) {
            return SL_OK;
        }
    }
    kill(proxy->pid, SIGKILL);
    waitpid(proxy->pid, status, 0);
    return SL_ETIMEOUT;
}

bool wire_proxy_stop(struct wire_proxy *proxy, struct wire_world *world)
{
    int status = 0;
    bool fine = true;
    /* It may wait for clients that are in the middle of something: there are none. */
    for (size_t i = 0; i < world->count; i++) {
        wire_actor_close(&world->actors[i], false);
    }
    if (proxy->pid > 0) {
        bool was_dead = waitpid(proxy->pid, &status, WNOHANG) == proxy->pid;
        if (!was_dead) {
            kill(proxy->pid, SIGTERM);
        }
        bool is_late = !was_dead && reap(proxy, &status) != SL_OK;
        bool is_well = WIFEXITED(status) && (WEXITSTATUS(status) == 0 || is_foreign(proxy));
        fine = !was_dead && !is_late && is_well;
        /* Said even when the run failed already: then this is why. */
        if (!fine) {
            fprintf(stderr, "--- the proxy %s, wait status 0x%x\n",
                    was_dead  ? "died during the run"
                    : is_late ? "did not go away on SIGTERM"
                              : "did not end well",
                    (unsigned)status);
        }
    }
    if (!fine) {
        wire_proxy_show_log(proxy);
        wire_fail(world, "the proxy did not end as it should");
    }
    proxy->pid = 0;
    remove_folder(proxy);
    return fine;
}
