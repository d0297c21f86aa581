// SPDX-License-Identifier: MIT
#include "line_editor.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include "core/check.h"
#include "line_editor_internal.h"

enum { HISTORY_MOST = 5000 };

// libedit's callbacks get nothing that leads to the editor without a function of libedit's.
static _Thread_local struct bd_editor *running;

// Signal handlers get no argument at all.
static volatile sig_atomic_t wake_fd = -1;
static volatile sig_atomic_t rescuable;
static struct termios usual_settings;

struct bd_editor *bd_editor_of(EditLine *el)
{
    BD_CHECK(running != NULL && running->el == el);
    return running;
}

void bd_editor_empty(struct bd_editor *editor)
{
    const LineInfo *line = editor->api.line(editor->el);
    int len = (int)(line->lastchar - line->buffer); // as many characters at most
    (void)editor->api.move(editor->el, len);
    editor->api.remove(editor->el, len);
}

static char *on_prompt(EditLine *el)
{
    static char nothing[] = "";
    struct bd_editor *editor = bd_editor_of(el);
    bool shown = editor->shown_prompt != NULL && !editor->hide_prompt;
    return shown ? editor->shown_prompt : nothing;
}

void bd_editor_post(struct bd_editor *editor, enum bd_editor_event_kind kind, const char *text,
                    size_t len)
{
    bd_buf_free(&editor->event.text);
    editor->event = (struct bd_editor_event){.kind = kind};
    bd_buf_add(&editor->event.text, text != NULL ? text : "", len);
    editor->event.id = editor->questions;
    editor->event.reading = editor->reading;
    editor->has_event = true;
    editor->notify(editor->arg);
}

// ------------------------------------------------------------------------------------------------
// The thread

// Texts are UTF-8 whatever the environment says. Only this thread's locale changes.
static void use_utf8(struct bd_editor *editor)
{
    editor->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (editor->utf8 != (locale_t)0) {
        (void)uselocale(editor->utf8);
    }
}

static void stop_using_utf8(struct bd_editor *editor)
{
    if (editor->utf8 != (locale_t)0) {
        (void)uselocale(LC_GLOBAL_LOCALE);
        freelocale(editor->utf8);
    }
}

static bool start(struct bd_editor *editor)
{
    const struct bd_edit_api *api = &editor->api;
    const char *kind = getenv("TERM");
    HistEvent event;
    editor->dumb = kind == NULL || *kind == '\0' || strcmp(kind, "dumb") == 0;
    use_utf8(editor);
    editor->el = api->init("beadle", editor->in, editor->out, editor->out);
    if (editor->el == NULL) {
        return false;
    }
    running = editor;
    editor->history = api->history_init();
    (void)api->history(editor->history, &event, H_SETSIZE, HISTORY_MOST);
    (void)api->set(editor->el, EL_HIST, api->history, editor->history);
    (void)api->set(editor->el, EL_EDITOR, "emacs");
    (void)api->set(editor->el, EL_SIGNAL, 0);
    (void)api->set(editor->el, EL_GETCFN, bd_editor_get);
    (void)api->set(editor->el, EL_PROMPT_ESC, on_prompt, BD_EDITOR_LITERAL);
    (void)api->source(editor->el, NULL); // the user's own keys
    bd_editor_bind_keys(editor);
    return true;
}

// Under the lock.
static void take_history(struct bd_editor *editor)
{
    HistEvent event;
    if (!editor->new_history) {
        return;
    }
    editor->new_history = false;
    (void)editor->api.history(editor->history, &event, H_CLEAR);
    for (size_t i = 0; i < editor->line_count; i++) {
        (void)editor->api.history(editor->history, &event, H_ENTER, editor->lines[i]);
    }
}

// Waits until a line is wanted. False: the thread is to end.
static bool wait_for_order(struct bd_editor *editor)
{
    (void)pthread_mutex_lock(&editor->lock);
    while (!editor->wanted && !editor->quit) {
        (void)pthread_cond_wait(&editor->changed, &editor->lock);
    }
    bool goes_on = !editor->quit;
    editor->wanted = false;
    editor->dropped = false;
    editor->is_reading = goes_on;
    editor->reading = editor->readings;
    if (goes_on) {
        take_history(editor);
        free(editor->shown_prompt);
        free(editor->shown_more);
        editor->shown_prompt = editor->prompt;
        editor->shown_more = editor->more;
        editor->prompt = editor->more = NULL;
        bd_buf_add_text(&editor->rest, editor->from != NULL ? editor->from : "");
    }
    (void)pthread_mutex_unlock(&editor->lock);
    return goes_on;
}

