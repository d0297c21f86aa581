// SPDX-License-Identifier: MIT
#include "options.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/buf.h"
#include "core/check.h"
#include "core/nearest.h"

// January 2026: where virtual time begins when nobody says otherwise, so that runs are alike.
static const double DEFAULT_WALL_START = 1767254400.0; // 2026-01-01T08:00:00Z

struct option {
    const char *name;     // with its dashes
    const char *argument; // its name in --help; NULL: takes none
    bool optional;        // the argument, given as --name=value
    const char *doc;
    bool (*take)(struct bd_command_line *line, const char *value); // false: the value is wrong
    const char *kind; // of values, for completion; NULL: none is known
};

static void add_step(struct bd_command_line *line, enum bd_step_kind kind, const char *text)
{
    line->steps = bd_realloc(line->steps, (line->step_count + 1) * sizeof *line->steps);
    line->steps[line->step_count++] = (struct bd_step){.kind = kind, .text = text};
}

static bool take_text(struct bd_command_line *line, const char *value)
{
    add_step(line, BD_STEP_TEXT, value);
    return true;
}

static bool take_module(struct bd_command_line *line, const char *value)
{
    add_step(line, BD_STEP_MODULE, value);
    return *value != '\0';
}

static bool take_warnings(struct bd_command_line *line, const char *value)
{
    add_step(line, BD_STEP_WARN, value);
    return true;
}

static bool take_version_line(struct bd_command_line *line, const char *value)
{
    (void)value;
    line->version_line = true;
    return true;
}

static bool take_interactive(struct bd_command_line *line, const char *value)
{
    (void)value;
    line->interactive = true;
    return true;
}

static bool take_version(struct bd_command_line *line, const char *value)
{
    (void)value;
    line->version = true;
    return true;
}

static bool take_help(struct bd_command_line *line, const char *value)
{
    (void)value;
    line->help = true;
    return true;
}

static bool take_no_environment(struct bd_command_line *line, const char *value)
{
    (void)value;
    line->runtime.ignore_environment = true;
    return true;
}

static bool take_profile(struct bd_command_line *line, const char *value)
{
    line->runtime.profile = value;
    return *value != '\0';
}

static bool take_config(struct bd_command_line *line, const char *value)
{
    line->runtime.config_file = value;
    return *value != '\0';
}

static bool take_durable(struct bd_command_line *line, const char *value)
{
    line->durable = true;
    line->resumed = value;
    return value == NULL || *value != '\0';
}

static bool take_accept_changes(struct bd_command_line *line, const char *value)
{
    (void)value;
    line->accept_changes = true;
    return true;
}

static bool take_log_level(struct bd_command_line *line, const char *value)
{
    return bd_log_level_parse(value, &line->log_level);
}

static bool take_seed(struct bd_command_line *line, const char *value)
{
    char *end;
    line->runtime.seed = strtoull(value, &end, 10);
    line->runtime.seeded = true;
    return *value >= '0' && *value <= '9' && *end == '\0';
}

static bool take_virtual_time(struct bd_command_line *line, const char *value)
{
    line->runtime.virtual_time = true;
    line->runtime.wall_start = DEFAULT_WALL_START;
    if (value == NULL) {
        return true;
    }
    struct tm start = {0};
    const char *end = strptime(value, "%Y-%m-%dT%H:%M:%SZ", &start);
    line->runtime.wall_start = (double)timegm(&start);
    return end != NULL && *end == '\0';
}

static bool take_trace(struct bd_command_line *line, const char *value)
{
    line->trace = true;
    line->trace_file = value;
    return value == NULL || *value != '\0';
}

static bool take_trace_bodies(struct bd_command_line *line, const char *value)
{
    (void)value;
    line->trace = line->trace_bodies = true;
    return true;
}

static bool take_dry_run(struct bd_command_line *line, const char *value)
{
    line->dry_run = true;
    line->dry_run_json = value != NULL;
    return value == NULL || strcmp(value, "json") == 0;
}

static bool allow(struct bd_command_line *line, unsigned permission)
{
    line->runtime.permissions |= permission;
    return true;
}

static bool allow_process(struct bd_command_line *line, const char *value)
{
    (void)value;
    return allow(line, BD_ALLOW_PROCESS);
}

static bool allow_native(struct bd_command_line *line, const char *value)
{
    (void)value;
    return allow(line, BD_ALLOW_NATIVE);
}

static bool allow_debug(struct bd_command_line *line, const char *value)
{
    (void)value;
    return allow(line, BD_ALLOW_DEBUG);
}

static bool allow_proxy(struct bd_command_line *line, const char *value)
{
    (void)value;
    return allow(line, BD_ALLOW_PROXY);
}

static bool allow_keylog(struct bd_command_line *line, const char *value)
{
    (void)value;
    return allow(line, BD_ALLOW_KEYLOG);
}

