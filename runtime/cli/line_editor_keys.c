// SPDX-License-Identifier: MIT
// What keys do that libedit does not do by itself: completing, dropping the line, stopping the program.
#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "core/check.h"
#include "line_editor_internal.h"

enum { PATIENCE_S = 3 };

static unsigned char on_interrupt(EditLine *el, int key)
{
    static const char SHOWN[] = "^C\r\n"; // as a terminal shows it that nobody edits lines on
    struct bd_editor *editor = bd_editor_of(el);
    (void)key;
    (void)el;
    bd_editor_leave_at_end(editor);
    bd_editor_write(editor, SHOWN, sizeof SHOWN - 1);
    editor->interrupted = true;
    return CC_EOF;
}

static unsigned char on_suspend(EditLine *el, int key)
{
    enum { STOPPING_NS = 50 * 1000 * 1000 };
    static const struct timespec STOPPING = {.tv_nsec = STOPPING_NS};
    struct bd_editor *editor = bd_editor_of(el);
    (void)key;
    bd_editor_leave_downwards(editor);
    bd_editor_mark_pastes(editor, false);
    (void)editor->api.set(el, EL_PREP_TERM, 0);
    (void)kill(getpid(), SIGTSTP);
    (void)nanosleep(&STOPPING, NULL); // the process stops meanwhile
    (void)editor->api.set(el, EL_PREP_TERM, 1);
    bd_editor_mark_pastes(editor, true);
    bd_editor_redraw(editor);
    return CC_NORM;
}

// Waits for the answer to the question just posted. Under the lock.
static bool wait_for_answer(struct bd_editor *editor)
{
    struct timespec end;
    (void)clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += PATIENCE_S;
    while (editor->answer.id != editor->questions && !editor->quit) {
        if (pthread_cond_timedwait(&editor->changed, &editor->lock, &end) == ETIMEDOUT) {
            break; // the loop is busy
        }
    }
    return editor->answer.id == editor->questions && !editor->quit;
}

static void show_listing(struct bd_editor *editor)
{
    struct bd_buf *listing = &editor->answer.listing;
    bd_editor_leave_downwards(editor);
    for (size_t i = 0; i < listing->len; i++) {
        if (listing->data[i] == '\n') {
            fputc('\r', editor->out);
        }
        fputc(listing->data[i], editor->out);
    }
}

static unsigned char on_complete(EditLine *el, int key)
{
    struct bd_editor *editor = bd_editor_of(el);
    const LineInfo *line = editor->api.line(el);
    (void)key;
    (void)pthread_mutex_lock(&editor->lock);
    editor->questions++;
    bd_editor_post(editor, BD_EDITOR_COMPLETE, line->buffer, (size_t)(line->cursor - line->buffer));
    bool answered = wait_for_answer(editor);
    (void)pthread_mutex_unlock(&editor->lock);
    struct bd_editor_answer *answer = &editor->answer; // nobody touches it until the next question
    if (!answered || (answer->remove + answer->insert.len + answer->listing.len) == 0) {
        return CC_REFRESH_BEEP;
    }
    if (answer->listing.len > 0) {
        show_listing(editor);
    }
    if (answer->remove > 0) {
        editor->api.remove(el, (int)answer->remove);
    }
    if (answer->insert.len > 0) {
        (void)editor->api.insert(el, bd_buf_text(&answer->insert));
    }
    if (answer->listing.len > 0) {
        bd_editor_redraw(editor);
        return CC_NORM;
    }
    return CC_REFRESH;
}

void bd_editor_bind_keys(struct bd_editor *editor)
{
    static const char *const KEYS[][2] = {
        {"\t", "beadle-complete"},     {"^C", "beadle-interrupt"},
        {"^Z", "beadle-suspend"},      {"^R", "em-inc-search-prev"},
        {"^W", "ed-delete-prev-word"}, {"\033[3~", "ed-delete-next-char"},
        {"\033[H", "ed-move-to-beg"},  {"\033[F", "ed-move-to-end"},
        {"\033[1~", "ed-move-to-beg"}, {"\033[4~", "ed-move-to-end"},
        {"\033OH", "ed-move-to-beg"},  {"\033OF", "ed-move-to-end"},
        {"\033[1;5C", "em-next-word"}, {"\033[1;5D", "ed-prev-word"},
    };
    const struct bd_edit_api *api = &editor->api;
    (void)api->set(editor->el, EL_ADDFN, "beadle-complete", "complete", on_complete);
    (void)api->set(editor->el, EL_ADDFN, "beadle-interrupt", "drop the line", on_interrupt);
    (void)api->set(editor->el, EL_ADDFN, "beadle-suspend", "stop the program", on_suspend);
    // These keys reach us as keys: signals would not know whether a line is being edited.
    (void)api->set(editor->el, EL_SETTY, "-d", "-isig", NULL);
    for (size_t i = 0; i < BD_COUNT(KEYS); i++) {
        (void)api->set(editor->el, EL_BIND, KEYS[i][0], KEYS[i][1], NULL);
    }
}
