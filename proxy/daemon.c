/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/daemon.h"

#include "conf/conf.h"
#include "conf/conf_check.h"
#include "conf/users.h"
#include "protocol/base/log.h"
#include "protocol/base/parse.h"
#include "protocol/sqlstate.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ENTRY_BYTES = 16384, /* of a line of passwd */
    SPARE_FILES = 64,    /* listeners, logs, loops, mailboxes: what does not grow */
    PATH_BYTES = 4096
};

static struct {
    char pidfile[PATH_BYTES]; /* "" while it is not ours */
    bool is_pidfile_left;     /* to the process that takes over */
    int ready_fd;             /* to the process that waits for daemon_ready(); 0: none */
} self;

static const char *why(int code, char text[static 128])
{
    return strerror_r(code, text, 128);
}

/* ---- the user ---- */

static enum sl_err drop_to(const struct passwd *entry, struct sl_error *error)
{
    char text[128];

    if (initgroups(entry->pw_name, entry->pw_gid) != 0 || setgid(entry->pw_gid) != 0 ||
            setuid(entry->pw_uid) != 0) {
        return sl_error_set(error, SL_EAUTH, SL_STATE_INSUFFICIENT_PRIVILEGE,
                "cannot become user \"%s\": %s", entry->pw_name, why(errno, text));
    }
    return SL_OK;
}

enum sl_err daemon_become(const char *user, struct sl_error *error)
{
    char bytes[ENTRY_BYTES];
    struct passwd entry;
    struct passwd *found = NULL;

    if (user[0] == '\0') {
        if (getuid() == 0) {
            return sl_error_set(error, SL_EAUTH, SL_STATE_INSUFFICIENT_PRIVILEGE,
                    "will not run as root: set user (or -u) to whom to become, or to root if root "
                    "it must be");
        }
        return SL_OK;
    }
    if (getpwnam_r(user, &entry, bytes, sizeof bytes, &found) != 0 || found == NULL) {
        return sl_error_set(
                error, SL_EAUTH, SL_STATE_INSUFFICIENT_PRIVILEGE, "there is no user \"%s\"", user);
    }
    if (entry.pw_uid == getuid()) {
        return SL_OK;
    }
    return drop_to(&entry, error);
}

void daemon_check_names(const struct conf *conf, struct conf_problems *problems)
{
    char bytes[ENTRY_BYTES];
    struct passwd user;
    struct passwd *found_user = NULL;
    struct group group;
    struct group *found_group = NULL;

    if (conf->user[0] != '\0' &&
            (getpwnam_r(conf->user, &user, bytes, sizeof bytes, &found_user) != 0 ||
                    found_user == NULL)) {
        conf_check_add(conf, problems, CONF_WARNING,
                "user: there is no user \"%s\" on this machine", conf->user);
    }
    if (conf->unix_socket_group[0] != '\0' &&
            (getgrnam_r(conf->unix_socket_group, &group, bytes, sizeof bytes, &found_group) != 0 ||
                    found_group == NULL)) {
        conf_check_add(conf, problems, CONF_WARNING,
                "unix_socket_group: there is no group \"%s\" on this machine",
                conf->unix_socket_group);
    }
}

/* ---- the pid file ---- */

/* The process id in the file; 0: there is no file, -1: there is, but no number in it. */
static enum sl_err read_pidfile(const char *path, int64_t *pid, struct sl_error *error)
{
    char text[128];
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    *pid = 0;
    if (fd < 0) {
        if (errno == ENOENT) {
            return SL_OK;
        }
        return sl_error_set(
                error, SL_EIO, "58030", "cannot open pidfile \"%s\": %s", path, why(errno, text));
    }
    ssize_t len = read(fd, text, sizeof text - 1);
    close(fd);
    text[len > 0 ? len : 0] = '\0';
    text[strcspn(text, "\r\n")] = '\0';
    if (sl_parse_i64(text, 1, INT32_MAX, pid) != SL_OK) {
        *pid = -1;
    }
    return SL_OK;
}

enum sl_err daemon_check_pidfile(const char *path, struct sl_error *error)
{
    int64_t pid;

    if (path[0] == '\0') {
        return SL_OK;
    }
    enum sl_err err = read_pidfile(path, &pid, error);
    if (err != SL_OK || pid == 0) {
        return err;
    }
    /* In a container the number may well be our own, left behind by the one before. */
    if (pid > 0 && pid != getpid() && (kill((pid_t)pid, 0) == 0 || errno != ESRCH)) {
        return sl_error_set(error, SL_ELIMIT, SL_STATE_OBJECT_NOT_IN_STATE,
                "pidfile \"%s\" names process %ld, which is running", path, (long)pid);
    }
    if (pid < 0) {
        return sl_error_set(error, SL_ELIMIT, SL_STATE_OBJECT_NOT_IN_STATE,
                "pidfile \"%s\" is there and has no process id in it", path);
    }
    unlink(path);
    sl_log(SL_LOG_INFO, "pidfile_stale", "path=%s pid=%ld, removed", sl_log_quote(path), (long)pid);
    return SL_OK;
}

static enum sl_err write_pid(const char *path, int flags, struct sl_error *error)
{
    char text[128];
    int fd = open(path, O_WRONLY | O_CREAT | flags | O_CLOEXEC, 0644);

    if (fd < 0) {
        return sl_error_set(
                error, SL_EIO, "58030", "cannot write pidfile \"%s\": %s", path, why(errno, text));
    }
    int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    ssize_t written = write(fd, text, (size_t)len);
    close(fd);
    if (written != len) {
        unlink(path);
        return sl_error_set(error, SL_EIO, "58030", "cannot write pidfile \"%s\"", path);
    }
    return SL_OK;
}

