// SPDX-License-Identifier: MIT
#include "mhd_api.h"

#include "check.h"
#include "dynlib.h"

bool bd_mhd_api_load(struct bd_mhd_api *api, char *wrong, size_t wrong_size)
{
    const struct bd_dynlib_symbol symbols[] = {
#define BD_SYMBOL(member, function) {#function, (void **)(void *)&api->member},
        BD_MHD_FUNCTIONS(BD_SYMBOL)
#undef BD_SYMBOL
    };
    return bd_dynlib_load("libmicrohttpd.so.12", symbols, BD_COUNT(symbols), wrong, wrong_size);
}
