// SPDX-License-Identifier: MIT
// Runs a program on a terminal of its own and does what a script on standard input says. The terminal is emulated as
// far as line editing needs it, so that what is compared is what a person would see.
//
//   pty COLUMNS ROWS COMMAND [ARGUMENT...] <SCRIPT
//
// A line of the script is a verb and a text, in which \t \r \n \e \\ and \xHH mean what they mean in C:
//   send TEXT      types it
//   paste TEXT     the same between the marks of a paste, when the program has asked for them
//   wait TEXT      until the screen has it
//   line TEXT      until a row is this, but for spaces at its end
//   cursor TEXT    until the row with the cursor is this
//   absent TEXT    fails when the screen has it now
//   pause MS       waits
//   resize C R     gives the terminal another size
//   signal NAME    INT, TERM, HUP or CONT to the program
//   exit STATUS    until the program has ended, with this status
// A wait that lasts too long fails, and the screen is shown. Exit status 0: all went as the script says.
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

enum { LIMIT_MS = 20000, COLUMNS_MOST = 300, ROWS_MOST = 100, PARAMS_MOST = 8 };
static const uint32_t WIDE = 0xFFFFFFFF; // the second cell of a wide character

struct terminal {
    int fd;
    pid_t pid;
    int columns, rows, column, row;
    bool wraps; // the cursor stands behind the last column
    bool inserts, marks_pastes, closed;
    uint32_t cells[ROWS_MOST][COLUMNS_MOST];
    // What has been read of a character or of a control sequence.
    uint32_t code;
    int missing;
    int state; // 0: text, 1: ESC, 2: CSI, 3: OSC
    int params[PARAMS_MOST], count;
    bool private;
};

// ------------------------------------------------------------------------------------------------
// The screen

static void clear_cells(struct terminal *t, int row, int from, int to)
{
    for (int i = from; i < to; i++) {
        t->cells[row][i] = ' ';
    }
}

static void line_feed(struct terminal *t)
{
    if (t->row + 1 < t->rows) {
        t->row++;
        return;
    }
    memmove(t->cells[0], t->cells[1], (size_t)(t->rows - 1) * sizeof t->cells[0]);
    clear_cells(t, t->rows - 1, 0, COLUMNS_MOST);
}

static void put(struct terminal *t, uint32_t c)
{
    int width = wcwidth((wchar_t)c);
    width = width < 0 ? 1 : width;
    if (width == 0) {
        return;
    }
    if (t->wraps || t->column + width > t->columns) {
        t->column = 0;
        t->wraps = false;
        line_feed(t);
    }
    if (t->inserts) {
        memmove(&t->cells[t->row][t->column + width], &t->cells[t->row][t->column],
                (size_t)(t->columns - t->column - width) * sizeof(uint32_t));
    }
    t->cells[t->row][t->column] = c;
    if (width == 2) {
        t->cells[t->row][t->column + 1] = WIDE;
    }
    t->column += width;
    if (t->column >= t->columns) {
        t->column = t->columns - 1;
        t->wraps = true;
    }
}

static int param(const struct terminal *t, int at, int fallback)
{
    return at < t->count && t->params[at] > 0 ? t->params[at] : fallback;
}

static int between(int value, int least, int most)
{
    return value < least ? least : value > most ? most : value;
}

static void erase_display(struct terminal *t, int how)
{
    for (int row = 0; row < t->rows; row++) {
        bool all = how == 2 || (how == 0 ? row > t->row : row < t->row);
        if (all) {
            clear_cells(t, row, 0, t->columns);
        } else if (row == t->row) {
            clear_cells(t, row, how == 0 ? t->column : 0, how == 0 ? t->columns : t->column + 1);
        }
    }
}

