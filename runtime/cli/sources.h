// SPDX-License-Identifier: MIT
// The Lua modules that are part of the program; made by the build (embed.cmake).
#ifndef BD_SOURCES_H
#define BD_SOURCES_H

#include "core/script.h"

extern const struct bd_source bd_sources[];

#endif
