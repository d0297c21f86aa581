// SPDX-License-Identifier: MIT
// The keys that libedit gets: characters in UTF-8, and pastes, which terminals mark (xterm's control sequences,
// "Bracketed Paste Mode"). While it waits for keys the thread does what the loop asks for.
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "line_editor_internal.h"

static const char PASTE_BEGIN[] = "\033[200~";
static const char PASTE_END[] = "\033[201~";
enum { MARK = sizeof PASTE_BEGIN - 1, ESCAPE_MS = 50, PIECE = 4096 };

// Does what the loop asked for. False: the line is over.
static bool obey(struct bd_editor *editor)
{
    char bytes[64];
    while (read(editor->wake[0], bytes, sizeof bytes) == (ssize_t)sizeof bytes) {}
    editor->api.resize(editor->el);
    (void)pthread_mutex_lock(&editor->lock);
    bool over = editor->quit || editor->dropped;
    bool dropped = editor->dropped;
    editor->interrupted = editor->interrupted || dropped;
    editor->dropped = false;
    (void)pthread_mutex_unlock(&editor->lock);
    if (dropped) {
        bd_editor_leave_downwards(editor);
        bd_editor_write(editor, "", 0);
    }
    if (!over) {
        bd_editor_show_above(editor);
    }
    return !over;
}

static bool read_piece(struct bd_editor *editor)
{
    struct bd_buf *input = &editor->input;
    if (editor->at == input->len) {
        editor->at = input->len = 0;
    }
    bd_buf_reserve(input, PIECE);
    ssize_t count = read(fileno(editor->in), input->data + input->len, PIECE);
    if (count <= 0) {
        return count < 0 && (errno == EINTR || errno == EAGAIN);
    }
    input->len += (size_t)count;
    return true;
}

enum waited { KEYS, NOTHING, OVER };

// Waits for keys; `limit` in ms, -1: for ever.
static enum waited wait_for_keys(struct bd_editor *editor, int limit)
{
    for (;;) {
        struct pollfd fds[] = {{.fd = fileno(editor->in), .events = POLLIN},
                               {.fd = editor->wake[0], .events = POLLIN}};
        int count = poll(fds, 2, limit);
        if (count == 0) {
            return NOTHING;
        }
        if (count < 0) {
            if (errno != EINTR) {
                return OVER;
            }
            continue;
        }
        if (fds[1].revents != 0 && !obey(editor)) {
            return OVER;
        }
        if (fds[0].revents != 0) {
            return read_piece(editor) ? KEYS : OVER;
        }
    }
}

// ------------------------------------------------------------------------------------------------
// Pastes

// Line breaks become \n; other control characters but tabs have no business in a script.
static void clean_paste(struct bd_buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '\r') {
            bd_buf_add_char(out, '\n');
            i += i + 1 < len && text[i + 1] == '\n' ? 1 : 0;
        } else if (c == '\n' || c == '\t' || (c >= ' ' && c != 127)) {
            bd_buf_add_char(out, (char)c);
        }
    }
}

// What ends with a line break is entered as a whole; what follows the last one is edited on.
static bool enter_paste(struct bd_editor *editor, struct bd_buf *text)
{
    const LineInfo *line = editor->api.line(editor->el);
    struct bd_buf whole = {0};
    bd_buf_add(&whole, line->buffer, (size_t)(line->cursor - line->buffer));
    bd_buf_add(&whole, text->data, text->len);
    bd_buf_add(&whole, line->cursor, (size_t)(line->lastchar - line->cursor));
    size_t end = whole.len;
    while (end > 0 && whole.data[end - 1] != '\n') {
        end--;
    }
    editor->block.len = editor->rest.len = 0;
    bd_buf_add(&editor->block, whole.data, end - 1);
    bd_buf_add(&editor->rest, whole.data + end, whole.len - end);
    bd_buf_free(&whole);
    bd_editor_show_paste(editor, editor->block.data != NULL ? editor->block.data : "",
                         editor->block.len);
    editor->pasted = true;
    return true;
}

// True when the line is entered by it.
static bool take_paste(struct bd_editor *editor)
{
    struct bd_buf *input = &editor->input;
    editor->at += MARK;
    char *end;
    while ((end = memmem(input->data + editor->at, input->len - editor->at, PASTE_END, MARK)) ==
           NULL) {
        if (wait_for_keys(editor, -1) == OVER) {
            end = input->data + input->len;
            break;
        }
    }
    size_t len = (size_t)(end - input->data) - editor->at;
    struct bd_buf text = {0};
    clean_paste(&text, input->data + editor->at, len);
    editor->at += len;
    editor->at += editor->at + MARK <= input->len ? MARK : 0;
    bool entered = false;
    if (text.len > 0 && memchr(text.data, '\n', text.len) != NULL) {
        entered = enter_paste(editor, &text);
    } else if (text.len > 0) {
        bd_editor_leave_upwards(editor);
        (void)editor->api.insert(editor->el, bd_buf_text(&text));
        bd_editor_redraw(editor);
    }
    bd_buf_free(&text);
    return entered;
}

// Whether the bytes at hand begin as a paste does, and go on so as far as they reach.
static bool may_be_paste(const struct bd_editor *editor, bool *whole)
{
    size_t len = editor->input.len - editor->at;
    size_t known = len < MARK ? len : MARK;
    *whole = len >= MARK;
    return memcmp(editor->input.data + editor->at, PASTE_BEGIN, known) == 0;
}

// ------------------------------------------------------------------------------------------------
// Characters

// Takes one from the bytes at hand. False: there is none, or only the beginning of one.
static bool take_character(struct bd_editor *editor, wchar_t *c)
{
    struct bd_buf *input = &editor->input;
    while (editor->at < input->len) {
        mbstate_t state = {0};
        size_t count = mbrtowc(c, input->data + editor->at, input->len - editor->at, &state);
        if (count == (size_t)-2) {
            return false;
        }
        if (count == (size_t)-1) { // no UTF-8
            editor->at++;
            continue;
        }
        editor->at += count > 0 ? count : 1;
        return true;
    }
    return false;
}

void bd_editor_insert_first(struct bd_editor *editor, const char *text, size_t len)
{
    struct bd_buf input = {0};
    bd_buf_add(&input, PASTE_BEGIN, MARK);
    bd_buf_add(&input, text, len);
    bd_buf_add(&input, PASTE_END, MARK);
    if (editor->input.len > editor->at) {
        bd_buf_add(&input, editor->input.data + editor->at, editor->input.len - editor->at);
    }
    bd_buf_free(&editor->input);
    editor->input = input;
    editor->at = 0;
}

int bd_editor_get(EditLine *el, wchar_t *c)
{
    struct bd_editor *editor = bd_editor_of(el);
    for (;;) {
        bool whole = false;
        bool escape = editor->at < editor->input.len && editor->input.data[editor->at] == '\033';
        if (escape && may_be_paste(editor, &whole)) {
            if (whole && take_paste(editor)) {
                *c = L'\n';
                return 1;
            }
            if (whole) {
                continue;
            }
            enum waited waited = wait_for_keys(editor, ESCAPE_MS);
            if (waited == KEYS) {
                continue;
            }
        }
        if (take_character(editor, c)) {
            return 1;
        }
        if (wait_for_keys(editor, -1) == OVER) {
            return 0;
        }
    }
}