static void shift_cells(struct terminal *t, int by, bool insert)
{
    uint32_t *row = t->cells[t->row];
    int left = t->columns - t->column;
    by = between(by, 0, left);
    if (insert) {
        memmove(row + t->column + by, row + t->column, (size_t)(left - by) * sizeof *row);
        clear_cells(t, t->row, t->column, t->column + by);
    } else {
        memmove(row + t->column, row + t->column + by, (size_t)(left - by) * sizeof *row);
        clear_cells(t, t->row, t->columns - by, t->columns);
    }
}

static void control(struct terminal *t, char c)
{
    t->wraps = false;
    switch (c) {
    case 'A':
        t->row = between(t->row - param(t, 0, 1), 0, t->rows - 1);
        break;
    case 'B':
        t->row = between(t->row + param(t, 0, 1), 0, t->rows - 1);
        break;
    case 'C':
        t->column = between(t->column + param(t, 0, 1), 0, t->columns - 1);
        break;
    case 'D':
        t->column = between(t->column - param(t, 0, 1), 0, t->columns - 1);
        break;
    case 'G':
        t->column = between(param(t, 0, 1) - 1, 0, t->columns - 1);
        break;
    case 'H':
        t->row = between(param(t, 0, 1) - 1, 0, t->rows - 1);
        t->column = between(param(t, 1, 1) - 1, 0, t->columns - 1);
        break;
    case 'J':
        erase_display(t, t->count > 0 ? t->params[0] : 0);
        break;
    case 'K':
        clear_cells(t, t->row, param(t, 0, 0) == 0 ? t->column : 0,
                    param(t, 0, 0) == 1 ? t->column + 1 : t->columns);
        break;
    case '@':
        shift_cells(t, param(t, 0, 1), true);
        break;
    case 'P':
        shift_cells(t, param(t, 0, 1), false);
        break;
    case 'X':
        clear_cells(t, t->row, t->column, between(t->column + param(t, 0, 1), 0, t->columns));
        break;
    case 'h':
    case 'l':
        if (t->private && t->params[0] == 2004) {
            t->marks_pastes = c == 'h';
        } else if (!t->private && t->params[0] == 4) {
            t->inserts = c == 'h';
        }
        break;
    default:
        break; // colours and the like
    }
}

static void take_sequence(struct terminal *t, unsigned char byte)
{
    if (t->state == 1) {
        t->state = byte == '[' ? 2 : byte == ']' ? 3 : 0;
        t->count = 0;
        t->private = false;
        memset(t->params, 0, sizeof t->params);
    } else if (t->state == 3) {
        t->state = byte == 7 ? 0 : 3;
    } else if (byte >= '0' && byte <= '9') {
        t->count = t->count == 0 ? 1 : t->count;
        t->params[t->count - 1] = t->params[t->count - 1] * 10 + (byte - '0');
    } else if (byte == ';') {
        t->count = between(t->count + 1, 0, PARAMS_MOST);
    } else if (byte == '?') {
        t->private = true;
    } else if (byte >= '@' && byte <= '~') {
        t->state = 0;
        control(t, (char)byte);
    }
}

static void take(struct terminal *t, unsigned char byte)
{
    enum { TAB = 8 };
    if (t->state != 0) {
        take_sequence(t, byte);
    } else if (t->missing > 0) {
        t->code = t->code << 6 | (byte & 0x3F);
        if (--t->missing == 0) {
            put(t, t->code);
        }
    } else if (byte == 27) {
        t->state = 1;
    } else if (byte == '\r') {
        t->column = 0;
        t->wraps = false;
    } else if (byte == '\n') {
        line_feed(t);
        t->wraps = false;
    } else if (byte == '\b') {
        t->column = between(t->column - 1, 0, t->columns - 1);
        t->wraps = false;
    } else if (byte == '\t') {
        t->column = between((t->column / TAB + 1) * TAB, 0, t->columns - 1);
    } else if (byte >= 0xC0) {
        t->missing = byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : 1;
        t->code = byte & (0x3F >> t->missing);
    } else if (byte >= ' ') {
        put(t, byte);
    }
}

// ------------------------------------------------------------------------------------------------
// What is on it

