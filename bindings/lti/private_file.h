// SPDX-License-Identifier: MIT
// Files that only their owner may read, in folders where only their owner may write. No Lua here.
#ifndef BD_LTI_PRIVATE_FILE_H
#define BD_LTI_PRIVATE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"

// Appends the path of a thing of beadle's in the folder where state lives (XDG Base Directory Specification):
// $XDG_STATE_HOME/beadle/NAME, else ~/.local/state/beadle/NAME. False when neither variable names a folder.
bool bd_private_state_path(struct bd_buf *out, const char *name);

// Makes the folders that are missing on the way to a path, its last part too, with mode 0700. False with errno.
bool bd_private_make_folders(const char *path);

// NULL, or why nothing private should be there: whoever may write in a folder can put another file in place.
const char *bd_private_check_folder(const char *path);

// A new name is on the disk when its folder is.
void bd_private_sync_folder(const char *folder);

// Appends at most `most` bytes of the file, which is not a link. 0, or the number of what is wrong; EPERM when it is
// another's, or others may read it; EFBIG when it is longer. The bytes are never moved in memory.
int bd_private_read(const char *path, size_t most, struct bd_buf *out);

// Writes a new file of mode 0600, down to the disk; it has its name only when it is whole, and replaces no other.
// 0, or the number of what is wrong.
int bd_private_create(const char *path, const char *bytes, size_t len);

#endif
