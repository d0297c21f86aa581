// SPDX-License-Identifier: MIT
// The functions of libmicrohttpd that we use, loaded when a server is first opened.
#ifndef BD_MHD_API_H
#define BD_MHD_API_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

// X(member, function of libmicrohttpd)
#define BD_MHD_FUNCTIONS(X)                               \
    X(get_version, MHD_get_version)                       \
    X(is_feature_supported, MHD_is_feature_supported)     \
    X(start_daemon, MHD_start_daemon)                     \
    X(quiesce_daemon, MHD_quiesce_daemon)                 \
    X(stop_daemon, MHD_stop_daemon)                       \
    X(run, MHD_run)                                       \
    X(get_timeout, MHD_get_timeout)                       \
    X(get_daemon_info, MHD_get_daemon_info)               \
    X(get_connection_info, MHD_get_connection_info)       \
    X(get_connection_values, MHD_get_connection_values_n) \
    X(suspend_connection, MHD_suspend_connection)         \
    X(resume_connection, MHD_resume_connection)           \
    X(create_response, MHD_create_response_from_buffer)   \
    X(create_streamed, MHD_create_response_from_callback) \
    X(destroy_response, MHD_destroy_response)             \
    X(add_response_header, MHD_add_response_header)       \
    X(queue_response, MHD_queue_response)

struct bd_mhd_api {
#define BD_MEMBER(member, function) __typeof__(function) *member;
    BD_MHD_FUNCTIONS(BD_MEMBER)
#undef BD_MEMBER
};

// False, with a sentence in `wrong`, when the library is missing.
bool bd_mhd_api_load(struct bd_mhd_api *api, char *wrong, size_t wrong_size);

#endif
