/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/sluice_main.c - the order of starting and, backwards, of stopping.
 *
 *   conf -> user -> pid file -> limits -> [daemon] -> [-R] -> log -> names, crypto, workers
 *        -> control -> listeners -> HTTP -> [-R: the other one leaves] -> READY -> control_run()
 *
 * Nothing that makes a thread comes before the last fork.
 */
#include "proxy/sluice_main.h"

#include "conf/conf_check.h"
#include "conf/conf_load.h"
#include "protocol/base/log.h"
#include "proxy/auth_cache.h"
#include "proxy/caching.h"
#include "proxy/control.h"
#include "proxy/daemon.h"
#include "proxy/dns.h"
#include "proxy/handover_take.h"
#include "proxy/history_writer.h"
#include "proxy/http.h"
#include "proxy/http_reserve.h"
#include "proxy/http_socket.h"
#include "proxy/jobs.h"
#include "proxy/listener.h"
#include "proxy/notify.h"
#include "proxy/tls.h"

#include <event2/event.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CRYPTO_THREADS_MAX = 4, OPTION_CHECK = 256 };

struct arguments {
    const char *file;
    const char *check; /* --check */
    const char *user;  /* -u, or NULL */
    bool is_daemon;
    bool is_reboot;  /* -R */
    bool takes_over; /* and there is a process to take over from */
    bool ends;       /* said what there was to say */
    int status;
    struct control_options log;
};

static const struct option long_options[] = {
        {"daemon", no_argument, NULL, 'd'},
        {"quiet", no_argument, NULL, 'q'},
        {"verbose", no_argument, NULL, 'v'},
        {"user", required_argument, NULL, 'u'},
        {"version", no_argument, NULL, 'V'},
        {"help", no_argument, NULL, 'h'},
        {"reboot", no_argument, NULL, 'R'},
        {"check", required_argument, NULL, OPTION_CHECK},
        {NULL, 0, NULL, 0},
};

static void print_usage(FILE *out, const char *name)
{
    fprintf(out,
            "Usage: %s [OPTION]... FILE\n"
            "       %s --check FILE\n"
            "Sluice stands before PostgreSQL as a PgBouncer does, on all cores.\n"
            "FILE is a configuration: a pgbouncer.ini, or a sluice.ini.\n\n"
            "  -d, --daemon         run in the background (needs pidfile, and logfile or syslog)\n"
            "  -q, --quiet          write no log to standard error\n"
            "  -v, --verbose        log more\n"
            "  -u, --user=NAME      become that user when started as root\n"
            "      --check FILE     say of each key whether it is honoured, ignored or unknown\n"
            "  -R, --reboot         take over sockets and idle clients from the process that runs\n"
            "  -V, --version        print the version\n"
            "  -h, --help           print this\n",
            name, name);
}

static void print_version(void)
{
    printf("Sluice %s (console of PgBouncer 1.25)\nlibevent %s\n", SLUICE_VERSION,
            event_get_version());
}

static void end(struct arguments *arguments, int status)
{
    arguments->ends = true;
    arguments->status = status;
}

static void take_option(struct arguments *arguments, int option, const char *name)
{
    switch (option) {
    case 'd':
        arguments->is_daemon = true;
        break;
    case 'q':
        arguments->log.quiet = true;
        break;
    case 'v':
        arguments->log.verbose++;
        break;
    case 'u':
        arguments->user = optarg;
        break;
    case 'V':
        print_version();
        end(arguments, 0);
        break;
    case 'h':
        print_usage(stdout, name);
        end(arguments, 0);
        break;
    case 'R':
        arguments->is_reboot = true;
        break;
    case OPTION_CHECK:
        arguments->check = optarg;
        break;
    default:
        fprintf(stderr, "Try \"%s --help\".\n", name);
        end(arguments, 1);
        break;
    }
}

static int next_option(int argc, char **argv)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there are no threads yet. */
    return getopt_long(argc, argv, "dqvu:VhR", long_options, NULL);
}

