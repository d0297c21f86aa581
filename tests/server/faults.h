// SPDX-License-Identifier: MIT
// The handlers that the table in faults.c names. Fixed answers need none of their own.

#ifndef TS_FAULTS_H
#define TS_FAULTS_H

#include "routes.h"

// faults_connection.c: resets, closes, silence, drips
ts_handler ts_fault_reset_before_answer;
ts_handler ts_fault_reset_mid_body;
ts_handler ts_fault_close_without_answer;
ts_handler ts_fault_close_on_nth;
ts_handler ts_fault_reset_on_nth;
ts_handler ts_fault_idle_close;
ts_handler ts_fault_idle_reset;
ts_handler ts_fault_silence;
ts_handler ts_fault_stall_upload;
ts_handler ts_fault_early_413;
ts_handler ts_fault_answer_late;
ts_handler ts_fault_answer_twice;
ts_handler ts_fault_tls_alert;
ts_handler ts_fault_tls_garbage;
ts_handler ts_fault_no_length_cut;
ts_handler ts_fault_two_lengths;
ts_handler ts_fault_header_huge;
ts_handler ts_fault_headers_many;
ts_handler ts_fault_header_drip;
ts_handler ts_fault_body_drip;
ts_handler ts_fault_informational;
ts_handler ts_fault_garbage;

// faults_content.c: encodings and large JSON
ts_handler ts_fault_gzip;
ts_handler ts_fault_gzip_bomb;
ts_handler ts_fault_gzip_cut;
ts_handler ts_fault_gzip_broken;
ts_handler ts_fault_gzip_bad_crc;
ts_handler ts_fault_gzip_trailing;
ts_handler ts_fault_gzip_members;
ts_handler ts_fault_deflate;
ts_handler ts_fault_encodings_7;
ts_handler ts_fault_json_deep;
ts_handler ts_fault_json_huge;
ts_handler ts_fault_json_long_number;

// faults_status.c: status codes, redirects, tokens
ts_handler ts_fault_status;
ts_handler ts_fault_redirect;
ts_handler ts_fault_token;

#endif
