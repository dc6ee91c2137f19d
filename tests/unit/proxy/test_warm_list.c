/* SPDX-License-Identifier: PostgreSQL */
/* A list of questions: from what is kept, to bytes, and back; what is not whole is none. */
#include "proxy/warm_list.h"

#include "cache/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct cache *cache;

static int begin(void **state)
{
    static const struct cache_hooks hooks;

    (void)state;
    cache = cache_new(
            &(struct cache_limits){.memory = 256 * 1024 * 1024, .max_result = 65536}, &hooks, 1);
    return cache == NULL;
}

static int end(void **state)
{
    (void)state;
    cache_free(cache);
    return 0;
}

static struct cache_session *session_of(const char *user, const char *replay)
{
    const struct key_session parts = {.cluster = sl_span_text("here"),
            .database = sl_span_text("shop"),
            .role = sl_span_text(user),
            .session_user = sl_span_text(user),
            .search_path = sl_span_text(""),
            .replay = sl_span_text(replay)};
    struct cache_session *session = cache_session_new(&parts, 1, NULL);

    assert_non_null(session);
    return session;
}

/* Asked for so often, at a millisecond each. */
static void keep(struct cache_session *session, const char *text, uint32_t hits)
{
    struct cache_asks asks = {
            .session = session, .types = sl_span("\0\0", 2), .text = sl_span_text(text)};
    struct cache_class *class = cache_class_new(&asks, (struct sl_hash128){.hi = 1, .lo = 2});
    struct entry_parts parts = {.rows = sl_span_text("rows"), .question = key_question(NULL)};
    struct entry *entry = entry_new(&parts, 0);

    assert_true(class != NULL && entry != NULL);
    entry->key = cache_key(&asks);
    entry->origin = &class->origin;
    entry->cost_usec = 1000;
    entry->expires_at = INT64_MAX;
    atomic_store(&entry->hits, hits);
    assert_int_equal(store_put(cache_store(cache), entry), SL_OK);
}

static unsigned write_list(struct sl_buf *bytes)
{
    unsigned count = 0;

    sl_buf_init(bytes, WARM_BYTES_MAX);
    assert_int_equal(warm_list_write(cache, bytes, &count), SL_OK);
    return count;
}

static bool is(const struct warm_question *question, enum warm_part part, const char *text)
{
    return sl_span_is(question->parts[part], text);
}

static void what_saved_most_comes_first_and_what_saved_nothing_not_at_all(void **state)
{
    struct cache_session *one = session_of("one", "1");
    struct cache_session *two = session_of("two", "1rTimeZone");
    struct cache_session *nobody = session_of("three", "");
    struct warm_list list;
    struct sl_buf bytes;

    (void)state;
    keep(one, "select 1", 10);
    keep(one, "select 2", 0);
    keep(two, "select 3", 30);
    keep(two, "select 4", 20);
    keep(nobody, "select 5", 100);
    assert_int_equal(write_list(&bytes), 3);
    warm_list_init(&list);
    assert_int_equal(warm_list_read(&list, &bytes), SL_OK);
    assert_int_equal(list.count, 3);
    assert_true(is(&list.at[0], WARM_TEXT, "select 3") && is(&list.at[1], WARM_TEXT, "select 4") &&
                is(&list.at[2], WARM_TEXT, "select 1"));
    assert_true(is(&list.at[0], WARM_DATABASE, "shop") && is(&list.at[0], WARM_USER, "two") &&
                is(&list.at[0], WARM_SESSION, "1rTimeZone"));
    assert_int_equal(list.at[0].saved_usec, 30000);
    assert_true(list.at[0].kind == list.at[1].kind && list.at[0].kind != list.at[2].kind);
    assert_int_equal(list.at[0].fate, WARM_PENDING);
    warm_list_fini(&list);
    cache_session_unref(one);
    cache_session_unref(two);
    cache_session_unref(nobody);
}

static void there_are_only_so_many(void **state)
{
    struct cache_session *one = session_of("one", "1");
    struct warm_list list;
    struct sl_buf bytes;

    (void)state;
    for (uint32_t i = 1; i <= 12000; i++) {
        char text[64];
        snprintf(text, sizeof text, "select %u", i);
        keep(one, text, (i * 7919) % 12007 + 1);
    }
    assert_int_equal(write_list(&bytes), WARM_QUESTIONS_MAX);
    warm_list_init(&list);
    assert_int_equal(warm_list_read(&list, &bytes), SL_OK);
    for (unsigned i = 1; i < list.count; i++) {
        assert_true(list.at[i - 1].saved_usec >= list.at[i].saved_usec);
    }
    assert_true(list.at[list.count - 1].saved_usec >= 2000 * 1000);
    warm_list_fini(&list);
    cache_session_unref(one);
}