static const struct option OPTIONS[] = {
    {"-e", "CODE", false, "run CODE", take_text},
    {"-l", "MODULE", false, "require MODULE into a global of its name; also -l NAME=MODULE",
     take_module},
    {"-i", NULL, false, "open a session, after the script if there is one", take_interactive},
    {"-v", NULL, false, "print the version, then go on", take_version_line},
    {"-E", NULL, false, "ignore BEADLE_* variables and the user's configuration",
     take_no_environment},
    {"-W", NULL, false, "turn Lua's warnings on", take_warnings},
    {"--profile", "NAME", false, "the profile to use (default: as configured, else sandbox)",
     take_profile, "profile"},
    {"--config", "FILE", false, "read this configuration instead of the usual places", take_config,
     "file"},
    {"--log-level", "LEVEL", false, "error, warning (default), info, debug or trace",
     take_log_level, "error|warning|info|debug|trace"},
    {"--durable", "RUN", true,
     "keep what was done, so that after a stop nothing is done twice; RUN goes on", take_durable},
    {"--accept-changes", NULL, false,
     "durable: take what was done with other parameters as it is recorded", take_accept_changes},
    {"--virtual-time", "START", true,
     "sandbox only: waiting takes no time; the clock starts at START (2026-01-01T08:00:00Z)",
     take_virtual_time},
    {"--seed", "NUMBER", false, "decides every random choice of the run", take_seed},
    {"--dry-run", "json", true,
     "reads happen; what would change something is not sent but planned, and answered as if it had "
     "been",
     take_dry_run},
    {"--trace", "FILE", true,
     "write all requests with their times: a table, FILE.har, FILE.html, else JSON lines",
     take_trace},
    {"--trace-bodies", NULL, false, "the same with the bodies of requests and answers",
     take_trace_bodies},
    {"--allow-process", NULL, false, "grant io.popen and os.execute", allow_process},
    {"--allow-native", NULL, false, "grant modules written in C", allow_native},
    {"--allow-debug", NULL, false, "grant all of the debug library", allow_debug},
    {"--allow-proxy", NULL, false, "obey HTTPS_PROXY, HTTP_PROXY and NO_PROXY", allow_proxy},
    {"--allow-keylog", NULL, false, "obey SSLKEYLOGFILE (writes the keys of TLS sessions)",
     allow_keylog},
    {"--help", NULL, false, "print this", take_help},
    {"--version", NULL, false, "print the versions of beadle and its libraries", take_version},
};

void bd_options_print(FILE *out)
{
    for (size_t i = 0; i < BD_COUNT(OPTIONS); i++) {
        const struct option *option = &OPTIONS[i];
        char left[64];
        const char *argument = option->argument != NULL ? option->argument : "";
        (void)snprintf(left, sizeof left, option->optional ? "%s[=%s]" : "%s %s", option->name,
                       argument);
        fprintf(out, "  %-24s %s\n", left, option->doc);
    }
    fprintf(out, "  %-24s %s\n", "-", "run standard input");
    fprintf(out, "  %-24s %s\n", "--", "end of options");
}

static void set_text(lua_State *L, const char *key, const char *text)
{
    lua_pushstring(L, text); // nil for NULL
    lua_setfield(L, -2, key);
}

void bd_options_push(lua_State *L)
{
    lua_newtable(L);
    for (size_t i = 0; i < BD_COUNT(OPTIONS); i++) {
        lua_createtable(L, 0, 5);
        set_text(L, "name", OPTIONS[i].name);
        set_text(L, "value", OPTIONS[i].argument);
        set_text(L, "doc", OPTIONS[i].doc);
        set_text(L, "kind", OPTIONS[i].kind);
        lua_pushboolean(L, OPTIONS[i].optional);
        lua_setfield(L, -2, "optional");
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

static const struct option *find(const char *word, const char **value)
{
    for (size_t i = 0; i < BD_COUNT(OPTIONS); i++) {
        const struct option *option = &OPTIONS[i];
        size_t len = strlen(option->name);
        bool is_short = option->name[1] != '-';
        if (strncmp(word, option->name, len) != 0) {
            continue;
        }
        if (word[len] == '\0') {
            *value = NULL;
            return option;
        }
        if (!is_short && word[len] == '=' && option->argument != NULL) {
            *value = word + len + 1;
            return option;
        }
        if (is_short && option->argument != NULL) { // -eCODE, as in lua
            *value = word + len;
            return option;
        }
    }
    return NULL;
}

static void refuse_unknown(struct bd_command_line *line, const char *word)
{
    struct bd_nearest nearest = {.wanted = word};
    for (size_t i = 0; i < BD_COUNT(OPTIONS); i++) {
        bd_nearest_offer(&nearest, OPTIONS[i].name);
    }
    if (nearest.best != NULL && strncmp(word, "--", 2) == 0) {
        (void)snprintf(line->wrong, sizeof line->wrong, "unknown option %.80s; did you mean %s?",
                       word, nearest.best);
    } else {
        (void)snprintf(line->wrong, sizeof line->wrong, "unknown option %.80s", word);
    }
}

void bd_options_parse(struct bd_command_line *line, int argc, char **argv, int from)
{
    int i = from;
    for (; i < argc && argv[i][0] == '-' && line->wrong[0] == '\0'; i++) {
        const char *word = argv[i];
        if (word[1] == '\0') {
            line->only_file = true;
            break;
        }
        if (strcmp(word, "--") == 0) {
            line->only_file = true;
            i++;
            break;
        }
        const char *value = NULL;
        const struct option *option = find(word, &value);
        if (option == NULL) {
            refuse_unknown(line, word);
            return;
        }
        if (option->argument != NULL && value == NULL && !option->optional) {
            value = i + 1 < argc ? argv[++i] : NULL;
            if (value == NULL) {
                (void)snprintf(line->wrong, sizeof line->wrong, "%s needs %s", option->name,
                               option->argument);
                return;
            }
        }
        if (!option->take(line, value)) {
            (void)snprintf(line->wrong, sizeof line->wrong, "%s: \"%.80s\" is no %s (%s)",
                           option->name, value, option->argument, option->doc);
            return;
        }
    }
    line->first = i;
}

void bd_options_free(struct bd_command_line *line)
{
    free(line->steps);
    line->steps = NULL;
}
