/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/stage_block.c - answers within transaction blocks: of which is it known that what is kept is what
 * PostgreSQL would say there?
 *
 *     BEGIN, sent to a server that stands at I, that makes it READ COMMITTED    the block is clean
 *     what could be kept itself, SAVEPOINT, RELEASE, ROLLBACK TO, SHOW          it stays so (policy_block)
 *     anything else that is sent, as a plain statement (stmt->is_plain) or not  it is not, to its end
 *     what is not read when it is sent, whatever it turns out to be; EXECUTE    likewise
 *     the catalogue is another than it was at BEGIN                             nor is it then
 *
 * In a clean block each statement has a snapshot of its own, as outside (READ COMMITTED), and sees nothing but what
 * was committed before: nothing was written, so it has not even a number. It has made no table, and its
 * settings, role and search_path are its session's, as nothing has set any. So
 *
 *   a hit    is what it would be outside: what is kept is of a moment between the statement's coming and its
 *            answer, and what its session wrote before BEGIN was done by then
 *   a fill   is what anybody would be answered: what is kept was seen by a snapshot taken when the statement ran, which
 *            is behind the leader's clock. What it may have locked by reading changes nothing that is read;
 *            triggers that are deferred have nothing to do; a table of its own that hides another is made by
 *            a statement that ends this, or was there before, which is seen as outside
 *
 * What the words of an answer's tags prove is the same in both: nothing of it is here.
 *
 * No answer is waited for within a block: who gets it may need the connection that the block keeps, or be in
 * line behind who waits for a lock that the block has.
 *
 * Of the statements of a pipeline that are still under way it holds likewise: if the block is clean they are BEGIN and
 * what keeps it so. Should one fail, what follows is skipped, answers in its turn included
 * (proxy/client_answer.h).
 *
 * That a BEGIN without a level makes it READ COMMITTED is for cache_hooks.reads_committed to know. It is asked once for
 * a block; a default that is changed behind that is a change of the catalogue.
 *
 * Not the same as with PostgreSQL: an answer from memory is no query of the transaction. So it locks no table until
 * the end, and SET TRANSACTION ISOLATION LEVEL is still taken behind it.
 */
#include "cache/stage_part.h"

enum { USER_TYPES = 16384 };

/* Of a parameter: whatever is behind its input may do anything. */
static bool has_types_of_users(struct sl_span types)
{
    for (size_t at = 2; at + 4 <= types.len; at += 4) {
        if (sl_get_u32(types.at + at) >= USER_TYPES) {
            return true;
        }
    }
    return false;
}

bool block_may_have_answers(const struct cache_part *part, const struct stmt *stmt)
{
    const struct cache_hooks *hooks = &part->cache->hooks;
    const struct stage_transaction *block = stmt->under_way;
    uint64_t view = 0;

    if (SL_LIKELY(stmt->standing == 'I')) {
        return true;
    }
    return (stmt->standing == 'T' || stmt->standing == '\0') && block != NULL && block->is_clean &&
           hooks->moment(hooks->self, stmt, &view) && view == block->view;
}

static bool begins(const struct asked *asked, enum policy_block is)
{
    const struct cache_hooks *hooks = &asked->part->cache->hooks;

    return is == POLICY_BLOCK_BEGINS_COMMITTED ||
           (is == POLICY_BLOCK_BEGINS && hooks->reads_committed(hooks->self, asked->stmt));
}

void block_dispatch(const struct asked *asked)
{
    const struct stmt *stmt = asked->stmt;
    const struct policy *policy = asked->verdict.policy;
    struct stage_transaction *block = stmt->under_way;
    bool is_known = policy != NULL && !asked->executes && asked->has_view && stmt->is_plain &&
                    stmt->query.len > 0 && stmt->names_failed == 0 &&
                    !has_types_of_users(stmt->types);
    enum policy_block is = is_known ? policy->block : POLICY_BLOCK_SPOILS;

    if (stmt->standing == 'I') {
        block->is_clean = begins(asked, is);
        block->view = asked->view;
    } else if (stmt->standing == 'T' || stmt->standing == '\0') {
        block->is_clean = block->is_clean && is == POLICY_BLOCK_KEEPS && asked->view == block->view;
    } else {
        block->is_clean = false;
    }
}

void block_spoil(struct stage_transaction *block)
{
    block->is_clean = false;
}
