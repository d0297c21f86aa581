// SPDX-License-Identifier: MIT
// SQLite's allocations, which fail when it is asked for (sqlite.org/malloc.html, "Alternative low-level memory
// allocators").
#include <pthread.h>
#include <sqlite3.h>

#include "core/check.h"
#include "disk.h"

static sqlite3_mem_methods usual;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; // over what follows
static long wanted, calls, failed;
static bool wanted_lasting;

static bool fails(void)
{
    (void)pthread_mutex_lock(&mutex);
    calls++;
    bool now = wanted != 0 && (wanted_lasting ? calls >= wanted : calls == wanted);
    failed += now ? 1 : 0;
    (void)pthread_mutex_unlock(&mutex);
    return now;
}

static void *allocate(int size)
{
    return fails() ? NULL : usual.xMalloc(size);
}

static void *reallocate(void *old, int size)
{
    return fails() ? NULL : usual.xRealloc(old, size);
}

long disk_fail_memory(long nth, bool lasting)
{
    (void)pthread_mutex_lock(&mutex);
    long before = failed;
    wanted = nth;
    wanted_lasting = lasting;
    calls = failed = 0;
    (void)pthread_mutex_unlock(&mutex);
    return before;
}

void disk_memory_install(void)
{
    BD_CHECK(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &usual) == SQLITE_OK);
    sqlite3_mem_methods mine = usual;
    mine.xMalloc = allocate;
    mine.xRealloc = reallocate;
    BD_CHECK(sqlite3_config(SQLITE_CONFIG_MALLOC, &mine) == SQLITE_OK);
}
