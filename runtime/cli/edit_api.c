// SPDX-License-Identifier: MIT
#include "edit_api.h"

#include "core/check.h"
#include "core/dynlib.h"

bool bd_edit_api_load(struct bd_edit_api *api, char *wrong, size_t wrong_size)
{
    const struct bd_dynlib_symbol symbols[] = {
#define BD_SYMBOL(member, function) {#function, (void **)(void *)&api->member},
        BD_EDIT_FUNCTIONS(BD_SYMBOL)
#undef BD_SYMBOL
    };
    return bd_dynlib_load("libedit.so.2", symbols, BD_COUNT(symbols), wrong, wrong_size);
}
