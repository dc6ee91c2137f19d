/* SPDX-License-Identifier: PostgreSQL */
#include "tests/support/redis_server.h"

#include "tests/support/soon.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { COMMAND_MAX = 2048, SAID_MAX = 65536 };

void redis_server_init(struct redis_server *server)
{
    *server = (struct redis_server){.port = proc_free_port()};
    proc_temp_dir(server->dir, NULL);
}

void redis_server_start(struct redis_server *server)
{
    char port[16];
    char log[PROC_PATH_MAX + 16];
    static char nothing[] = "";
    char *words[24 + REDIS_SERVER_WORDS] = {"redis-server", "--port", port, "--bind", "127.0.0.1",
            "--dir", server->dir, "--save", nothing, "--appendonly", "no"};
    size_t count = 11;

    snprintf(port, sizeof port, "%d", server->port);
    snprintf(log, sizeof log, "%s/redis.log", server->dir);
    for (size_t i = 0; i < REDIS_SERVER_WORDS && server->more[i] != NULL; i++) {
        words[count++] = server->more[i];
    }
    proc_start(&server->process, words, &(struct proc_options){.log = log});
    if (!proc_wait_port(server->port, SOON_MS)) {
        proc_die("redis-server does not come up");
    }
}

void redis_server_kill(struct redis_server *server)
{
    (void)proc_stop(&server->process, SIGKILL, SOON_MS);
}

const char *redis_server_ask(const struct redis_server *server, const char *format, ...)
{
    static char said[SAID_MAX];
    char command[COMMAND_MAX];
    char line[COMMAND_MAX + 64];
    va_list args;

    va_start(args, format);
    vsnprintf(command, sizeof command, format, args);
    va_end(args);
    snprintf(line, sizeof line, "redis-cli -p %d %s", server->port, command);
    FILE *pipe = popen(line, "r");
    if (pipe == NULL) {
        proc_die("no shell for redis-cli");
    }
    size_t len = fread(said, 1, sizeof said - 1, pipe);
    (void)pclose(pipe);
    len -= len > 0 && said[len - 1] == '\n';
    said[len] = '\0';
    return said;
}
