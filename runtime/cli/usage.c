// SPDX-License-Identifier: MIT
#include "usage.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"
#include "core/check.h"
#include "core/nearest.h"
#include "options.h"
#include "sources.h"

static const char COMMAND_PREFIX[] = "beadle.cli.";

static const char SUMMARY[] =
    "Runs Lua scripts against the APIs of assessment and learning platforms. Without a\n"
    "configured profile, everything happens in the sandbox and nothing leaves this machine.";

static const char *const SYNOPSES[] = {"beadle [OPTIONS] [SCRIPT [ARGUMENTS]]",
                                       "beadle [OPTIONS] run SCRIPT [ARGUMENTS]",
                                       "beadle [OPTIONS] COMMAND [ARGUMENTS]"};

static const struct {
    int status;
    const char *doc;
} STATUSES[] = {
    {BD_EXIT_OK, "everything was done"},
    {BD_EXIT_SCRIPT, "the script or command failed"},
    {BD_EXIT_USAGE, "the command line was wrong, and nothing was done"},
    {BD_EXIT_PLANNED,
     "a dry run that went well: something was planned, and nothing of it was sent"},
    {BD_EXIT_CONFIGURATION, "the configuration is missing something, or cannot be read"},
    {130, "interrupted with Ctrl-C (143: by SIGTERM, 129: by SIGHUP)"},
};

// ------------------------------------------------------------------------------------------------
// Commands

static const char *command_name(const struct bd_source *source)
{
    bool is_ours = strncmp(source->name, COMMAND_PREFIX, sizeof COMMAND_PREFIX - 1) == 0;
    const char *name = is_ours ? source->name + sizeof COMMAND_PREFIX - 1 : NULL;
    return is_ours && strchr(name, '_') == NULL ? name : NULL;
}

const struct bd_source *bd_usage_command(const char *word)
{
    for (const struct bd_source *source = bd_sources; source->name != NULL; source++) {
        const char *name = command_name(source);
        if (name != NULL && strcmp(name, word) == 0) {
            return source;
        }
    }
    return NULL;
}

// A command's first line is its usage and summary: "-- beadle ops [VENDOR]: lists the operations".
struct headline {
    const char *usage, *summary;
    int usage_len, summary_len;
};

static struct headline headline_of(const struct bd_source *source)
{
    const char *text = (const char *)source->text;
    const char *end = memchr(text, '\n', source->len);
    const char *colon = memchr(text, ':', (size_t)(end - text));
    return (struct headline){.usage = text + 3,
                             .usage_len = (int)(colon - text - 3),
                             .summary = colon + 2,
                             .summary_len = (int)(end - colon - 2)};
}

void bd_usage_print_help(void)
{
    for (size_t i = 0; i < BD_COUNT(SYNOPSES); i++) {
        printf("%s %s\n", i == 0 ? "Usage:" : "      ", SYNOPSES[i]);
    }
    printf("\n%s\n\nCommands:\n", SUMMARY);
    for (const struct bd_source *source = bd_sources; source->name != NULL; source++) {
        if (command_name(source) != NULL) {
            struct headline line = headline_of(source);
            printf("  %-46.*s %.*s\n", line.usage_len, line.usage, line.summary_len, line.summary);
        }
    }
    puts("\nOptions:");
    bd_options_print(stdout);
    puts("\nExit status:");
    for (size_t i = 0; i < BD_COUNT(STATUSES); i++) {
        printf("  %-4d %s\n", STATUSES[i].status, STATUSES[i].doc);
    }
}

// ------------------------------------------------------------------------------------------------
// Scripts and recipes by their names

int bd_usage_error(const char *text)
{
    fprintf(stderr, "beadle: %s\nbeadle: `beadle --help` shows how it is used\n", text);
    return BD_EXIT_USAGE;
}

// Where a script may be that was named without its folder or its ending.
static bool find_script(const char *word, char *path, size_t size)
{
    static const char *const PLACES[] = {"%s.lua", "scripts/%s", "scripts/%s.lua"};
    for (size_t i = 0; i < BD_COUNT(PLACES); i++) {
        int len = snprintf(path, size, PLACES[i], word); // NOLINT
        struct stat info;
        if (len > 0 && (size_t)len < size && stat(path, &info) == 0 && S_ISREG(info.st_mode)) {
            return true;
        }
    }
    return false;
}

static const struct bd_bundled *bundled_recipe(const char *word)
{
    char name[256];
    int len = snprintf(name, sizeof name, "recipes/%s.lua", word);
    bool fits = len > 0 && (size_t)len < sizeof name && strchr(word, '/') == NULL;
    return fits ? bd_bundle_find(bd_bundle, name) : NULL;
}

