/* SPDX-License-Identifier: PostgreSQL */
#include "tests/support/proc.h"

#include "tests/support/port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { DIRS_MAX = 128, LOGS_MAX = 128, FILE_MAX = 1 << 20, LOG_SHOWN = 6000 };

static char dirs[DIRS_MAX][PROC_PATH_MAX];
static int dir_count;
static char logs[LOGS_MAX][PROC_PATH_MAX];
static int log_count;
static pid_t owner; /* of the folders: a forked child must not remove them */

void proc_die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("test support: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    proc_show_logs();
    exit(1);
}

long proc_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void proc_pause_ms(int ms)
{
    struct timespec pause = {ms / 1000, (long)(ms % 1000) * 1000000};

    nanosleep(&pause, NULL);
}

static int remove_one(const char *path, const struct stat *info, int flag, struct FTW *ftw)
{
    (void)info;
    (void)flag;
    (void)ftw;
    remove(path);
    return 0;
}

static void remove_dirs(void)
{
    if (getpid() != owner || getenv("SLUICE_KEEP") != NULL) {
        return;
    }
    for (int i = 0; i < dir_count; i++) {
        nftw(dirs[i], remove_one, 16, FTW_DEPTH | FTW_PHYS);
    }
}

/* The user to become, or NULL: only root can, and needs to. */
static const struct passwd *other_user(const char *user)
{
    const struct passwd *entry;

    if (user == NULL || geteuid() != 0) {
        return NULL;
    }
    entry = getpwnam(user);
    if (entry == NULL) {
        proc_die("there is no user %s", user);
    }
    return entry;
}

static void give_to(const char *path, const char *user)
{
    const struct passwd *entry = other_user(user);

    if (entry != NULL && chown(path, entry->pw_uid, entry->pw_gid) != 0) {
        proc_die("chown %s: %s", path, strerror(errno));
    }
}

void proc_temp_dir(char dir[PROC_PATH_MAX], const char *user)
{
    const char *parent = getenv("TMPDIR");

    /* A Unix socket's path must fit 108 bytes. */
    if (parent == NULL || strlen(parent) > 60) {
        parent = "/tmp";
    }
    if (dir_count == 0) {
        owner = getpid();
        atexit(remove_dirs);
    }
    snprintf(dir, PROC_PATH_MAX, "%s/sluice-test-XXXXXX", parent);
    if (dir_count == DIRS_MAX || mkdtemp(dir) == NULL) {
        proc_die("mkdtemp %s: %s", dir, strerror(errno));
    }
    snprintf(dirs[dir_count++], PROC_PATH_MAX, "%s", dir);
    give_to(dir, user);
}

static struct sockaddr_in loopback(int port)
{
    struct sockaddr_in address;

    memset(&address, 0, sizeof(address));
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

int proc_free_port(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int port = fd < 0 ? 0 : port_bind(fd);

    if (port == 0) {
        proc_die("no free port: %s", strerror(errno));
    }
    close(fd);
    return port;
}

int proc_silent_port(int *fd)
{
    int port;

    *fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    port = *fd < 0 ? 0 : port_bind(*fd);
    if (port == 0 || listen(*fd, SOMAXCONN) != 0) {
        proc_die("no silent port: %s", strerror(errno));
    }
    return port;
}

bool proc_wait_port(int port, int timeout_ms)
{
    struct sockaddr_in address = loopback(port);
    long end = proc_now_ms() + timeout_ms;

    for (;;) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int failed = connect(fd, (struct sockaddr *)&address, sizeof(address));

        close(fd);
        if (failed == 0) {
            return true;
        }
        if (proc_now_ms() > end) {
            return false;
        }
        proc_pause_ms(20);
    }
}

static void remember_log(const char *log)
{
    for (int i = 0; i < log_count; i++) {
        if (strcmp(logs[i], log) == 0) {
            return;
        }
    }
    if (log_count < LOGS_MAX) {
        snprintf(logs[log_count++], PROC_PATH_MAX, "%s", log);
    }
}

