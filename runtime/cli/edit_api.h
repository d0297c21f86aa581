// SPDX-License-Identifier: MIT
// The functions of libedit that we use, loaded when a session on a terminal begins.
#ifndef BD_EDIT_API_H
#define BD_EDIT_API_H

#include <histedit.h>
#include <stdbool.h>
#include <stddef.h>

// X(member, function of libedit)
#define BD_EDIT_FUNCTIONS(X)      \
    X(init, el_init)              \
    X(end, el_end)                \
    X(gets, el_gets)              \
    X(set, el_set)                \
    X(get, el_get)                \
    X(source, el_source)          \
    X(line, el_line)              \
    X(insert, el_insertstr)       \
    X(remove, el_deletestr)       \
    X(move, el_cursor)            \
    X(resize, el_resize)          \
    X(history_init, history_init) \
    X(history_end, history_end)   \
    X(history, history)

struct bd_edit_api {
#define BD_MEMBER(member, function) __typeof__(function) *member;
    BD_EDIT_FUNCTIONS(BD_MEMBER)
#undef BD_MEMBER
};

// False, with a sentence in `wrong`, when the library is missing.
bool bd_edit_api_load(struct bd_edit_api *api, char *wrong, size_t wrong_size);

#endif
