// SPDX-License-Identifier: MIT
// What the editor's thread shows beside libedit's own drawing. libedit draws from the row where it was left, so
// whoever writes something first moves away from what is drawn, and has it drawn anew afterwards.
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "line_editor_internal.h"

struct place {
    int row, column, width;
};

static void advance(struct place *place, wchar_t c)
{
    enum { TAB = 8 };
    if (c == L'\n') {
        place->row++;
        place->column = 0;
        return;
    }
    int columns = wcwidth(c);
    if (c == L'\t') {
        columns = TAB - place->column % TAB;
    } else if (columns < 0) {
        columns = 2; // ^A
    }
    place->column += columns;
    if (place->column == place->width) {
        place->row++;
        place->column = 0;
    } else if (place->column > place->width) { // a wide one does not begin in the last column
        place->row++;
        place->column = columns;
    }
}

static void advance_over(struct place *place, const char *text, size_t len)
{
    mbstate_t state = {0};
    bool literal = false;
    for (size_t at = 0; at < len;) {
        wchar_t c;
        size_t count = mbrtowc(&c, text + at, len - at, &state);
        if (count == (size_t)-1 || count == (size_t)-2 || count == 0) {
            memset(&state, 0, sizeof state);
            at++;
            continue;
        }
        at += count;
        if (c == BD_EDITOR_LITERAL) {
            literal = !literal;
        } else if (!literal) {
            advance(place, c);
        }
    }
}

static int columns_of(const struct bd_editor *editor)
{
    enum { USUAL = 80 };
    struct winsize size;
    bool known = ioctl(fileno(editor->out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : USUAL;
}

// Rows above and below the cursor that the line takes.
static void measure(const struct bd_editor *editor, int *above, int *below)
{
    const LineInfo *line = editor->api.line(editor->el);
    struct place place = {.width = columns_of(editor)};
    const char *prompt = editor->shown_prompt != NULL ? editor->shown_prompt : "";
    advance_over(&place, prompt, strlen(prompt));
    advance_over(&place, line->buffer, (size_t)(line->cursor - line->buffer));
    *above = place.row;
    advance_over(&place, line->cursor, (size_t)(line->lastchar - line->cursor));
    *below = place.row - *above;
}

void bd_editor_write(struct bd_editor *editor, const char *text, size_t len)
{
    (void)fwrite(text, 1, len, editor->out);
    (void)fflush(editor->out);
}

void bd_editor_mark_pastes(struct bd_editor *editor, bool on)
{
    if (!editor->dumb) {
        fputs(on ? "\033[?2004h" : "\033[?2004l", editor->out);
    }
    (void)fflush(editor->out);
}

void bd_editor_leave_upwards(struct bd_editor *editor)
{
    int above;
    int below;
    measure(editor, &above, &below);
    if (editor->dumb) {
        fputs("\r\n", editor->out);
        return;
    }
    fputc('\r', editor->out);
    if (above > 0) {
        fprintf(editor->out, "\033[%dA", above);
    }
    fputs("\033[J", editor->out);
}

void bd_editor_leave_at_end(struct bd_editor *editor)
{
    int above;
    int below;
    measure(editor, &above, &below);
    if (below > 0 && !editor->dumb) {
        fprintf(editor->out, "\033[%dB", below);
    }
}

void bd_editor_leave_downwards(struct bd_editor *editor)
{
    bd_editor_leave_at_end(editor);
    fputs("\r\n", editor->out);
}

void bd_editor_redraw(struct bd_editor *editor)
{
    (void)fflush(editor->out);
    (void)editor->api.set(editor->el, EL_REFRESH);
}

// Line breaks as a terminal needs them that is told nothing about them.
static void write_lines(struct bd_editor *editor, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\n') {
            fputc('\r', editor->out);
        }
        fputc(text[i], editor->out);
    }
}

void bd_editor_show_above(struct bd_editor *editor)
{
    struct bd_buf text = {0};
    (void)pthread_mutex_lock(&editor->lock);
    size_t len = editor->above.len;
    while (len > 0 && editor->above.data[len - 1] != '\n') {
        len--;
    }
    if (len > 0) {
        bd_buf_add(&text, editor->above.data, len);
        editor->above.len -= len;
        memmove(editor->above.data, editor->above.data + len, editor->above.len);
    }
    (void)pthread_mutex_unlock(&editor->lock);
    if (text.len > 0) {
        bd_editor_leave_upwards(editor);
        write_lines(editor, text.data, text.len);
        bd_editor_redraw(editor);
    }
    bd_buf_free(&text);
}

void bd_editor_show_paste(struct bd_editor *editor, const char *text, size_t len)
{
    const char *prompt = editor->shown_prompt;
    bd_editor_leave_upwards(editor);
    for (const char *c = prompt != NULL ? prompt : ""; *c != '\0'; c++) {
        if (*c != BD_EDITOR_LITERAL) {
            fputc(*c, editor->out);
        }
    }
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\n') {
            fprintf(editor->out, "\r\n%s", editor->shown_more != NULL ? editor->shown_more : "");
        } else {
            fputc(text[i], editor->out);
        }
    }
    bd_editor_empty(editor);
    editor->hide_prompt = true;
    bd_editor_redraw(editor);
}
