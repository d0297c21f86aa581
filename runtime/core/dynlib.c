// SPDX-License-Identifier: MIT
#include "dynlib.h"

#include <dlfcn.h>
#include <stdio.h>

bool bd_dynlib_load(const char *soname, const struct bd_dynlib_symbol *symbols, size_t count,
                    char *wrong, size_t wrong_size)
{
    void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        (void)snprintf(wrong, wrong_size, "%s", dlerror());
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        *symbols[i].place = dlsym(library, symbols[i].name);
        if (*symbols[i].place == NULL) {
            (void)snprintf(wrong, wrong_size, "%s has no %s", soname, symbols[i].name);
            return false;
        }
    }
    return true;
}
