// SPDX-License-Identifier: MIT
#include "nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { LONGEST = 63 };

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

static bool same_letter(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

// Optimal string alignment distance, three rows.
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][LONGEST + 2];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_len; j++) {
        last[j] = j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t change = same_letter(a[i - 1], b[j - 1]) ? 0 : 1;
            row[j] = smallest(last[j] + 1, row[j - 1] + 1, last[j - 1] + change);
            bool swapped = i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
                           same_letter(a[i - 2], b[j - 1]);
            if (swapped && before[j - 2] + 1 < row[j]) {
                row[j] = before[j - 2] + 1;
            }
        }
        size_t *free_row = before;
        before = last;
        last = row;
        row = free_row;
    }
    return last[b_len];
}

void bd_nearest_offer(struct bd_nearest *nearest, const char *known)
{
    size_t wanted_len = strlen(nearest->wanted);
    size_t known_len = strlen(known);
    if (wanted_len > LONGEST || known_len > LONGEST) {
        return;
    }
    size_t longer = wanted_len > known_len ? wanted_len : known_len;
    size_t d = distance(nearest->wanted, wanted_len, known, known_len);
    size_t allowed = longer < 3 ? 1 : (longer + 2) / 3;
    if (d <= allowed && (nearest->best == NULL || d < nearest->best_distance)) {
        nearest->best = known;
        nearest->best_distance = d;
    }
}
