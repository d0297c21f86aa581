// SPDX-License-Identifier: MIT
#include "address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

bool bd_address_is_this_machine(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct in_addr ip = ((const struct sockaddr_in *)(const void *)address)->sin_addr;
        return ntohl(ip.s_addr) >> 24 == 127;
    }
    if (address->sa_family != AF_INET6) {
        return false;
    }
    const struct in6_addr *ip = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(ip)) {
        return ip->s6_addr[12] == 127;
    }
    return IN6_IS_ADDR_LOOPBACK(ip);
}

bool bd_address_text_is_this_machine(const char *ip)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, ip, &v4.sin_addr) == 1) {
        return bd_address_is_this_machine((const struct sockaddr *)(const void *)&v4);
    }
    return inet_pton(AF_INET6, ip, &v6.sin6_addr) == 1 &&
           bd_address_is_this_machine((const struct sockaddr *)(const void *)&v6);
}

// Also names below it (RFC 6761, 6.3).
static bool is_localhost(const char *name)
{
    static const char LOCALHOST[] = "localhost";
    size_t len = strlen(name);
    size_t rest = sizeof LOCALHOST - 1;
    return len >= rest && strcmp(name + len - rest, LOCALHOST) == 0 &&
           (len == rest || name[len - rest - 1] == '.');
}

bool bd_address_url_is_this_machine(const struct bd_url *url)
{
    struct bd_buf host = {0};
    bd_url_host(&host, url);
    const char *name = bd_buf_text(&host);
    bool local = is_localhost(name) || bd_address_text_is_this_machine(name);
    bd_buf_free(&host);
    return local;
}
