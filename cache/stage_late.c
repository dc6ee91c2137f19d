/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/stage_late.c - statements that were sent before anybody had read them, read by now.
 *
 * The second tier has to know before the client does: late_decide() is asked when the statement is done, and what it
 * says is told there, and holds when it ends. What is not known then is told as all of the database.
 */
#include "cache/stage_part.h"

#include "cache/account.h"

bool stage_may_hide(const struct policy *policy)
{
    return policy == NULL || (policy->writes.is_any && policy->reason != POLICY_NO_CATALOG);
}

static bool is_known(const struct cache_verdict *verdict)
{
    return verdict->policy != NULL && verdict->policy->reason != POLICY_NOT_READ;
}

/* The set is everything, and has begun: it was of these alone, which others may see since. */
static void narrow(struct cache_part *part, const struct cache_verdict *verdict,
        const struct late_end *end, struct tag_set *set)
{
    struct tags *tags = part->cache->tags;
    struct tag_set writes;

    tag_set_init(&writes);
    stage_late_tags(part, verdict, &writes);
    tag_set_begin(&writes, tags);
    if (!end->is_told) {
        share_ended(part, end->database, &writes);
    }
    tag_set_end(&writes, tags);
    tag_set_withdraw(set, tags);
    PART_COUNT(part, writes_late);
}

/*
 * Nobody sees it yet, as it did not end its transaction: it was to be collected. What has begun goes on being
 * pending: it was sent when something was ahead of it, and what was behind it may have ended a transaction.
 */
static void collect(struct cache_part *part, struct account *account,
        const struct cache_verdict *verdict, struct tag_set *set)
{
    struct tag_set writes;

    tag_set_init(&writes);
    stage_late_tags(part, verdict, &writes);
    if (set->has_begun) {
        tag_set_begin_for(&writes, part->cache->tags, set->counted);
        account_take(account, &writes);
    } else {
        account_collect(account, &writes);
    }
    tag_set_fini(&writes);
    tag_set_withdraw(set, part->cache->tags);
    PART_COUNT(part, writes_late);
}

static bool settle(struct cache_part *part, const struct late_end *end,
        const struct cache_verdict *verdict, struct tag_set *set)
{
    if (!is_known(verdict) || verdict->policy->writes.is_any ||
            (end->executes && !verdict->is_by_name) ||
            (end->account != NULL && verdict->policy->may_end)) {
        return false;
    }
    if (end->account != NULL) {
        collect(part, end->account, verdict, set);
    } else {
        narrow(part, verdict, end, set);
    }
    return true;
}

static bool wait(struct asked *asked, const struct late_end *end)
{
    struct cache_part *part = asked->part;
    const struct cache_hooks *hooks = &part->cache->hooks;
    sl_usec now = sl_now();

    if (part->lates_count >= (asked->may_hide ? LATE_UNREAD : LATE_HARMLESS)) {
        return false;
    }
    struct cache_held *held = hooks->hold(hooks->self, asked->stmt);
    if (held == NULL) {
        return false;
    }
    struct late *late = &part->lates[part->lates_count++];
    *late = (struct late){.end = *end,
            .shape = asked->shape,
            .view = asked->view,
            .held = held,
            .where = {.database = asked->stmt->under_way->database,
                    .node = asked->stmt->under_way->node},
            .writes = asked->writes,
            .until = now + LATE_WAITS};
    tag_set_init(&asked->writes);
    if (now + LATE_LOOKS < part->late_look_at) {
        part->late_look_at = now + LATE_LOOKS;
    }
    return true;
}

/*
 * Of what ended in doubt as everything, and is believed to hide nothing: that is so if the schema turns out to be what
 * it was. Takes held over. False: there is no room to wait for that.
 */
static bool believe(struct cache_part *part, const struct stage_transaction *where, uint64_t view,
        struct cache_held *held)
{
    const struct cache_hooks *hooks = &part->cache->hooks;
    bool is_there = false;

    for (unsigned i = 0; i < part->lates_count; i++) {
        const struct late *late = &part->lates[i];
        is_there = is_there || (late->is_belief && late->view == view &&
                                       late->where.database == where->database &&
                                       late->where.node == where->node);
    }
    if (is_there || held == NULL || part->lates_count == LATE_MAX) {
        hooks->drop(hooks->self, held);
        return is_there;
    }
    struct late *late = &part->lates[part->lates_count++];
    *late = (struct late){.view = view, .held = held, .where = *where, .is_belief = true};
    tag_set_init(&late->writes);
    sl_usec look_at = sl_now() + LATE_LOOKS;
    part->late_look_at = look_at < part->late_look_at ? look_at : part->late_look_at;
    return true;
}