/* --check: what is found wrong only when it is used. */
static void check_more(const struct conf *conf, struct conf_problems *problems)
{
    static const enum tls_side sides[] = {TLS_FROM_CLIENTS, TLS_TO_SERVERS};

    for (size_t i = 0; i < SL_COUNT(sides); i++) {
        struct tls_context *context = NULL;
        struct sl_error error;
        if (tls_context_new(conf, sides[i], &context, &error) != SL_OK) {
            conf_check_add(conf, problems, CONF_ERROR, "%s", error.text);
        }
        tls_context_unref(context);
    }
    struct sl_error error;
    if (history_writer_check(conf, &error) != SL_OK) {
        conf_check_add(conf, problems, CONF_ERROR, "%s", error.text);
    }
    if (caching_check(conf, &error) != SL_OK) {
        conf_check_add(conf, problems, CONF_ERROR, "%s", error.text);
    }
    daemon_check_names(conf, problems);
}

static void read_arguments(int argc, char **argv, struct arguments *arguments)
{
    int option;

    while (!arguments->ends && (option = next_option(argc, argv)) != -1) {
        take_option(arguments, option, argv[0]);
    }
    if (arguments->ends) {
        return;
    }
    if (arguments->check != NULL && optind == argc) {
        end(arguments, conf_check_file(arguments->check, check_more, stdout));
    } else if (arguments->check != NULL || optind + 1 != argc) {
        fprintf(stderr, "%s: exactly one configuration file is needed\nTry \"%s --help\".\n",
                argv[0], argv[0]);
        end(arguments, 1);
    } else {
        arguments->file = argv[optind];
    }
}

/* To standard error: there is no log yet. */
static void print_problems(const struct conf_problems *problems)
{
    for (int i = 0; i < problems->count; i++) {
        const struct conf_problem *p = &problems->list[i];
        if (p->severity == CONF_ERROR && p->line > 0) {
            fprintf(stderr, "%s:%d: %s\n", p->file, p->line, p->text);
        } else if (p->severity == CONF_ERROR) {
            fprintf(stderr, "sluice: %s\n", p->text);
        }
    }
}

static const struct conf *load(const char *file, struct conf_problems *problems)
{
    conf_problems_init(problems);
    const struct conf *conf = conf_load(file, problems);
    if (conf == NULL) {
        print_problems(problems);
        fprintf(stderr, "sluice: not started, the configuration has errors\n");
    }
    return conf;
}

/* ---- as a process, before there are threads ---- */

/* With -R there may be another process, which then is to run. */
static enum sl_err be_alone(
        struct arguments *arguments, const struct conf *conf, struct sl_error *error)
{
    enum sl_err err = SL_OK;

    if (arguments->is_reboot) {
        err = handover_take_join(conf, &arguments->takes_over, error);
    }
    if (err == SL_OK && !arguments->takes_over) {
        err = daemon_check_pidfile(conf->pidfile, error);
    }
    return err;
}

static enum sl_err become_process(
        struct arguments *arguments, const struct conf *conf, struct sl_error *error)
{
    enum sl_err err = daemon_become(arguments->user != NULL ? arguments->user : conf->user, error);

    if (arguments->is_daemon) {
        umask(umask(0) | 027);
    }
    if (err == SL_OK && arguments->is_daemon && conf->pidfile[0] == '\0') {
        err = sl_error_set(error, SL_ECONF, "22023", "-d needs pidfile to be set");
    }
    if (err == SL_OK && arguments->is_daemon && conf->logfile[0] == '\0' && !conf->syslog) {
        err = sl_error_set(error, SL_ECONF, "22023",
                "-d needs logfile or syslog to be set: in the background there is no standard "
                "error");
    }
    if (err == SL_OK && !arguments->is_reboot) {
        err = be_alone(arguments, conf, error);
    }
    if (err == SL_OK && arguments->is_daemon) {
        err = daemon_detach(error);
    }
    if (err == SL_OK && arguments->is_reboot) {
        err = be_alone(arguments, conf, error); /* as the process that stays */
    }
    if (err == SL_OK) {
        struct control_options log = arguments->log;
        log.quiet = log.quiet || arguments->is_daemon;
        err = control_open_log(conf, log, error);
    }
    return err;
}

/* ---- threads ---- */

static unsigned crypto_threads(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    return cores < 1 ? 1 : cores > CRYPTO_THREADS_MAX ? CRYPTO_THREADS_MAX : (unsigned)cores;
}

