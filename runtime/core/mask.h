// SPDX-License-Identifier: MIT
// Replaces secret values wherever text leaves the program, in every form they travel in: as they are,
// base64 (at each of the three offsets, both alphabets), percent- and form-encoded, JSON-escaped, hex.
#ifndef BD_MASK_H
#define BD_MASK_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

enum { BD_MASK_SHORTEST = 6 }; // shorter values would mask ordinary text

struct bd_mask_form {
    char *bytes;
    size_t len;
};

struct bd_mask {
    struct bd_mask_form *forms; // longest first
    size_t count;
    size_t cap;
    bool first[256];         // first bytes of all forms
    const char *replacement; // NULL: BD_MASKED
};

// Values shorter than BD_MASK_SHORTEST are not taken: returns false.
bool bd_mask_add(struct bd_mask *mask, const char *value, size_t len);

// The same for a value of any length: for a mask that covers one text only.
void bd_mask_add_short(struct bd_mask *mask, const char *value, size_t len);

// Appends the text to `out` with each form replaced.
void bd_mask_apply(const struct bd_mask *mask, struct bd_buf *out, const char *text, size_t len);

// True when the text holds any form.
bool bd_mask_hits(const struct bd_mask *mask, const char *text, size_t len);

void bd_mask_free(struct bd_mask *mask);

#define BD_MASKED "[secret]"

#endif
