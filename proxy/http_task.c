/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/http_task.h"

#include "protocol/base/check.h"
#include "protocol/base/list.h"
#include "proxy/http_request.h"

static void deliver(struct letter *letter, struct worker *worker)
{
    struct http_task *task = SL_CONTAINER(letter, struct http_task, letter);

    (void)worker;
    task->is_away = false;
    if (task->request == NULL) {
        task->free(task);
    } else {
        task->step(task); /* it may be freed by its answer */
    }
}

void http_task_begin(struct http_task *task, struct http_request *request)
{
    task->request = request;
    task->home = request->mailbox;
    task->letter.deliver = deliver;
    task->is_away = false;
    request->task = task;
}

void http_task_lend(struct http_task *task)
{
    SL_CHECK(!task->is_away);
    task->is_away = true;
}

void http_task_not_lent(struct http_task *task)
{
    task->is_away = false;
}

void http_task_again(struct http_task *task)
{
    http_task_lend(task);
    mailbox_post(task->home, &task->letter);
}

void http_task_abandon(struct http_task *task)
{
    if (task == NULL) {
        return;
    }
    task->request = NULL;
    if (!task->is_away) {
        task->free(task);
    }
}
