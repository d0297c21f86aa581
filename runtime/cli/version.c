// SPDX-License-Identifier: MIT
#include "version.h"

#include <lua.h>
#include <uv.h>

#include "core/curl_api.h"
#include "core/mhd_api.h"

void bd_version_print_line(FILE *out)
{
    fprintf(out, "beadle %s  %s\n", BD_VERSION, LUA_RELEASE);
}

void bd_version_print(FILE *out)
{
    bd_version_print_line(out);
    fprintf(out, "libuv %s\n", uv_version_string());
    char wrong[256];
    struct bd_curl_api curl;
    bool loaded = bd_curl_api_load(&curl, wrong, sizeof wrong);
    fprintf(out, "%s\n", loaded ? curl.version() : wrong);
    struct bd_mhd_api mhd;
    loaded = bd_mhd_api_load(&mhd, wrong, sizeof wrong);
    fprintf(out, "%s%s\n", loaded ? "libmicrohttpd/" : "", loaded ? mhd.get_version() : wrong);
}