// What the last paste left is what the line begins with.
static void insert_rest(struct bd_editor *editor)
{
    if (editor->rest.len > 0) {
        bd_editor_insert_first(editor, editor->rest.data, editor->rest.len);
        editor->rest.len = 0;
    }
}

static void read_line(struct bd_editor *editor)
{
    int count = 0;
    editor->interrupted = editor->pasted = editor->hide_prompt = false;
    bd_editor_mark_pastes(editor, true);
    insert_rest(editor);
    // Before the prompt is there: what is typed then is ours, not the terminal's.
    (void)editor->api.set(editor->el, EL_PREP_TERM, 1);
    const char *text = editor->api.gets(editor->el, &count);
    bd_editor_mark_pastes(editor, false);
    if (text == NULL && !editor->interrupted) {
        bd_editor_write(editor, "\r\n", 2);
    }
    (void)pthread_mutex_lock(&editor->lock);
    editor->is_reading = false;
    if (editor->interrupted) {
        bd_editor_post(editor, BD_EDITOR_INTERRUPT, NULL, 0);
    } else if (editor->pasted) {
        bd_editor_post(editor, BD_EDITOR_LINE, editor->block.data, editor->block.len);
    } else if (text != NULL && count > 0) {
        size_t len = (size_t)count;
        len -= text[len - 1] == '\n' ? 1 : 0;
        bd_editor_post(editor, BD_EDITOR_LINE, text, len);
    } else {
        bd_editor_post(editor, BD_EDITOR_END, NULL, 0);
    }
    (void)pthread_mutex_unlock(&editor->lock);
}

static void *run(void *arg)
{
    struct bd_editor *editor = arg;
    if (!start(editor)) {
        (void)pthread_mutex_lock(&editor->lock);
        bd_editor_post(editor, BD_EDITOR_END, NULL, 0);
        (void)pthread_mutex_unlock(&editor->lock);
        stop_using_utf8(editor);
        return NULL;
    }
    while (wait_for_order(editor)) {
        read_line(editor);
    }
    editor->api.history_end(editor->history);
    editor->api.end(editor->el);
    stop_using_utf8(editor);
    return NULL;
}

// ------------------------------------------------------------------------------------------------
// For the loop

static bool open_files(struct bd_editor *editor, char *wrong, size_t wrong_size)
{
    bool ok = pipe2(editor->wake, O_CLOEXEC | O_NONBLOCK) == 0;
    int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
    editor->in = in >= 0 ? fdopen(in, "r") : NULL;
    editor->out = out >= 0 ? fdopen(out, "w") : NULL;
    if (!ok || editor->in == NULL || editor->out == NULL) {
        (void)snprintf(wrong, wrong_size, "%s", strerror(errno));
        return false;
    }
    return true;
}

static void free_editor(struct bd_editor *editor)
{
    for (size_t i = 0; i < editor->line_count; i++) {
        free(editor->lines[i]);
    }
    free(editor->lines);
    free(editor->prompt);
    free(editor->more);
    free(editor->from);
    free(editor->shown_prompt);
    free(editor->shown_more);
    bd_buf_free(&editor->above);
    bd_buf_free(&editor->event.text);
    bd_buf_free(&editor->answer.insert);
    bd_buf_free(&editor->answer.listing);
    bd_buf_free(&editor->block);
    bd_buf_free(&editor->rest);
    bd_buf_free(&editor->input);
    if (editor->in != NULL) {
        (void)fclose(editor->in);
    }
    if (editor->out != NULL) {
        (void)fclose(editor->out);
    }
    for (int i = 0; i < 2; i++) {
        if (editor->wake[i] >= 0) {
            (void)close(editor->wake[i]);
        }
    }
    (void)pthread_cond_destroy(&editor->changed);
    (void)pthread_mutex_destroy(&editor->lock);
    free(editor);
}

// Signals are for the loop's thread: their handlers look at what runs there.
static bool start_thread(struct bd_editor *editor)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    bool ok = pthread_create(&editor->thread, NULL, run, editor) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}

struct bd_editor *bd_editor_open(void (*notify)(void *arg), void *arg, char *wrong,
                                 size_t wrong_size)
{
    struct bd_editor *editor = bd_alloc(sizeof *editor);
    editor->notify = notify;
    editor->arg = arg;
    editor->wake[0] = editor->wake[1] = -1;
    BD_CHECK(pthread_mutex_init(&editor->lock, NULL) == 0);
    BD_CHECK(pthread_cond_init(&editor->changed, NULL) == 0);
    rescuable = tcgetattr(STDIN_FILENO, &usual_settings) == 0;
    if (!bd_edit_api_load(&editor->api, wrong, wrong_size) ||
        !open_files(editor, wrong, wrong_size)) {
        free_editor(editor);
        return NULL;
    }
    if (!start_thread(editor)) {
        (void)snprintf(wrong, wrong_size, "no thread can be started");
        free_editor(editor);
        return NULL;
    }
    wake_fd = editor->wake[1];
    return editor;
}

