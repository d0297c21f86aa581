// SPDX-License-Identifier: MIT
// Lines edited on a terminal with libedit, on a thread of its own: libedit waits for keys, and the loop must not.
// The thread touches nothing but the terminal; lines and questions for completions go to the loop as events, and
// what others print meanwhile comes back to be shown above the line.
//
// All functions are for the loop's thread. Texts are UTF-8.
#ifndef BD_LINE_EDITOR_H
#define BD_LINE_EDITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

struct bd_editor;

enum bd_editor_event_kind {
    BD_EDITOR_LINE,      // `text`: what was entered, without its last line break
    BD_EDITOR_END,       // Ctrl-D on an empty line, or the terminal is gone
    BD_EDITOR_INTERRUPT, // Ctrl-C: the line was dropped
    BD_EDITOR_COMPLETE,  // Tab: `text` stands before the cursor; wants bd_editor_answer with `id`
};

struct bd_editor_event {
    enum bd_editor_event_kind kind;
    struct bd_buf text;
    uint64_t id;
    uint64_t reading; // which bd_editor_read it belongs to
};

// `notify` is called on the editor's thread when an event is there. NULL, with a sentence in `wrong`, when libedit
// is missing. Free with bd_editor_close.
struct bd_editor *bd_editor_open(void (*notify)(void *arg), void *arg, char *wrong,
                                 size_t wrong_size);

// Ends the thread, gives the terminal its settings back and frees everything.
void bd_editor_close(struct bd_editor *editor);

// Begins to read a line. In the prompt, what stands between two \1 takes no columns. `more`: what stands before
// further lines of what is pasted. `from`: the text that it begins with. Drops a line that is still being edited; what
// comes of that has another number than the one that is returned.
uint64_t bd_editor_read(struct bd_editor *editor, const char *prompt, const char *more,
                        const char *from);

// Takes the next event; the caller frees its text. False when there is none.
bool bd_editor_take(struct bd_editor *editor, struct bd_editor_event *event);

// Shows whole lines above the one that is being edited. What lacks its line break waits for it.
void bd_editor_print(struct bd_editor *editor, const char *text, size_t len);

// Takes what bd_editor_print was given and was not shown any more, because the line was over.
void bd_editor_take_unshown(struct bd_editor *editor, struct bd_buf *out);

// Answers a question: deletes `remove` characters before the cursor, inserts `insert`, shows `listing` below.
void bd_editor_answer(struct bd_editor *editor, uint64_t id, size_t remove, const char *insert,
                      const char *listing);

// Drops the line that is being edited, as Ctrl-C does.
void bd_editor_interrupt(struct bd_editor *editor);

// The lines that the arrow keys lead to, the oldest first. Copied.
void bd_editor_set_history(struct bd_editor *editor, const char *const *lines, size_t count);

// The terminal has another size. For signal handlers too.
void bd_editor_resized(void);

// Gives the terminal its settings back when the process ends at once. For signal handlers too.
void bd_editor_rescue(void);

#endif
