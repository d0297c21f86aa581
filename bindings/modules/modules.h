// SPDX-License-Identifier: MIT
// What scripts get besides vendors. Each function opens one Lua module. [-0, +1]
#ifndef BD_MODULES_H
#define BD_MODULES_H

#include <lua.h>
#include <stddef.h>

int bd_json_module(lua_State *L);     // beadle.json
int bd_task_module(lua_State *L);     // beadle.task, under beadle.async
int bd_time_module(lua_State *L);     // beadle.time
int bd_log_module(lua_State *L);      // beadle.log
int bd_fs_module(lua_State *L);       // beadle.fs
int bd_http_module(lua_State *L);     // beadle.http.native, under beadle.http
int bd_config_module(lua_State *L);   // beadle.config.native
int bd_test_module(lua_State *L);     // beadle.test.native, under beadle.test
int bd_hook_module(lua_State *L);     // beadle.hook.native, under beadle.hook
int bd_lock_module(lua_State *L);     // beadle.lock, under gradebooks and runs
int bd_digest_module(lua_State *L);   // beadle.digest, under runs
int bd_sqlite_module(lua_State *L);   // beadle.sqlite
int bd_database_module(lua_State *L); // beadle.database, under journals

// Writes all of it, down to the disk. Gives 0, or the number of what went wrong.
int bd_file_write_all(int fd, const char *text, size_t len);

// Brings the folder of a file to the disk: a new name is there when its folder is. Gives 0, or the number of what
// went wrong.
int bd_folder_sync(const char *path);

#endif
