// SPDX-License-Identifier: MIT
// Preloaded by tests: a name service that takes 3 s to say nothing about names that begin with "slow-". All other
// names are looked up as usual.
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <time.h>

typedef int lookup(const char *node, const char *service, const struct addrinfo *hints,
                   struct addrinfo **found);

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
    static const char slow[] = "slow-";
    if (node != NULL && strncmp(node, slow, sizeof slow - 1) == 0) {
        (void)nanosleep(&(struct timespec){.tv_sec = 3}, NULL);
        return EAI_AGAIN;
    }
    lookup *next = NULL;
    *(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
    return next(node, service, hints, found);
}