static enum sl_err start_helpers(const struct conf *conf, struct sl_error *error)
{
    enum sl_err err = sl_log_start();

    if (err == SL_OK) {
        err = dns_start();
    }
    if (err == SL_OK) {
        dns_set_ttl(conf->dns_max_ttl_usec, conf->dns_nxdomain_ttl_usec);
        err = jobs_start(crypto_threads());
    }
    return err == SL_OK ? SL_OK : sl_error_set(error, err, "53000", "could not start threads");
}

static void stop_helpers(void)
{
    jobs_stop();
    dns_stop();
    auth_cache_clear();
    sl_log_stop();
}

static enum sl_err open_doors(
        const struct arguments *arguments, const struct conf *conf, struct sl_error *error)
{
    enum sl_err err = arguments->takes_over ? daemon_take_pidfile(conf->pidfile, error)
                                            : daemon_write_pidfile(conf->pidfile, error);

    if (err == SL_OK) {
        err = listener_start(conf, error);
    }
    if (err == SL_OK) {
        err = http_start(conf, error);
    }
    if (err == SL_OK) {
        control_may_be_taken_over(conf);
    }
    if (err == SL_OK && arguments->takes_over) {
        err = handover_take_warm(error);
    }
    /* Whatever could go wrong has not: from here on the other process accepts no more. */
    if (err == SL_OK && arguments->takes_over) {
        err = control_take_over(error);
    }
    if (err == SL_OK) {
        listener_accept();
        http_inherit(
                -1, &(struct address){.len = 0}); /* who asks there is not to wait for nobody */
    } else if (arguments->takes_over) {
        daemon_leave_pidfile(); /* to the other process, which puts it right */
    }
    return err;
}

/* Opens the doors, and serves until it is over. */
static enum sl_err serve(const struct arguments *arguments, const struct conf *conf,
        const struct conf_problems *problems, struct sl_error *error)
{
    struct control_options log = arguments->log;

    log.quiet = log.quiet || arguments->is_daemon;
    enum sl_err err = control_start(log, error);
    if (err == SL_OK) {
        err = open_doors(arguments, conf, error);
    }
    if (err == SL_OK) {
        control_log_problems(problems);
        sl_log(SL_LOG_INFO, "started", "version=%s pid=%ld workers=%u file=%s", SLUICE_VERSION,
                (long)getpid(), process_workers(), sl_log_quote(conf->conffile));
        daemon_ready();
        notify_say("READY=1\nMAINPID=%ld", (long)getpid());
        control_run();
        sl_log(SL_LOG_INFO, "stopping", "clients=%d", process_clients());
    }
    return err;
}

static enum sl_err run(struct arguments *arguments, const struct conf *conf,
        const struct conf_problems *problems, process_stages *stages, struct sl_error *error)
{
    enum sl_err err = become_process(arguments, conf, error);

    if (err != SL_OK) {
        return err;
    }
    http_reserve_install(); /* before libevent is used */
    notify_start();
    control_block_signals();
    daemon_raise_limits(conf, handover_take_peer());
    err = start_helpers(conf, error);
    if (err == SL_OK) {
        err = process_start(conf_ref(conf), stages, error);
    }
    if (err == SL_OK) {
        err = serve(arguments, conf, problems, error);
    }
    http_stop(); /* while the workers still answer it */
    process_stop();
    control_fini();
    http_fini();
    listener_free();
    daemon_remove_pidfile();
    if (err != SL_OK) {
        sl_log(SL_LOG_ERROR, "not_started", "reason=%s", sl_log_quote(error->text));
    }
    stop_helpers();
    return err;
}

int sluice_main(int argc, char **argv, process_stages *stages)
{
    struct arguments arguments = {0};
    struct conf_problems problems;
    struct sl_error error = {.text = ""};

    read_arguments(argc, argv, &arguments);
    if (arguments.ends) {
        return arguments.status;
    }
    const struct conf *conf = load(arguments.file, &problems);
    int status = 1;
    if (conf != NULL) {
        if (run(&arguments, conf, &problems, stages, &error) == SL_OK) {
            status = 0;
        } else {
            fprintf(stderr, "sluice: %s\n", error.text);
        }
    }
    conf_unref(conf);
    conf_problems_fini(&problems);
    return status;
}