const struct bd_bundled *bd_usage_recipe(const char *word)
{
    char path[256];
    return find_script(word, path, sizeof path) ? NULL : bundled_recipe(word);
}

static void offer_recipes(struct bd_nearest *nearest, char names[][64], size_t most)
{
    static const char PREFIX[] = "recipes/";
    size_t count = 0;
    for (const struct bd_bundled *file = bd_bundle; file->name != NULL && count < most; file++) {
        const char *name = file->name + sizeof PREFIX - 1;
        size_t len = strlen(file->name);
        if (strncmp(file->name, PREFIX, sizeof PREFIX - 1) == 0 && strchr(name, '/') == NULL) {
            len -= sizeof PREFIX - 1 + sizeof ".lua" - 1;
            (void)snprintf(names[count], sizeof names[count], "%.*s", (int)len, name);
            bd_nearest_offer(nearest, names[count++]);
        }
    }
}

int bd_usage_missing_script(const char *word, bool may_be_command)
{
    enum { MOST_RECIPES = 64 };
    int number = errno;
    char text[512];
    char script[256];
    char recipes[MOST_RECIPES][64];
    struct bd_nearest nearest = {.wanted = word};
    if (may_be_command) {
        bd_nearest_offer(&nearest, "run");
        for (const struct bd_source *source = bd_sources; source->name != NULL; source++) {
            if (command_name(source) != NULL) {
                bd_nearest_offer(&nearest, command_name(source));
            }
        }
    } else {
        offer_recipes(&nearest, recipes, BD_COUNT(recipes));
    }
    if (find_script(word, script, sizeof script)) {
        (void)snprintf(text, sizeof text, "there is no %.100s; did you mean %.300s?", word, script);
    } else if (may_be_command && bundled_recipe(word) != NULL) {
        (void)snprintf(text, sizeof text, "%.200s is a recipe: `beadle run %.200s` runs it", word,
                       word);
    } else if (may_be_command && nearest.best != NULL) {
        (void)snprintf(text, sizeof text,
                       "%.200s is neither a script nor a command; did you mean %s?", word,
                       nearest.best);
    } else if (nearest.best != NULL) {
        (void)snprintf(text, sizeof text, "cannot open %.200s: %s; did you mean the recipe %s?",
                       word, strerror(number), nearest.best);
    } else {
        (void)snprintf(text, sizeof text, "cannot open %.200s: %s", word, strerror(number));
    }
    return bd_usage_error(text);
}

// ------------------------------------------------------------------------------------------------
// beadle.cli.program: the same for manual pages and completion

static void set_text(lua_State *L, const char *key, const char *text, int len)
{
    lua_pushlstring(L, text, (size_t)len);
    lua_setfield(L, -2, key);
}

// commands(): a list of { name, usage, summary }, by name.
static int l_commands(lua_State *L)
{
    lua_newtable(L);
    lua_Integer count = 0;
    for (const struct bd_source *source = bd_sources; source->name != NULL; source++) {
        const char *name = command_name(source);
        if (name == NULL) {
            continue;
        }
        struct headline line = headline_of(source);
        lua_createtable(L, 0, 3);
        set_text(L, "name", name, (int)strlen(name));
        set_text(L, "usage", line.usage, line.usage_len);
        set_text(L, "summary", line.summary, line.summary_len);
        lua_rawseti(L, -2, ++count);
    }
    return 1;
}

// statuses(): a list of { status, doc }.
static int l_statuses(lua_State *L)
{
    lua_newtable(L);
    for (size_t i = 0; i < BD_COUNT(STATUSES); i++) {
        lua_createtable(L, 0, 2);
        lua_pushinteger(L, STATUSES[i].status);
        lua_setfield(L, -2, "status");
        set_text(L, "doc", STATUSES[i].doc, (int)strlen(STATUSES[i].doc));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static int l_options(lua_State *L)
{
    bd_options_push(L);
    return 1;
}

int bd_usage_module(lua_State *L)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"commands", l_commands}, {"statuses", l_statuses}, {"options", l_options}, {NULL, NULL}};
    luaL_newlib(L, FUNCTIONS);
    lua_pushstring(L, SUMMARY);
    lua_setfield(L, -2, "summary");
    lua_newtable(L);
    for (size_t i = 0; i < BD_COUNT(SYNOPSES); i++) {
        lua_pushstring(L, SYNOPSES[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "synopses");
    return 1;
}
