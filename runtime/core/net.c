// SPDX-License-Identifier: MIT
#include "net.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "runtime.h"
#include "transport_curl.h"
#include "transport_local.h"
#include "transport_smtp.h"

enum { IN_FLIGHT_MOST = 64 };

struct bd_net {
    struct bd_runtime *rt;
    struct bd_transport *curl;
    struct bd_transport *smtp;
    struct bd_transport *twin;
    const struct bd_sandbox_hooks *hooks;
    struct bd_host *hosts;
    bool spares_hosts;
};

static void detach(void *value)
{
    struct bd_net *net = value;
    while (net->hosts != NULL) {
        struct bd_host *host = net->hosts;
        net->hosts = host->next;
        free(host->origin);
        free(host);
    }
    net->rt->net = NULL;
    free(net);
}

struct bd_net *bd_net_of(struct bd_runtime *rt)
{
    static const char KEY;
    if (rt->net == NULL) {
        rt->net = bd_alloc(sizeof *rt->net);
        rt->net->rt = rt;
        bd_runtime_attach(rt, &KEY, rt->net, detach);
    }
    return rt->net;
}

void bd_net_spare_hosts(struct bd_net *net, bool spare)
{
    net->spares_hosts = spare;
}

bool bd_net_spares_hosts(const struct bd_net *net)
{
    return net->spares_hosts;
}

struct bd_host *bd_net_host(struct bd_net *net, const struct bd_url *url)
{
    struct bd_buf origin = {0};
    bd_buf_addf(&origin, "%s://", url->scheme);
    for (size_t i = 0; i < url->host_len; i++) {
        bd_buf_add_char(&origin, (char)tolower((unsigned char)url->host[i]));
    }
    bd_buf_addf(&origin, ":%u", url->port);
    const char *wanted = bd_buf_text(&origin);
    struct bd_host *host = net->hosts;
    while (host != NULL && strcmp(host->origin, wanted) != 0) {
        host = host->next;
    }
    if (host == NULL) {
        host = bd_alloc(sizeof *host);
        host->origin = bd_strdup(wanted);
        host->retry_tokens = BD_RETRY_TOKENS_MOST;
        host->limit = IN_FLIGHT_MOST;
        host->next = net->hosts;
        net->hosts = host;
    }
    bd_buf_free(&origin);
    return host;
}

typedef struct bd_transport *opener(struct bd_runtime *rt, char *wrong, size_t wrong_size);

// A transport over real sockets; raises when it cannot be had.
static struct bd_transport *open_real(lua_State *L, opener *open)
{
    struct bd_runtime *rt = bd_runtime_of(L);
    if (rt->options.virtual_time) {
        bd_error_push(
            L, BD_CONFIGURATION,
            "in virtual time only the sandbox and this program's own servers are reached");
        bd_error_text(L, "hint", "Leave --virtual-time out, or use the sandbox profile.");
        bd_error_raise(L);
    }
    char wrong[256];
    struct bd_transport *transport = open(rt, wrong, sizeof wrong);
    if (transport == NULL) {
        bd_error_push(L, BD_CONFIGURATION, "libcurl cannot be used: %s", wrong);
        bd_error_text(L, "hint", "Install the package libcurl4.");
        bd_error_raise(L);
    }
    return transport;
}

struct bd_transport *bd_net_curl(lua_State *L)
{
    struct bd_net *net = bd_net_of(bd_runtime_of(L));
    if (net->curl == NULL) {
        net->curl = open_real(L, bd_transport_curl_open);
    }
    return net->curl;
}

struct bd_transport *bd_net_smtp(lua_State *L)
{
    struct bd_net *net = bd_net_of(bd_runtime_of(L));
    if (net->smtp == NULL) {
        net->smtp = open_real(L, bd_transport_smtp_open);
    }
    return net->smtp;
}

void bd_net_set_sandbox(struct bd_net *net, const struct bd_sandbox_hooks *hooks)
{
    net->hooks = hooks;
}

struct bd_transport *bd_net_twin(lua_State *L)
{
    struct bd_net *net = bd_net_of(bd_runtime_of(L));
    if (net->twin == NULL) {
        net->twin = net->hooks->open(L);
    }
    return net->twin;
}

struct bd_transport *bd_net_transport(lua_State *L, const struct bd_url *url)
{
    struct bd_runtime *rt = bd_runtime_of(L);
    const struct bd_net *net = bd_net_of(rt);
    struct bd_transport *local = bd_local_transport(rt, url);
    if (local != NULL && rt->options.virtual_time) {
        return local;
    }
    enum bd_route route = net->hooks != NULL ? net->hooks->route(L, url) : BD_ROUTE_REAL;
    if (route == BD_ROUTE_REFUSED && local != NULL) {
        return local;
    }
    if (route == BD_ROUTE_REFUSED) {
        bd_error_push(L, BD_PERMISSION, "in the sandbox nothing leaves this machine");
        bd_error_text(L, "outcome", "none");
        bd_error_text(L, "hint", "Use a profile that names the real hosts.");
        bd_error_raise(L);
    }
    return route == BD_ROUTE_TWIN ? bd_net_twin(L) : bd_net_curl(L);
}
