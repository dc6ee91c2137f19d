/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/shape_setting.h"

static void on_utility_word(struct shape_setting *setting, enum shape_word word)
{
    if (setting->words == 2) {
        setting->is_role = word == WORD_ROLE;
    }
    if (word == WORD_PASSWORD && setting->is_role) {
        setting->state = SETTING_SECRET;
    } else if (word == WORD_SET) {
        setting->state = SETTING_NAME;
    } else if (setting->state == SETTING_NAMED && word == WORD_TO) {
        setting->state = SETTING_VALUE;
    } else if (setting->state == SETTING_NAME) {
        setting->state = word == WORD_SCOPE ? SETTING_NAME : SETTING_NAMED;
    } else {
        setting->state = SETTING_NONE;
    }
}

void shape_setting_word(struct shape_setting *setting, enum shape_word word)
{
    if (setting->words < 3 && setting->words++ == 0) {
        setting->is_set = word == WORD_SET;
        setting->is_utility = setting->is_set || word == WORD_CREATE || word == WORD_ALTER;
    }
    if (setting->is_utility) {
        on_utility_word(setting, word);
    }
}

void shape_setting_name(struct shape_setting *setting)
{
    if (setting->state == SETTING_NAME) {
        setting->state = SETTING_NAMED;
    }
}

void shape_setting_equals(struct shape_setting *setting)
{
    if (setting->state == SETTING_NAMED) {
        setting->state = SETTING_VALUE;
    }
}

enum shape_setting_verdict shape_setting_next(
        struct shape_setting *setting, enum shape_char class, bool has_value)
{
    bool is_secret = setting->state == SETTING_SECRET;

    if (class == CHAR_SEMICOLON) {
        setting->state = SETTING_NONE;
        return SETTING_SHOW;
    }
    if (class == CHAR_COMMA && setting->state == SETTING_MORE) {
        setting->state = SETTING_VALUE;
        return SETTING_SKIP;
    }
    if (!setting->is_set && (class == CHAR_COMMA || class == CHAR_OPEN || class == CHAR_CLOSE ||
                                    setting->state == SETTING_MORE)) {
        setting->state = SETTING_NONE;
        return SETTING_SHOW;
    }
    if (class == CHAR_OPERATOR) {
        return has_value ? SETTING_SKIP : SETTING_SHOW;
    }
    setting->state = is_secret ? SETTING_NONE : SETTING_MORE;
    return SETTING_HIDE;
}
