// SPDX-License-Identifier: MIT
// Standard input that is no terminal: what has come is given at once, and the loop does not wait inside a read.
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "core/buf.h"
#include "core/check.h"
#include "core/error.h"
#include "core/runtime.h"
#include "core/task.h"
#include "session_internal.h"

enum { PIECE = 65536 };

struct input {
    uv_poll_t poll;
    struct bd_wait wait;
    struct bd_task *task;
    struct bd_loop *loop;
};

static void on_closed(uv_handle_t *poll)
{
    free(poll->data);
}

// libuv reads without waiting; whoever shares standard input with us may not expect that afterwards.
static void end(struct input *input)
{
    int flags = fcntl(STDIN_FILENO, F_GETFL);
    if (flags >= 0) {
        (void)fcntl(STDIN_FILENO, F_SETFL, flags & ~O_NONBLOCK);
    }
    bd_loop_io_end(input->loop);
    uv_close((uv_handle_t *)&input->poll, on_closed);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct input *input = poll->data;
    (void)status; // the read says what is wrong
    (void)events;
    struct bd_task *task = input->task;
    end(input);
    bd_task_wake(task);
}

static void stop(struct bd_wait *wait)
{
    end(BD_OUTER(wait, struct input, wait));
}

static int read_piece(lua_State *L)
{
    char *piece = lua_newuserdatauv(L, PIECE, 0);
    ssize_t count;
    do {
        count = read(STDIN_FILENO, piece, PIECE);
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
        return bd_error(L, BD_IO, "standard input cannot be read: %s", strerror(errno));
    }
    if (count == 0) {
        return 0;
    }
    lua_pushlstring(L, piece, (size_t)count);
    return 1;
}

static int readable(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    if (bd_task_interrupted(L)) {
        bd_task_push_cancellation(L);
        return bd_error_raise(L);
    }
    return read_piece(L);
}

int bd_session_input(lua_State *L)
{
    struct bd_runtime *rt = bd_runtime_of(L);
    lua_settop(L, 0);
    bd_task_may_wait(L, "reading standard input");
    struct input *input = bd_alloc(sizeof *input);
    input->task = bd_task_current(L);
    input->loop = &rt->loop;
    input->wait.stop = stop;
    if (uv_poll_init(&rt->loop.uv, &input->poll, STDIN_FILENO) != 0) { // a file: always readable
        free(input);
        return read_piece(L);
    }
    input->poll.data = input;
    BD_CHECK(uv_poll_start(&input->poll, UV_READABLE | UV_DISCONNECT, on_readable) == 0);
    bd_loop_io_begin(&rt->loop);
    return bd_task_wait(L, &input->wait, 0, readable);
}
