/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/names/main.c - Sluice with a resolver whose answers a test can change.
 *
 *     SLUICE_TEST_NAMES=FILE sluice_names [OPTION]... FILE
 *
 * Names ending in ".test" have the addresses that the file gives: lines of a name and
 * its addresses, or of a name and "fail" for a resolver out of order. What was read goes
 * to stderr. All others are asked for as ever. The file is replaced in one step, or read
 * by halves.
 */
#include "proxy/sluice_main.h"

#include <dlfcn.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int resolver(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static int ask_system(const char *node, const char *service, const struct addrinfo *hints,
        struct addrinfo **result)
{
    void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
    resolver *system = NULL;

    memcpy(&system, &symbol, sizeof system);
    return system == NULL ? EAI_SYSTEM : system(node, service, hints, result);
}

/* The line of that name, its first word cut off. */
static bool find_line(const char *node, char *line, int size)
{
    const char *path = getenv("SLUICE_TEST_NAMES"); /* NOLINT(concurrency-mt-unsafe): never set */
    FILE *file = path == NULL ? NULL : fopen(path, "re");
    size_t len = strlen(node);
    bool found = false;

    while (file != NULL && !found && fgets(line, size, file) != NULL) {
        found = strncmp(line, node, len) == 0 && line[len] == ' ';
    }
    if (file != NULL) {
        fclose(file);
    }
    if (found) {
        line[strcspn(line, "\n")] = '\0';
        fprintf(stderr, "names: %s\n", line);
        memset(line, ' ', len);
    }
    return found;
}

int getaddrinfo(const char *restrict node, const char *restrict service,
        const struct addrinfo *restrict hints, struct addrinfo **restrict result)
{
    const char *dot = node == NULL ? NULL : strrchr(node, '.');
    struct addrinfo **end = result;
    char line[256];
    char *rest = NULL;

    if (dot == NULL || strcmp(dot, ".test") != 0) {
        return ask_system(node, service, hints, result);
    }
    *result = NULL;
    if (!find_line(node, line, sizeof line)) {
        return EAI_NONAME;
    }
    for (char *word = strtok_r(line, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        if (strcmp(word, "fail") == 0 || ask_system(word, service, hints, end) != 0) {
            return EAI_AGAIN;
        }
        while (*end != NULL) {
            end = &(*end)->ai_next;
        }
    }
    return *result == NULL ? EAI_NONAME : 0;
}

int main(int argc, char **argv)
{
    return sluice_main(argc, argv, NULL);
}