/* What is done in it is seen when it is over: then that begins. */
static bool believe_later(
        struct cache_part *part, struct account *account, uint64_t view, struct cache_held *held)
{
    if (account->held != NULL || held == NULL) {
        part->cache->hooks.drop(part->cache->hooks.self, held);
        return account->held != NULL && account->view == view;
    }
    account->held = held;
    account->view = view;
    return true;
}

void late_over(struct cache_part *part, struct stage_transaction *transaction)
{
    struct account *account = transaction->state;
    bool doubts = account->has_doubts;

    if (account->held != NULL) {
        doubts = !believe(part, transaction, account->view, account->held) || doubts;
        account->held = NULL;
    }
    if (doubts) {
        part->cache->hooks.doubt(part->cache->hooks.self, transaction);
    }
}

/* The view is still the one that was in force when it was sent, if that is in doubt or not. */
static enum cache_view view_of(const struct asked *asked)
{
    const struct cache_hooks *hooks = &asked->part->cache->hooks;
    struct sl_hash128 shape;
    uint64_t view = 0;
    enum cache_view kind =
            hooks->view(hooks->self, asked->part->worker, asked->stmt, &shape, &view);

    return view == asked->view ? kind : CACHE_VIEW_NONE;
}

/* Where there is no room, a statement that was known is no reason for another doubt, which would have no end. */
static bool wait_in_doubt(struct asked *asked, const struct late_end *end)
{
    struct cache_part *part = asked->part;
    const struct cache_hooks *hooks = &part->cache->hooks;
    const struct stage_transaction where = {
            .database = asked->stmt->under_way->database, .node = asked->stmt->under_way->node};

    if (wait(asked, end)) {
        return true;
    }
    if (!asked->may_hide) {
        struct cache_held *held = hooks->hold(hooks->self, asked->stmt);
        asked->may_hide = end->account == NULL
                                  ? !believe(part, &where, asked->view, held)
                                  : !believe_later(part, end->account, asked->view, held);
    }
    return false;
}

bool late_decide(struct asked *asked)
{
    if (!asked->is_late || !asked->writes.has_begun || asked->stmt->is_misread ||
            view_of(asked) != CACHE_VIEW_KNOWN) {
        return false;
    }
    memo_judge(asked);
    asked->is_decided = is_known(&asked->verdict) && !asked->verdict.policy->writes.is_any;
    return asked->is_decided;
}

bool late_settle(struct asked *asked)
{
    struct cache_part *part = asked->part;
    const struct stmt *stmt = asked->stmt;
    bool goes_on = stmt->transaction == 'T' || stmt->transaction == 'E';

    if (stmt->under_way == NULL || stmt->is_misread || (stmt->transaction != 'I' && !goes_on) ||
            (!goes_on && !asked->writes.has_begun)) {
        return false;
    }
    struct late_end end = {.database = stmt->under_way->database,
            .is_told = asked->is_told,
            .executes = asked->executes};
    enum cache_view view = asked->is_decided ? CACHE_VIEW_KNOWN : view_of(asked);
    if (goes_on && view != CACHE_VIEW_NONE) {
        end.account = stage_account(part, stmt->under_way);
    }
    if (view == CACHE_VIEW_NONE || (goes_on && end.account == NULL)) {
        return false;
    }
    if (view == CACHE_VIEW_DOUBTFUL) {
        return wait_in_doubt(asked, &end);
    }
    if (!asked->is_decided) {
        memo_judge(asked);
    }
    const struct cache_verdict *verdict = &asked->verdict;
    if (verdict->policy != NULL && !is_known(verdict) && !verdict->is_never_read) {
        return wait(asked, &end);
    }
    return settle(part, &end, verdict, &asked->writes);
}

/* Of a transaction that goes on. */
static void leave(struct account *account, struct tag_set *set, bool may_hide)
{
    account->has_doubts |= may_hide;
    if (set->has_begun) {
        account_take(account, set);
    } else {
        account_collect(account, set);
        tag_set_fini(set);
    }
}

void late_collect(struct asked *asked, bool may_hide)
{
    struct stage_transaction *transaction = asked->stmt->under_way;
    struct account *account = transaction == NULL ? NULL : stage_account(asked->part, transaction);

    if (account != NULL) {
        leave(account, &asked->writes, may_hide);
        return;
    }
    if (transaction != NULL) { /* no memory: it is pending for good */
        tag_set_begin(&asked->writes, asked->part->cache->tags);
        asked->writes.has_begun = false;
    }
    tag_set_fini(&asked->writes); /* else its server is lost, in a block that was not over */
}

/* Nobody knows what it was. */
static void give_up(struct cache_part *part, struct late *late, bool may_hide)
{
    if (late->end.account != NULL) {
        leave(late->end.account, &late->writes, may_hide);
        return;
    }
    if (may_hide) {
        part->cache->hooks.doubt(part->cache->hooks.self, &late->where);
    }
    if (!late->end.is_told) {
        share_ended(part, late->end.database, &late->writes);
    }
    tag_set_end(&late->writes, part->cache->tags);
}

