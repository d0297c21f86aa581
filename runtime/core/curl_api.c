// SPDX-License-Identifier: MIT
#include "curl_api.h"

#include <stdio.h>

#include "check.h"
#include "dynlib.h"

bool bd_curl_api_load(struct bd_curl_api *api, char *wrong, size_t wrong_size)
{
    const struct bd_dynlib_symbol symbols[] = {
#define BD_SYMBOL(member, function) {#function, (void **)(void *)&api->member},
        BD_CURL_FUNCTIONS(BD_SYMBOL)
#undef BD_SYMBOL
    };
    if (!bd_dynlib_load("libcurl.so.4", symbols, BD_COUNT(symbols), wrong, wrong_size)) {
        return false;
    }
    enum { OLDEST = 0x075600 }; // 7.86: CURLOPT_PROTOCOLS_STR since 7.85, its fixes
    const curl_version_info_data *info = api->version_info(CURLVERSION_NOW);
    if (info->version_num < OLDEST) {
        (void)snprintf(wrong, wrong_size, "libcurl %s is too old", info->version);
        return false;
    }
    return true;
}
