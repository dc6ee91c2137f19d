/* SPDX-License-Identifier: PostgreSQL */
#include "cache/class.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct cache_session *session_of(const char *role, const char *user, uint64_t settings)
{
    const struct key_session parts = {.cluster = sl_span_text("host=a"),
            .database = sl_span_text("shop"),
            .role = sl_span_text(role),
            .session_user = sl_span_text(user),
            .search_path = sl_span_text("public"),
            .settings = {.lo = settings}};
    struct cache_session *session = cache_session_new(&parts, 7, NULL);

    assert_non_null(session);
    return session;
}

static struct cache_asks asks_of(struct cache_session *session, const char *types, const char *text)
{
    return (struct cache_asks){
            .session = session, .types = sl_span_text(types), .text = sl_span_text(text)};
}

/* Whatever two keys say. */
static void a_class_is_of_its_session_and_text(void **state)
{
    struct cache_session *mine = session_of("r", "u", 1);
    struct cache_session *same = session_of("r", "u", 1);
    struct cache_session *others[] = {
            session_of("ru", "", 1), session_of("r", "v", 1), session_of("r", "u", 2)};
    struct cache_asks asks = asks_of(mine, "i", "select 1 from t");
    struct cache_class *class = cache_class_new(&asks, (struct sl_hash128){0});

    (void)state;
    assert_non_null(class);
    assert_true(cache_class_is(class, &asks));
    asks = asks_of(same, "i", "select 1 from t");
    assert_true(cache_class_is(class, &asks));
    asks = asks_of(mine, "j", "select 1 from t");
    assert_false(cache_class_is(class, &asks));
    asks = asks_of(mine, "i", "select 2 from t");
    assert_false(cache_class_is(class, &asks));
    for (size_t i = 0; i < SL_COUNT(others); i++) {
        asks = asks_of(others[i], "i", "select 1 from t");
        assert_false(cache_class_is(class, &asks));
        cache_session_unref(others[i]);
    }
    cache_session_unref(mine);
    cache_session_unref(same);
    assert_true(sl_span_is(cache_class_text(class), "select 1 from t")); /* it has its session */
    entry_origin_unref(&class->origin);
}

static void an_answer_is_one_to_its_question(void **state)
{
    static const uint8_t one[] = {0, 0, 0, 1, 0, 0, 0, 1, '1', 0, 0};
    static const uint8_t two[] = {0, 0, 0, 1, 0, 0, 0, 1, '2', 0, 0};
    struct cache_session *session = session_of("r", "u", 1);
    struct cache_asks asks = asks_of(session, "", "select 1 from t");
    struct cache_class *class = cache_class_new(&asks, (struct sl_hash128){0});
    struct key_bind bind;

    (void)state;
    assert_int_equal(key_bind_read(sl_span(one, sizeof one), &bind), SL_OK);
    asks.bind = &bind;
    struct entry *entry = entry_new(&(struct entry_parts){.question = key_question(&bind)}, 0);
    assert_non_null(entry);
    entry->origin = &class->origin;
    assert_true(cache_answers(entry, &asks));
    struct sl_hash128 key = cache_key(&asks);
    assert_int_equal(key_bind_read(sl_span(two, sizeof two), &bind), SL_OK);
    assert_false(cache_answers(entry, &asks));
    assert_true(key.lo != cache_key(&asks).lo);
    key = cache_key(&asks);
    asks.text_key = key_of_text(asks.text); /* who knows it asks the same */
    assert_true(key.lo == cache_key(&asks).lo && key.hi == cache_key(&asks).hi);
    asks.text_key++;
    assert_true(key.lo != cache_key(&asks).lo);
    asks.bind = NULL;
    assert_false(cache_answers(entry, &asks));
    entry_unref(entry);
    cache_session_unref(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_class_is_of_its_session_and_text),
            cmocka_unit_test(an_answer_is_one_to_its_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