static void there_are_only_so_many_bytes(void **state)
{
    enum { LONG = 60000, COUNT = 400 };
    struct cache_session *one = session_of("one", "1");
    char *text = malloc(LONG + 1);
    struct sl_buf bytes;

    (void)state;
    assert_non_null(text);
    memset(text, 'x', LONG);
    text[LONG] = '\0';
    for (unsigned i = 0; i < COUNT; i++) {
        int len = snprintf(text, 16, "%u", i);
        text[len] = ' ';
        keep(one, text, 10 + i);
    }
    unsigned count = write_list(&bytes);
    assert_true(count > WARM_BYTES_MAX / LONG - 10 && count < COUNT);
    assert_true(sl_buf_len(&bytes) <= WARM_BYTES_MAX);
    sl_buf_fini(&bytes);
    free(text);
    cache_session_unref(one);
}

static enum sl_err read_copy(const uint8_t *at, size_t len)
{
    struct warm_list list;
    struct sl_buf bytes;

    warm_list_init(&list);
    sl_buf_init(&bytes, WARM_BYTES_MAX);
    assert_int_equal(sl_buf_put(&bytes, at, len), SL_OK);
    enum sl_err err = warm_list_read(&list, &bytes);
    assert_true(err == SL_OK || list.count == 0);
    warm_list_fini(&list);
    return err;
}

static void what_is_cut_or_spoiled_is_no_list(void **state)
{
    struct cache_session *one = session_of("one", "1");
    struct sl_buf bytes;

    (void)state;
    keep(one, "select 1", 10);
    keep(one, "select 2", 20);
    assert_int_equal(write_list(&bytes), 2);
    struct sl_span all = sl_buf_borrow(&bytes);
    uint8_t *copy = malloc(all.len);
    assert_non_null(copy);
    memcpy(copy, all.at, all.len);
    assert_int_equal(read_copy(copy, all.len), SL_OK);
    for (size_t i = 0; i < all.len; i++) {
        assert_int_equal(read_copy(copy, i), SL_EPROTO);
        copy[i] ^= 0x10;
        assert_int_equal(read_copy(copy, all.len), SL_EPROTO);
        copy[i] ^= 0x10;
    }
    free(copy);
    sl_buf_fini(&bytes);
    cache_session_unref(one);
}

/* Whole by its sum, and no list for what is in it: made by somebody else. */
static void lengths_that_lie_are_no_list(void **state)
{
    static const char head[] = "sluice warm 1\n";

    (void)state;
    for (unsigned len = 0; len < 200; len++) {
        uint8_t at[256];
        memcpy(at, head, sizeof head - 1);
        memset(at + sizeof head - 1, len % 2 == 0 ? 0xff : 0, len);
        size_t end_at = sizeof head - 1 + len;
        struct sl_hash128 sum = sl_hash128(sl_span(at, end_at));
        sl_set_u32(at + end_at, (uint32_t)(sum.hi >> 32));
        sl_set_u32(at + end_at + 4, (uint32_t)sum.hi);
        sl_set_u32(at + end_at + 8, (uint32_t)(sum.lo >> 32));
        sl_set_u32(at + end_at + 12, (uint32_t)sum.lo);
        assert_int_equal(read_copy(at, end_at + 16), len == 0 ? SL_OK : SL_EPROTO);
    }
}

static void a_file_is_whole_and_its_owners(void **state)
{
    char dir[] = "/tmp/sluice-unit-warm-XXXXXX";
    char path[64];
    struct stat about;
    struct sl_error error;
    struct sl_buf bytes;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/warm", dir);
    sl_buf_init(&bytes, WARM_BYTES_MAX);
    assert_int_equal(warm_file_load(path, &bytes, &error), SL_OK);
    assert_int_equal(sl_buf_len(&bytes), 0);
    assert_int_equal(sl_buf_put(&bytes, "abc", 3), SL_OK);
    assert_int_equal(warm_file_save(path, &bytes, &error), SL_OK);
    assert_int_equal(warm_file_save(path, &bytes, &error), SL_OK);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    sl_buf_reset(&bytes);
    assert_int_equal(warm_file_load(path, &bytes, &error), SL_OK);
    assert_true(sl_span_is(sl_buf_borrow(&bytes), "abc"));
    assert_int_equal(chmod(path, 0620), 0); /* whoever may write it could ask in others' names */
    sl_buf_reset(&bytes);
    assert_int_equal(warm_file_load(path, &bytes, &error), SL_EIO);
    assert_int_equal(sl_buf_len(&bytes), 0);
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0); /* nobody writes: it must not be waited for */
    assert_int_equal(warm_file_load(path, &bytes, &error), SL_EIO);
    unlink(path);
    rmdir(dir);
    assert_int_equal(warm_file_save(path, &bytes, &error), SL_EIO);
    sl_buf_fini(&bytes);
}

#define ONE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
            ONE(what_saved_most_comes_first_and_what_saved_nothing_not_at_all),
            ONE(there_are_only_so_many),
            ONE(there_are_only_so_many_bytes),
            ONE(what_is_cut_or_spoiled_is_no_list),
            ONE(lengths_that_lie_are_no_list),
            ONE(a_file_is_whole_and_its_owners),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
