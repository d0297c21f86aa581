// SPDX-License-Identifier: MIT
// What read.c and read_error.c share.
#ifndef BD_READ_INTERNAL_H
#define BD_READ_INTERNAL_H

#include "call.h"

struct reading {
    lua_State *L;
    struct bd_call *call;
    int first; // stack index of the first value that was sent
};

// read_error.c: each pushes an error value. [-0, +1]
// The exchange brought no whole answer.
void bd_read_push_fault(struct reading *reading);
// The HTTP status says that it failed; `answer`: index of a decoded object, or 0.
void bd_read_push_status_error(struct reading *reading, int answer);
// The vendor refuses in its envelope; `answer`: index of the decoded object.
void bd_read_push_refusal(struct reading *reading, int answer);
// The answer is not what it should be.
void bd_read_push_decode_error(struct reading *reading, const char *what, const char *detail);

// read_mail.c: pushes the result or the error value of a mail, and says which. [-0, +1]
bool bd_read_mail(struct reading *reading);

// Sets the outcome of the error on top, unless the call only reads.
void bd_read_set_outcome(struct reading *reading, enum bd_outcome outcome);
// Sets what every error of a call has; the error value is on top.
void bd_read_set_context(struct reading *reading);

#endif