/* In the child: never returns. */
static void become(char *const argv[], const struct proc_options *options, pid_t parent)
{
    const struct passwd *entry = other_user(options->user);

    if (options->log != NULL) {
        int fd = open(options->log, O_WRONLY | O_CREAT | O_APPEND, 0666);

        if (fd < 0) {
            _exit(126);
        }
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
    }
    if (entry != NULL && (initgroups(entry->pw_name, entry->pw_gid) != 0 ||
                                 setgid(entry->pw_gid) != 0 || setuid(entry->pw_uid) != 0)) {
        _exit(126);
    }
    /* After setuid(), which clears it. */
    prctl(PR_SET_PDEATHSIG, options->death_signal != 0 ? options->death_signal : SIGKILL);
    if (getppid() != parent || (options->dir != NULL && chdir(options->dir) != 0)) {
        _exit(126);
    }
    execvp(argv[0], argv);
    dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

void proc_start(struct proc *proc, char *const argv[], const struct proc_options *options)
{
    pid_t parent = getpid();

    memset(proc, 0, sizeof(*proc));
    if (options->log != NULL) {
        snprintf(proc->log, sizeof(proc->log), "%s", options->log);
        remember_log(options->log);
    }
    fflush(NULL);
    proc->pid = fork();
    if (proc->pid < 0) {
        proc_die("fork: %s", strerror(errno));
    }
    if (proc->pid == 0) {
        become(argv, options, parent);
    }
}

static int as_status(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int proc_wait(struct proc *proc, int timeout_ms)
{
    long end = proc_now_ms() + timeout_ms;
    int status;

    for (;;) {
        if (waitpid(proc->pid, &status, WNOHANG) == proc->pid) {
            proc->pid = 0;
            return as_status(status);
        }
        if (proc_now_ms() > end) {
            return -1;
        }
        proc_pause_ms(5);
    }
}

int proc_run(char *const argv[], const struct proc_options *options)
{
    struct proc proc;
    int status;

    proc_start(&proc, argv, options);
    if (waitpid(proc.pid, &status, 0) != proc.pid) {
        proc_die("waitpid: %s", strerror(errno));
    }
    return as_status(status);
}

int proc_shell(const char *log, const char *format, ...)
{
    char command[4096];
    char *const argv[] = {(char[]){"sh"}, (char[]){"-c"}, command, NULL};
    const struct proc_options options = {.log = log};
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(command, sizeof(command), format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof(command)) {
        proc_die("a command is too long");
    }
    return proc_run(argv, &options);
}

int proc_stop(struct proc *proc, int sig, int timeout_ms)
{
    int status;

    if (proc->pid == 0) {
        return 0;
    }
    kill(proc->pid, sig);
    status = proc_wait(proc, timeout_ms);
    if (status < 0) {
        kill(proc->pid, SIGKILL);
        status = proc_wait(proc, 10000);
    }
    return status;
}

void proc_write(const char *dir, const char *name, const char *user, const char *text)
{
    char path[PROC_PATH_MAX * 2];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    file = fopen(path, "we");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0) {
        proc_die("cannot write %s: %s", path, strerror(errno));
    }
    chmod(path, 0600);
    give_to(path, user);
}

char *proc_read(const char *path)
{
    char *text = calloc(1, FILE_MAX + 1);
    FILE *file = fopen(path, "re");

    if (text == NULL || file == NULL) {
        proc_die("cannot read %s: %s", path, strerror(errno));
    }
    if (fread(text, 1, FILE_MAX, file) == 0 && ferror(file)) {
        proc_die("cannot read %s", path);
    }
    fclose(file);
    return text;
}

void proc_show_logs(void)
{
    for (int i = 0; i < log_count; i++) {
        FILE *file = fopen(logs[i], "re");
        char text[LOG_SHOWN + 1];
        size_t len;

        if (file == NULL) {
            continue;
        }
        if (fseek(file, -(long)LOG_SHOWN, SEEK_END) != 0) {
            rewind(file);
        }
        len = fread(text, 1, LOG_SHOWN, file);
        text[len] = '\0';
        fclose(file);
        fprintf(stderr, "---- end of %s\n%s\n", logs[i], text);
    }
}
