/* SPDX-License-Identifier: PostgreSQL */
#include "tests/support/sluice.h"

#include "tests/support/case.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INI_MAX = 32768, START_MS = 30000, STOP_MS = 5000, QUIT_MS = 30000 };

const char *sluice_bin(void)
{
    const char *bin = getenv("SLUICE_BIN");

    if (bin == NULL || access(bin, X_OK) != 0) {
        proc_die("SLUICE_BIN must name the binary under test");
    }
    return bin;
}

void sluice_init(struct sluice *sluice, const struct cluster *cluster)
{
    memset(sluice, 0, sizeof(*sluice));
    proc_temp_dir(sluice->dir, NULL);
    sluice->port = proc_free_port();
    sluice->cluster = cluster;
}

struct word {
    const char *name;
    char value[PROC_PATH_MAX];
};

/* The word at text, or NULL. */
static const struct word *word_at(const struct word *words, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (strncmp(text, words[i].name, strlen(words[i].name)) == 0) {
            return &words[i];
        }
    }
    return NULL;
}

static void replace_words(const struct sluice *sluice, const char *text, char out[INI_MAX])
{
    struct word words[] = {{"@PORT@", ""}, {"@DIR@", ""}, {"@PGPORT@", ""}, {"@PGDIR@", ""}};
    size_t len = 0;

    snprintf(words[0].value, PROC_PATH_MAX, "%d", sluice->port);
    snprintf(words[1].value, PROC_PATH_MAX, "%s", sluice->dir);
    if (sluice->cluster != NULL) {
        snprintf(words[2].value, PROC_PATH_MAX, "%d", sluice->cluster->port);
        snprintf(words[3].value, PROC_PATH_MAX, "%s", sluice->cluster->dir);
    }
    while (*text != '\0') {
        const struct word *word = word_at(words, sizeof(words) / sizeof(words[0]), text);
        size_t step = word != NULL ? strlen(word->value) : 1;

        if (len + step >= INI_MAX) {
            proc_die("an ini text is too long");
        }
        memcpy(out + len, word != NULL ? word->value : text, step);
        len += step;
        text += word != NULL ? strlen(word->name) : 1;
    }
    out[len] = '\0';
}

void sluice_file(struct sluice *sluice, const char *name, const char *text)
{
    char out[INI_MAX];

    replace_words(sluice, text, out);
    proc_write(sluice->dir, name, NULL, out);
}

static void launch(struct sluice *sluice, const char *ini, const char *const *options)
{
    enum { OPTIONS_MAX = 6 };
    char words[OPTIONS_MAX + 2][PROC_PATH_MAX + 16];
    char *argv[OPTIONS_MAX + 3];
    char log[PROC_PATH_MAX + 16];
    const struct proc_options how = {.log = log};
    int count = 0;

    sluice_file(sluice, "sluice.ini", ini);
    snprintf(words[count++], sizeof(words[0]), "%s", sluice_bin());
    for (int i = 0; options[i] != NULL && i < OPTIONS_MAX; i++) {
        snprintf(words[count++], sizeof(words[0]), "%s", options[i]);
    }
    snprintf(words[count++], sizeof(words[0]), "%s/sluice.ini", sluice->dir);
    for (int i = 0; i < count; i++) {
        argv[i] = words[i];
    }
    argv[count] = NULL;
    snprintf(log, sizeof(log), "%.200s/sluice.log", sluice->dir);
    proc_start(&sluice->process, argv, &how);
}

/* It refuses root otherwise. */
static const char *const *usual_options(void)
{
    static const char *const as_root[] = {"-u", "root", NULL};

    return geteuid() == 0 ? as_root : as_root + 2;
}

static void must_be_starting(struct sluice *sluice, long end)
{
    int status = proc_wait(&sluice->process, 0);

    if (status >= 0) {
        proc_die("sluice ended with %d while it started", status);
    }
    if (proc_now_ms() > end) {
        proc_die("sluice did not start in time");
    }
    proc_pause_ms(10);
}

void sluice_start(struct sluice *sluice, const char *ini)
{
    long end = proc_now_ms() + START_MS;

    launch(sluice, ini, usual_options());
    while (!proc_wait_port(sluice->port, 0)) {
        must_be_starting(sluice, end);
    }
}

void sluice_start_by(struct sluice *sluice, const char *ini, const char *const *options)
{
    long end = proc_now_ms() + START_MS;

    launch(sluice, ini, options);
    while (access(sluice->process.log, R_OK) != 0 ||
            !(sluice_logged(sluice, "event=started ") || proc_wait_port(sluice->port, 0))) {
        must_be_starting(sluice, end);
    }
}

int sluice_refused(struct sluice *sluice, const char *ini)
{
    int status;

    launch(sluice, ini, usual_options());
    status = proc_wait(&sluice->process, START_MS);
    if (status < 0) {
        (void)proc_stop(&sluice->process, SIGKILL, STOP_MS);
        fail_msg("sluice took an ini it should refuse");
    }
    return status;
}

void sluice_reload(struct sluice *sluice, const char *ini)
{
    sluice_file(sluice, "sluice.ini", ini);
    kill(sluice->process.pid, SIGHUP);
}

void sluice_stop(struct sluice *sluice)
{
    int status;

    if (sluice->process.pid == 0) {
        return;
    }
    kill(sluice->process.pid, SIGTERM);
    status = proc_wait(&sluice->process, STOP_MS);
    if (status < 0) {
        status = proc_stop(&sluice->process, SIGQUIT, QUIT_MS);
    }
    /* A sanitizer that found something, a leak too, ends it with another status. */
    if (status != 0) {
        case_note_failure();
        fail_msg("sluice ended with status %d", status);
    }
}

void sluice_must_live(struct sluice *sluice)
{
    int status = proc_wait(&sluice->process, 0);

    if (status >= 0) {
        fail_msg("sluice ended by itself with status %d", status);
    }
}

bool sluice_logged(const struct sluice *sluice, const char *text)
{
    char *log = proc_read(sluice->process.log);
    bool found = strstr(log, text) != NULL;

    free(log);
    return found;
}