/* It may have been read meanwhile. */
static bool hides_in_doubt(struct cache_part *part, struct late *late)
{
    const struct cache_hooks *hooks = &part->cache->hooks;
    struct cache_verdict verdict;
    const struct cache_lately lately = {
            .held = late->held, .shape = late->shape, .view = late->view, .is_in_doubt = true};
    enum cache_view view = hooks->judge_held(hooks->self, part->worker, &lately, &verdict);
    bool is_harmless =
            view != CACHE_VIEW_NONE && is_known(&verdict) && !stage_may_hide(verdict.policy);

    policy_unref(verdict.policy);
    if (is_harmless) {
        struct account *account = late->end.account;
        is_harmless = account == NULL ? believe(part, &late->where, late->view, late->held)
                                      : believe_later(part, account, late->view, late->held);
        late->held = NULL;
    }
    return !is_harmless;
}

/* False: the schema is in doubt still. */
static bool look_at_belief(struct cache_part *part, const struct late *late)
{
    const struct cache_hooks *hooks = &part->cache->hooks;
    struct cache_verdict verdict;
    const struct cache_lately lately = {.held = late->held, .view = late->view};
    enum cache_view view = hooks->judge_held(hooks->self, part->worker, &lately, &verdict);

    policy_unref(verdict.policy);
    if (view == CACHE_VIEW_NONE) {
        hooks->doubt(hooks->self, &late->where);
    }
    return view != CACHE_VIEW_DOUBTFUL;
}

/* False: it is not known yet. */
static bool look(struct cache_part *part, struct late *late, sl_usec now)
{
    const struct cache_hooks *hooks = &part->cache->hooks;
    struct cache_verdict verdict;
    const struct cache_lately lately = {
            .held = late->held, .shape = late->shape, .view = late->view};

    if (late->is_belief) {
        return look_at_belief(part, late);
    }
    enum cache_view view = hooks->judge_held(hooks->self, part->worker, &lately, &verdict);
    bool waits = view == CACHE_VIEW_DOUBTFUL ||
                 (view == CACHE_VIEW_KNOWN && !is_known(&verdict) && !verdict.is_never_read);

    waits = waits && now < late->until;
    if (!waits &&
            (view != CACHE_VIEW_KNOWN || !settle(part, &late->end, &verdict, &late->writes))) {
        bool may_hide = view == CACHE_VIEW_DOUBTFUL ? hides_in_doubt(part, late)
                                                    : stage_may_hide(verdict.policy);
        give_up(part, late, may_hide);
    }
    policy_unref(verdict.policy);
    return !waits;
}

static void forget(struct cache_part *part, struct late *late)
{
    part->cache->hooks.drop(part->cache->hooks.self, late->held);
    *late = part->lates[--part->lates_count];
}

void late_sent(struct asked *asked, struct account *account)
{
    asked->is_unread = true;
    account->unread++;
}

void late_answered(struct asked *asked)
{
    struct stage_transaction *transaction = asked->stmt->under_way;
    struct account *account = transaction == NULL ? NULL : transaction->state;

    if (asked->is_unread && account != NULL && account->unread > 0) {
        account->unread--;
    }
    asked->is_unread = false;
}

void late_join(struct cache_part *part, struct account *account)
{
    struct tag_set everything;

    for (unsigned i = part->lates_count; i > 0; i--) {
        struct late *late = &part->lates[i - 1];
        if (late->end.account == account) {
            (void)look(part, late, INT64_MAX);
            forget(part, late);
        }
    }
    if (account->unread >
            0) { /* it is not over itself: in a pipeline, what ends its block is behind it */
        tag_set_init(&everything);
        tag_set_add(&everything, account->all, account->all);
        account_collect(account, &everything);
        tag_set_fini(&everything);
    }
}

void late_turn(struct cache_part *part, sl_usec now)
{
    if (SL_LIKELY(now < part->late_look_at)) {
        return;
    }
    for (unsigned i = 0; i < part->lates_count;) {
        struct late *late = &part->lates[i];
        if (look(part, late, now)) {
            forget(part, late);
        } else {
            i++;
        }
    }
    part->late_look_at = part->lates_count == 0 ? INT64_MAX : now + LATE_LOOKS;
}

void late_fini(struct cache_part *part)
{
    const struct cache_hooks *hooks = &part->cache->hooks;

    for (unsigned i = 0; i < part->lates_count; i++) {
        tag_set_end(&part->lates[i].writes, part->cache->tags);
        hooks->drop(hooks->self, part->lates[i].held);
    }
    part->lates_count = 0;
}
