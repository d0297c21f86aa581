// SPDX-License-Identifier: MIT
// Shared by line_editor.c and line_editor_*.c only.
#ifndef BD_LINE_EDITOR_INTERNAL_H
#define BD_LINE_EDITOR_INTERNAL_H

#include <locale.h>
#include <pthread.h>
#include <stdio.h>

#include "edit_api.h"
#include "line_editor.h"

enum { BD_EDITOR_LITERAL = 1 }; // around what takes no columns in a prompt

struct bd_editor_answer {
    uint64_t id;
    size_t remove;
    struct bd_buf insert, listing;
};

struct bd_editor {
    struct bd_edit_api api;
    pthread_t thread;
    int wake[2]; // a pipe: a byte in it ends the wait for keys
    void (*notify)(void *arg);
    void *arg;

    pthread_mutex_t lock; // of everything down to the next gap
    pthread_cond_t changed;
    bool quit;
    bool wanted;  // a line is to be read
    bool dropped; // bd_editor_interrupt
    bool is_reading;
    char *prompt, *more, *from;
    struct bd_buf above;
    struct bd_editor_event event;
    bool has_event;
    uint64_t questions;
    uint64_t readings; // counts bd_editor_read
    uint64_t reading;  // the one whose line is edited, or was last
    struct bd_editor_answer answer;
    char **lines; // of the history
    size_t line_count;
    bool new_history;

    // The thread's own.
    locale_t utf8; // 0: there is none
    EditLine *el;
    History *history;
    FILE *in, *out;
    bool dumb;        // a terminal without cursor movements
    bool hide_prompt; // while a paste is shown instead
    bool interrupted; // by Ctrl-C
    bool pasted;      // `block` was entered, not what libedit has
    struct bd_buf block;
    struct bd_buf rest;  // behind the last line break of a paste: the next line begins with it
    struct bd_buf input; // bytes that were read
    size_t at;           // the first of them that was not taken
    char *shown_prompt;  // of the line under way
    char *shown_more;
};

// line_editor_input.c: EL_GETCFN
int bd_editor_get(EditLine *el, wchar_t *c);
// Has a text inserted before any key is read, as if it were pasted.
void bd_editor_insert_first(struct bd_editor *editor, const char *text, size_t len);

// line_editor_display.c. The first moves to the first row of what is edited and clears from there; the second
// moves below it. Both leave the drawing to bd_editor_redraw.
void bd_editor_leave_upwards(struct bd_editor *editor);
void bd_editor_leave_at_end(struct bd_editor *editor); // to the last row
void bd_editor_leave_downwards(struct bd_editor *editor);
void bd_editor_redraw(struct bd_editor *editor);
void bd_editor_show_above(struct bd_editor *editor); // what bd_editor_print was given
void bd_editor_show_paste(struct bd_editor *editor, const char *text, size_t len);
void bd_editor_write(struct bd_editor *editor, const char *text, size_t len);

void bd_editor_mark_pastes(struct bd_editor *editor, bool on);

// line_editor_keys.c
void bd_editor_bind_keys(struct bd_editor *editor);

// line_editor.c: an event for the loop; the caller holds the lock.
void bd_editor_post(struct bd_editor *editor, enum bd_editor_event_kind kind, const char *text,
                    size_t len);

// Empties the line that is being edited.
void bd_editor_empty(struct bd_editor *editor);
struct bd_editor *bd_editor_of(EditLine *el);

#endif
