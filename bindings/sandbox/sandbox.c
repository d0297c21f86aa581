// SPDX-License-Identifier: MIT
#include "sandbox.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "bindings/catalogue/catalogue_module.h"
#include "bindings/catalogue/client.h"
#include "bindings/catalogue/operation.h"
#include "bindings/lti/lti.h"
#include "bindings/lti/xml.h"
#include "bindings/modules/modules.h"
#include "core/address.h"
#include "core/net.h"
#include "core/runtime.h"
#include "core/script.h"
#include "core/transport_local.h"
#include "core/transport_twin.h"
#include "core/url.h"
#include "serve.h"

static const char TWIN_KEY;

struct holder {
    struct bd_twin *twin;
};

static void detach(void *value)
{
    free(value); // the twin has gone before: it was attached later
}

static void open_state(lua_State *T)
{
    bd_script_add_module(T, "beadle.json", bd_json_module);
    bd_script_add_module(T, "beadle.catalogue", bd_catalogue_module);
    bd_lti_add_modules(T);
    bd_script_add_module(T, "beadle.lti.xml", bd_lti_xml_module);
    lua_getglobal(T, "math");
    lua_getfield(T, -1, "randomseed");
    lua_pushinteger(T, (lua_Integer)bd_runtime_of(T)->options.seed);
    lua_call(T, 1, 0);
    lua_pop(T, 1);
    lua_getglobal(T, "require");
    lua_pushliteral(T, "beadle.sandbox.server");
    lua_call(T, 1, 1);
}

struct bd_twin *bd_sandbox_get(lua_State *L)
{
    struct bd_runtime *rt = bd_runtime_of(L);
    struct holder *holder = bd_runtime_attached(rt, &TWIN_KEY);
    if (holder == NULL) {
        holder = bd_alloc(sizeof *holder);
        bd_runtime_attach(rt, &TWIN_KEY, holder, detach);
    }
    if (holder->twin == NULL) {
        holder->twin = bd_twin_open(L, open_state);
        lua_getglobal(L, "require");
        lua_pushliteral(L, "beadle.sandbox.caller");
        lua_call(L, 1, 1);
        bd_twin_set_caller(L, holder->twin);
    }
    return holder->twin;
}

// ------------------------------------------------------------------------------------------------
// What the network asks

static struct bd_transport *open_transport(lua_State *L)
{
    return bd_twin_transport(bd_sandbox_get(L));
}

static bool is_vendor_host(const char *host, size_t len)
{
    for (const struct bd_vendor *const *vendor = bd_vendors; *vendor != NULL; vendor++) {
        for (const char *const *known = (*vendor)->hosts; *known != NULL; known++) {
            if (strlen(*known) == len && memcmp(*known, host, len) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool run_is_sandboxed(lua_State *L)
{
    lua_getglobal(L, "require");
    lua_pushliteral(L, "beadle.config");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "is_sandbox");
    lua_call(L, 0, 1);
    bool sandboxed = lua_toboolean(L, -1);
    lua_pop(L, 2);
    return sandboxed;
}

static enum bd_route route(lua_State *L, const struct bd_url *url)
{
    if (!run_is_sandboxed(L)) {
        return BD_ROUTE_REAL;
    }
    struct bd_buf host = {0};
    bd_url_host(&host, url);
    bool vendor = is_vendor_host(host.data, host.len);
    bd_buf_free(&host);
    if (vendor) {
        return BD_ROUTE_TWIN;
    }
    return bd_address_url_is_this_machine(url) ? BD_ROUTE_REAL : BD_ROUTE_REFUSED;
}

void bd_sandbox_install(struct bd_runtime *rt)
{
    static const struct bd_sandbox_hooks HOOKS = {.open = open_transport, .route = route};
    bd_net_set_sandbox(bd_net_of(rt), &HOOKS);
}

// ------------------------------------------------------------------------------------------------
// For Lua

// control(vendor, command, args)
static int l_control(lua_State *L)
{
    const char *vendor = luaL_checkstring(L, 1);
    const char *command = luaL_checkstring(L, 2);
    lua_settop(L, 3);
    return bd_twin_control(L, bd_sandbox_get(L), vendor, command, 3);
}

// forget_tokens(): what this process has been given by the sandbox, so that the next call signs in.
static int l_forget_tokens(lua_State *L)
{
    bd_account_forget_sandbox_tokens(bd_runtime_of(L));
    return 0;
}

// called(id, result): how a request went that a simulated vendor made; result: status, headers, body, or why.
static int l_called(lua_State *L)
{
    lua_Integer id = luaL_checkinteger(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    bd_twin_called(L, bd_sandbox_get(L), id, 2);
    return 0;
}

// may_call(url): whether a simulated vendor may call that address: one of this machine, or of a server of this
// process that no socket is needed for.
static int l_may_call(lua_State *L)
{
    size_t len;
    struct bd_runtime *rt = bd_runtime_of(L);
    const char *text = luaL_checklstring(L, 1, &len);
    struct bd_url url;
    bool readable = bd_url_parse(&url, text, len) == NULL;
    bool own = readable && bd_local_transport(rt, &url) != NULL &&
               (rt->options.virtual_time || run_is_sandboxed(L));
    lua_pushboolean(L, own || (readable && bd_address_url_is_this_machine(&url)));
    return 1;
}

int bd_sandbox_module(lua_State *L)
{
    static const luaL_Reg FUNCTIONS[] = {{"control", l_control},
                                         {"called", l_called},
                                         {"may_call", l_may_call},
                                         {"serve", bd_sandbox_serve},
                                         {"forget_tokens", l_forget_tokens},
                                         {"serve_mail", bd_sandbox_serve_mail},
                                         {NULL, NULL}};
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