static void row_text(const struct terminal *t, int row, char *out, size_t size)
{
    size_t len = 0;
    for (int i = 0; i < t->columns && len + MB_LEN_MAX < size; i++) {
        uint32_t c = t->cells[row][i];
        if (c != WIDE) {
            int count = wctomb(out + len, (wchar_t)(c != 0 ? c : ' '));
            len += count > 0 ? (size_t)count : 0;
        }
    }
    while (len > 0 && out[len - 1] == ' ') {
        len--;
    }
    out[len] = '\0';
}

static void show(const struct terminal *t)
{
    char text[COLUMNS_MOST * 4 + 16];
    for (int row = 0; row < t->rows; row++) {
        row_text(t, row, text, sizeof text);
        if (text[0] != '\0' || row == t->row) {
            fprintf(stderr, "        %c%s\n", row == t->row ? '>' : '|', text);
        }
    }
}

static bool has(const struct terminal *t, const char *verb, const char *wanted)
{
    char text[COLUMNS_MOST * 4 + 16];
    for (int row = 0; row < t->rows; row++) {
        row_text(t, row, text, sizeof text);
        bool found = strcmp(verb, "wait") == 0 || strcmp(verb, "absent") == 0
                         ? strstr(text, wanted) != NULL
                         : strcmp(text, wanted) == 0;
        if (found && (strcmp(verb, "cursor") != 0 || row == t->row)) {
            return true;
        }
    }
    return false;
}

// ------------------------------------------------------------------------------------------------
// The script

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Takes what the program writes for at most so long, or until something came.
static void pump(struct terminal *t, int ms)
{
    struct pollfd fd = {.fd = t->fd, .events = POLLIN};
    unsigned char bytes[4096];
    if (t->closed) {
        struct timespec pause = {.tv_nsec = 5 * 1000 * 1000};
        (void)nanosleep(&pause, NULL);
        return;
    }
    if (poll(&fd, 1, ms) <= 0) {
        return;
    }
    ssize_t count = read(t->fd, bytes, sizeof bytes);
    t->closed = count <= 0 && errno != EINTR;
    for (ssize_t i = 0; i < count; i++) {
        take(t, bytes[i]);
    }
}

static bool wait_for(struct terminal *t, const char *verb, const char *wanted)
{
    int64_t end = now_ms() + LIMIT_MS;
    while (!has(t, verb, wanted)) {
        if (now_ms() >= end) {
            return false;
        }
        pump(t, 50);
    }
    return true;
}

static void type_text(struct terminal *t, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t count = write(t->fd, text, len);
        if (count > 0) {
            text += count;
            len -= (size_t)count;
        }
        pump(t, 0);
    }
}

static bool wait_for_exit(struct terminal *t, int wanted)
{
    int64_t end = now_ms() + LIMIT_MS;
    int status = 0;
    while (waitpid(t->pid, &status, WNOHANG) == 0) {
        if (now_ms() >= end) {
            return false;
        }
        pump(t, 20);
    }
    t->pid = 0;
    int ended = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (ended != wanted) {
        fprintf(stderr, "        exit status %d\n", ended);
    }
    return ended == wanted;
}

// Replaces escapes in place. Returns the length.
static size_t unescape(char *text)
{
    static const char LETTERS[] = "trne\\";
    static const char MEANT[] = "\t\r\n\033\\";
    char *out = text;
    for (const char *in = text; *in != '\0'; in++) {
        const char *letter = *in == '\\' && in[1] != '\0' ? strchr(LETTERS, in[1]) : NULL;
        if (letter != NULL) {
            *out++ = MEANT[letter - LETTERS];
            in++;
        } else if (*in == '\\' && in[1] == 'x' && in[2] != '\0' && in[3] != '\0') {
            const char hex[] = {in[2], in[3], '\0'};
            *out++ = (char)strtol(hex, NULL, 16);
            in += 3;
        } else {
            *out++ = *in;
        }
    }
    *out = '\0';
    return (size_t)(out - text);
}

