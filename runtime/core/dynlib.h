// SPDX-License-Identifier: MIT
// Libraries that most runs never need are loaded when they are first used: linking libcurl alone would
// cost several milliseconds of every start.
#ifndef BD_DYNLIB_H
#define BD_DYNLIB_H

#include <stdbool.h>
#include <stddef.h>

struct bd_dynlib_symbol {
    const char *name;
    void **place;
};

// Loads the library and fills the places. The library stays loaded: TLS libraries register exit handlers.
// False, with a sentence in `wrong`, when it or a symbol is missing.
bool bd_dynlib_load(const char *soname, const struct bd_dynlib_symbol *symbols, size_t count,
                    char *wrong, size_t wrong_size);

#endif
