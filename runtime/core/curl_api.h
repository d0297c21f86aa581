// SPDX-License-Identifier: MIT
// The functions of libcurl that we use, loaded at the first request.
#ifndef BD_CURL_API_H
#define BD_CURL_API_H

#define CURL_DISABLE_TYPECHECK // its macros would replace the members below
#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

// X(member, function of libcurl)
#define BD_CURL_FUNCTIONS(X)                         \
    X(global_init, curl_global_init)                 \
    X(global_cleanup, curl_global_cleanup)           \
    X(version, curl_version)                         \
    X(version_info, curl_version_info)               \
    X(easy_init, curl_easy_init)                     \
    X(easy_cleanup, curl_easy_cleanup)               \
    X(easy_perform, curl_easy_perform)               \
    X(easy_setopt, curl_easy_setopt)                 \
    X(easy_getinfo, curl_easy_getinfo)               \
    X(easy_strerror, curl_easy_strerror)             \
    X(multi_init, curl_multi_init)                   \
    X(multi_cleanup, curl_multi_cleanup)             \
    X(multi_setopt, curl_multi_setopt)               \
    X(multi_add_handle, curl_multi_add_handle)       \
    X(multi_remove_handle, curl_multi_remove_handle) \
    X(multi_socket_action, curl_multi_socket_action) \
    X(multi_info_read, curl_multi_info_read)         \
    X(slist_append, curl_slist_append)               \
    X(slist_free_all, curl_slist_free_all)

struct bd_curl_api {
#define BD_MEMBER(member, function) __typeof__(function) *member;
    BD_CURL_FUNCTIONS(BD_MEMBER)
#undef BD_MEMBER
};

// False, with a sentence in `wrong`, when libcurl is missing or too old.
bool bd_curl_api_load(struct bd_curl_api *api, char *wrong, size_t wrong_size);

#endif