static int signal_of(const char *name)
{
    static const struct {
        const char *name;
        int number;
    } KNOWN[] = {{"INT", SIGINT}, {"TERM", SIGTERM}, {"HUP", SIGHUP}, {"CONT", SIGCONT}};
    for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++) {
        if (strcmp(KNOWN[i].name, name) == 0) {
            return KNOWN[i].number;
        }
    }
    return 0;
}

static void resize(struct terminal *t, const char *text)
{
    struct winsize size = {0};
    if (sscanf(text, "%hu %hu", &size.ws_col, &size.ws_row) == 2) { // NOLINT
        t->columns = size.ws_col;
        t->rows = size.ws_row;
        t->row = between(t->row, 0, t->rows - 1);
        (void)ioctl(t->fd, TIOCSWINSZ, &size);
    }
}

static bool obey(struct terminal *t, const char *verb, char *text)
{
    size_t len = unescape(text);
    if (strcmp(verb, "send") == 0) {
        type_text(t, text, len);
        return true;
    }
    if (strcmp(verb, "paste") == 0) {
        bool marked = t->marks_pastes;
        type_text(t, "\033[200~", marked ? 6 : 0);
        type_text(t, text, len);
        type_text(t, "\033[201~", marked ? 6 : 0);
        return marked;
    }
    if (strcmp(verb, "absent") == 0) {
        pump(t, 0);
        return !has(t, verb, text);
    }
    if (strcmp(verb, "pause") == 0) {
        for (int64_t end = now_ms() + atoi(text); now_ms() < end;) {
            pump(t, 10);
        }
        return true;
    }
    if (strcmp(verb, "resize") == 0) {
        resize(t, text);
        return true;
    }
    if (strcmp(verb, "signal") == 0) {
        return signal_of(text) != 0 && kill(t->pid, signal_of(text)) == 0;
    }
    if (strcmp(verb, "exit") == 0) {
        return wait_for_exit(t, atoi(text));
    }
    bool known =
        strcmp(verb, "wait") == 0 || strcmp(verb, "line") == 0 || strcmp(verb, "cursor") == 0;
    return known && wait_for(t, verb, text);
}

static bool run_script(struct terminal *t)
{
    char line[8192];
    for (int number = 1; fgets(line, sizeof line, stdin) != NULL; number++) {
        line[strcspn(line, "\n")] = '\0';
        char *text = strchr(line, ' ');
        char nothing[] = "";
        if (line[0] == '\0' || line[0] == '#') {
            continue;
        }
        if (text != NULL) {
            *text++ = '\0';
        }
        if (!obey(t, line, text != NULL ? text : nothing)) {
            fprintf(stderr, "        line %d: %s %s\n", number, line, text != NULL ? text : "");
            show(t);
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    static struct terminal terminal;
    struct terminal *t = &terminal;
    if (argc < 4 || setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
        fputs("usage: pty COLUMNS ROWS COMMAND [ARGUMENT...] <SCRIPT\n", stderr);
        return 2;
    }
    t->columns = between(atoi(argv[1]), 10, COLUMNS_MOST);
    t->rows = between(atoi(argv[2]), 2, ROWS_MOST);
    for (int row = 0; row < ROWS_MOST; row++) {
        clear_cells(t, row, 0, COLUMNS_MOST);
    }
    struct winsize size = {.ws_col = (unsigned short)t->columns, .ws_row = (unsigned short)t->rows};
    t->pid = forkpty(&t->fd, NULL, NULL, &size);
    if (t->pid == 0) {
        (void)execvp(argv[3], argv + 3);
        perror(argv[3]);
        _exit(127);
    }
    if (t->pid < 0) {
        perror("forkpty");
        return 2;
    }
    bool ok = run_script(t);
    if (t->pid > 0) { // the script does not wait for its end
        (void)kill(t->pid, SIGKILL);
        (void)waitpid(t->pid, NULL, 0);
    }
    (void)close(t->fd);
    return ok ? 0 : 1;
}
