/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/shape_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_word_is_where_it_is_looked_for(void **state)
{
    unsigned words = 0;

    (void)state;
    for (unsigned i = 0; i < WORD_SLOTS; i++) {
        const struct shape_word_entry *entry = &shape_words[i];
        uint64_t first = 0;
        if (entry->len == 0) {
            continue;
        }
        words++;
        assert_int_equal(strlen(entry->text), entry->len);
        assert_in_range(entry->len, 1, WORD_LEN_MAX);
        assert_int_not_equal(entry->word, WORD_NONE);
        for (unsigned at = 0; at < 8 && at < entry->len; at++) {
            first |= (uint64_t)(uint8_t)entry->text[at] << (8 * at);
        }
        if (shape_word_slot(first, entry->len) != i) {
            fail_msg("%s belongs in %u, not in %u", entry->text, shape_word_slot(first, entry->len),
                    i);
        }
    }
    assert_in_range(words, 90, WORD_SLOTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_word_is_where_it_is_looked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