static void wake(struct bd_editor *editor)
{
    ssize_t ignored = write(editor->wake[1], "", 1); // a full pipe wakes, too
    (void)ignored;
}

void bd_editor_close(struct bd_editor *editor)
{
    wake_fd = -1;
    (void)pthread_mutex_lock(&editor->lock);
    editor->quit = true;
    (void)pthread_cond_broadcast(&editor->changed);
    (void)pthread_mutex_unlock(&editor->lock);
    wake(editor);
    (void)pthread_join(editor->thread, NULL);
    rescuable = 0;
    free_editor(editor);
}

uint64_t bd_editor_read(struct bd_editor *editor, const char *prompt, const char *more,
                        const char *from)
{
    (void)pthread_mutex_lock(&editor->lock);
    editor->dropped = editor->is_reading;
    uint64_t reading = ++editor->readings;
    free(editor->prompt);
    free(editor->more);
    free(editor->from);
    editor->prompt = bd_strdup(prompt);
    editor->more = bd_strdup(more);
    editor->from = bd_strdup(from);
    editor->wanted = true;
    (void)pthread_cond_broadcast(&editor->changed);
    (void)pthread_mutex_unlock(&editor->lock);
    wake(editor);
    return reading;
}

bool bd_editor_take(struct bd_editor *editor, struct bd_editor_event *event)
{
    (void)pthread_mutex_lock(&editor->lock);
    bool is_there = editor->has_event;
    if (is_there) {
        *event = editor->event;
        editor->event = (struct bd_editor_event){0};
        editor->has_event = false;
    }
    (void)pthread_mutex_unlock(&editor->lock);
    return is_there;
}

void bd_editor_print(struct bd_editor *editor, const char *text, size_t len)
{
    (void)pthread_mutex_lock(&editor->lock);
    bd_buf_add(&editor->above, text, len);
    (void)pthread_mutex_unlock(&editor->lock);
    wake(editor);
}

void bd_editor_take_unshown(struct bd_editor *editor, struct bd_buf *out)
{
    (void)pthread_mutex_lock(&editor->lock);
    bd_buf_add(out, editor->above.data, editor->above.len);
    editor->above.len = 0;
    (void)pthread_mutex_unlock(&editor->lock);
}

void bd_editor_answer(struct bd_editor *editor, uint64_t id, size_t remove, const char *insert,
                      const char *listing)
{
    (void)pthread_mutex_lock(&editor->lock);
    if (id == editor->questions) {
        editor->answer.id = id;
        editor->answer.remove = remove;
        editor->answer.insert.len = editor->answer.listing.len = 0;
        bd_buf_add_text(&editor->answer.insert, insert);
        bd_buf_add_text(&editor->answer.listing, listing);
        (void)pthread_cond_broadcast(&editor->changed);
    }
    (void)pthread_mutex_unlock(&editor->lock);
}

void bd_editor_interrupt(struct bd_editor *editor)
{
    (void)pthread_mutex_lock(&editor->lock);
    editor->dropped = true;
    (void)pthread_mutex_unlock(&editor->lock);
    wake(editor);
}

void bd_editor_set_history(struct bd_editor *editor, const char *const *lines, size_t count)
{
    (void)pthread_mutex_lock(&editor->lock);
    for (size_t i = 0; i < editor->line_count; i++) {
        free(editor->lines[i]);
    }
    editor->lines = bd_realloc(editor->lines, (count + 1) * sizeof *editor->lines);
    for (size_t i = 0; i < count; i++) {
        editor->lines[i] = bd_strdup(lines[i]);
    }
    editor->line_count = count;
    editor->new_history = true;
    (void)pthread_mutex_unlock(&editor->lock);
}

void bd_editor_resized(void)
{
    int fd = wake_fd;
    if (fd >= 0) {
        ssize_t ignored = write(fd, "", 1);
        (void)ignored;
    }
}

void bd_editor_rescue(void)
{
    if (rescuable) {
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &usual_settings);
        static const char PASTES_OFF[] = "\033[?2004l";
        ssize_t ignored = write(STDOUT_FILENO, PASTES_OFF, sizeof PASTES_OFF - 1);
        (void)ignored;
    }
}
