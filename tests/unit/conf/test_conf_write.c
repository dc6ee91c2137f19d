/* SPDX-License-Identifier: PostgreSQL */
/* Runs in the root of the tree. SLUICE_WRITE=1 writes the two files anew. */
#include "conf/conf_write.h"

#include "conf/conf_file.h"
#include "conf/conf_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void assert_written(const char *path, void (*write_it)(FILE *))
{
    char *wanted = NULL;
    char *found = NULL;
    size_t wanted_len = 0;
    size_t found_len = 0;
    bool anew = getenv("SLUICE_WRITE") != NULL; /* NOLINT(concurrency-mt-unsafe): one thread */
    FILE *out = anew ? fopen(path, "w") : NULL;

    if (out != NULL) {
        write_it(out);
        fclose(out);
    }
    out = open_memstream(&wanted, &wanted_len);
    assert_non_null(out);
    write_it(out);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(conf_file_read(path, 1 << 24, &found, &found_len, NULL), SL_OK);
    if (strcmp(found, wanted) != 0) {
        fail_msg("%s is not what the key table says: run this test with SLUICE_WRITE=1", path);
    }
    free(found);
    free(wanted);
}

static void the_sample_is_in_step_with_the_key_table(void **state)
{
    (void)state;
    assert_written("conf/sluice.ini", conf_write_sample);
}

static void the_reference_is_in_step_with_the_key_table(void **state)
{
    (void)state;
    assert_written("conf/KEYS.md", conf_write_reference);
}

/* The sample with its comment marks taken from before keys says the same: the defaults. */
static void the_samples_values_are_the_defaults(void **state)
{
    char *printed = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&printed, &len);
    struct conf_problems problems;
    const struct conf *conf;
    char *start;

    (void)state;
    assert_non_null(out);
    conf_write_sample(out);
    assert_int_equal(fclose(out), 0);
    conf_problems_init(&problems);
    conf = conf_load_text("sample", sl_span_text(printed), &problems);
    assert_non_null(conf);
    assert_int_equal(conf->pool_mode, CONF_POOL_TRANSACTION); /* as it comes */
    conf_unref(conf);
    conf_problems_fini(&problems);
    start = strstr(printed, "\n[sluice]");
    assert_non_null(start);
    for (char *line = start; (line = strstr(line, "\n;")) != NULL; line++) {
        if (line[2] >= 'a' && line[2] <= 'z') {
            line[1] = ' ';
        }
    }
    conf_problems_init(&problems);
    conf = conf_load_text("sample", sl_span_text(printed), &problems);
    assert_int_equal(problems.errors, 0);
    assert_non_null(conf);
    assert_int_equal(conf->listen_port, 6432);
    assert_int_equal(conf->unix_socket_mode, 0777);
    assert_string_equal(conf->listen_addr, "127.0.0.1");
    assert_true(conf->server_lifetime_usec == 3600 * SL_SECOND);
    conf_unref(conf);
    conf_problems_fini(&problems);
    free(printed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_sample_is_in_step_with_the_key_table),
            cmocka_unit_test(the_reference_is_in_step_with_the_key_table),
            cmocka_unit_test(the_samples_values_are_the_defaults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