enum sl_err daemon_write_pidfile(const char *path, struct sl_error *error)
{
    if (path[0] == '\0') {
        return SL_OK;
    }
    enum sl_err err = write_pid(path, O_EXCL, error);
    if (err == SL_OK) {
        snprintf(self.pidfile, sizeof self.pidfile, "%s", path);
    }
    return err;
}

/* Whoever reads it meanwhile finds one of the two. */
enum sl_err daemon_take_pidfile(const char *path, struct sl_error *error)
{
    char made[sizeof self.pidfile + 16];
    char text[128];

    if (path[0] == '\0') {
        return SL_OK;
    }
    snprintf(made, sizeof made, "%s.%ld", path, (long)getpid());
    enum sl_err err = write_pid(made, O_TRUNC, error);
    if (err != SL_OK) {
        return err;
    }
    if (rename(made, path) != 0) {
        int code = errno;
        unlink(made);
        return sl_error_set(
                error, SL_EIO, "58030", "cannot write pidfile \"%s\": %s", path, why(code, text));
    }
    snprintf(self.pidfile, sizeof self.pidfile, "%s", path);
    return SL_OK;
}

void daemon_leave_pidfile(void)
{
    self.is_pidfile_left = true;
}

void daemon_restore_pidfile(void)
{
    struct sl_error error = {.text = ""};
    char path[sizeof self.pidfile];
    int64_t pid = 0;

    self.is_pidfile_left = false;
    memcpy(path, self.pidfile, sizeof path);
    if (path[0] != '\0' && (read_pidfile(path, &pid, &error) != SL_OK || pid != getpid()) &&
            daemon_take_pidfile(path, &error) != SL_OK) {
        sl_log(SL_LOG_ERROR, "pidfile_lost", "reason=%s, it is not ours any more",
                sl_log_quote(error.text));
    }
}

void daemon_remove_pidfile(void)
{
    if (self.pidfile[0] != '\0' && !self.is_pidfile_left) {
        unlink(self.pidfile);
        self.pidfile[0] = '\0';
    }
}

/* ---- the terminal ---- */

/* The first process: waits for the daemon's word, or for its end. */
static _Noreturn void wait_for_daemon(int fd)
{
    char word = 0;
    ssize_t n;

    do {
        n = read(fd, &word, 1);
    } while (n < 0 && errno == EINTR);
    _exit(n == 1 ? 0 : 1);
}

enum sl_err daemon_detach(struct sl_error *error)
{
    int pipe_fds[2];
    char text[128];

    if (pipe2(pipe_fds, O_CLOEXEC) != 0) {
        return sl_error_set(error, SL_EIO, "58000", "cannot make a pipe: %s", why(errno, text));
    }
    pid_t pid = fork();
    if (pid > 0) {
        close(pipe_fds[1]);
        wait_for_daemon(pipe_fds[0]);
    }
    close(pipe_fds[0]);
    if (pid < 0 || setsid() < 0) {
        return sl_error_set(error, SL_EIO, "58000", "cannot fork: %s", why(errno, text));
    }
    /* Once more, so as not to lead the session and never to get a terminal again. */
    pid = fork();
    if (pid > 0) {
        _exit(0);
    }
    if (pid < 0) {
        return sl_error_set(error, SL_EIO, "58000", "cannot fork: %s", why(errno, text));
    }
    self.ready_fd = pipe_fds[1];
    return SL_OK;
}

void daemon_ready(void)
{
    if (self.ready_fd == 0) {
        return;
    }
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd >= 0) {
        dup2(fd, STDIN_FILENO);
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
        close(fd);
    }
    ssize_t written = write(self.ready_fd, "1", 1);
    (void)written; /* it gave up waiting: no harm */
    close(self.ready_fd);
    self.ready_fd = 0;
}

/* ---- limits ---- */

/* What max_client_conn and the pools of all databases may open at the same time. */
static rlim_t files_wanted(const struct conf *conf)
{
    int64_t wanted = (int64_t)conf->max_client_conn + SPARE_FILES;
    int users = users_count(conf->users);

    for (int i = 0; i < conf->databases_count; i++) {
        const struct conf_database *db = conf->databases[i];
        int64_t servers = conf_pool_size(conf, db, NULL) + conf_reserve_pool_size(conf, db, NULL);
        servers *= db->user != NULL || users < 1 ? 1 : users;
        int max = conf_max_db_connections(conf, db);
        wanted += max > 0 && max < servers ? max : servers;
    }
    return (rlim_t)wanted;
}

void daemon_raise_limits(const struct conf *conf, pid_t before)
{
    rlim_t wanted = files_wanted(conf);
    struct rlimit limit;

    if (before != 0 && prlimit(before, RLIMIT_NOFILE, NULL, &limit) == 0) {
        wanted = limit.rlim_cur > wanted ? limit.rlim_cur : wanted; /* all of its may come */
    }

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) {
        return;
    }
    rlim_t had = limit.rlim_cur;
    limit.rlim_cur =
            limit.rlim_max == RLIM_INFINITY || limit.rlim_max > wanted ? wanted : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        limit.rlim_cur = had;
    }
    if (limit.rlim_cur < wanted) {
        sl_log(SL_LOG_WARN, "open_files_limit",
                "limit=%llu wanted=%llu max_client_conn=%d, clients beyond it will be refused",
                (unsigned long long)limit.rlim_cur, (unsigned long long)wanted,
                conf->max_client_conn);
    }
}
