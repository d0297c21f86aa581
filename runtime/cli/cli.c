// SPDX-License-Identifier: MIT
#include "cli.h"

#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "again.h"
#include "bindings/bindings.h"
#include "core/check.h"
#include "core/error.h"
#include "core/log.h"
#include "core/nearest.h"
#include "core/script.h"
#include "core/task.h"
#include "documents.h"
#include "installation.h"
#include "interrupt.h"
#include "options.h"
#include "session.h"
#include "sources.h"
#include "usage.h"
#include "version.h"
#include "watch.h"
#include "worker.h"

static const uint64_t GRACE_MS = 5000;
static const char TEST_COMMAND[] = "beadle.cli.test";

// What the main task works through; lives in bd_cli_main's frame for as long as the runtime.
struct plan {
    struct bd_command_line line;
    int argc;
    char **argv;
    const struct bd_source *command; // NULL: a script, or nothing but -e and -l
    const char *script;              // NULL: standard input, when has_script
    const struct bd_bundled *recipe; // a script that is part of the program; else NULL
    bool has_script;
    size_t step;
};

// ------------------------------------------------------------------------------------------------
// The main task

static int run_next(lua_State *L, int status, lua_KContext context);
static void report(struct bd_runtime *rt, lua_State *L, int error);

static void raise_load_error(lua_State *L)
{
    bd_error_push(L, BD_ARGUMENT, "%s", lua_tostring(L, -1));
    bd_error_raise(L);
}

static void push_step(lua_State *L, const struct bd_step *step)
{
    if (step->kind == BD_STEP_TEXT) {
        if (bd_script_load_text(L, step->text, strlen(step->text), "=(command line)") != LUA_OK) {
            bd_error_rethrow(L);
        }
        return;
    }
    const char *equals = strchr(step->text, '=');
    lua_getglobal(L, "require");
    lua_pushstring(L, equals != NULL ? equals + 1 : step->text);
}

// Sets the global that -l names: NAME of NAME=MODULE, else the module's name up to a '-'.
static void set_step_global(lua_State *L, const struct bd_step *step)
{
    const char *end = strpbrk(step->text, "=-");
    lua_pushlstring(L, step->text, end != NULL ? (size_t)(end - step->text) : strlen(step->text));
    lua_pushglobaltable(L);
    lua_insert(L, -3);
    lua_insert(L, -2);
    lua_settable(L, -3);
    lua_pop(L, 1);
}

static int push_arguments(lua_State *L, const struct plan *plan)
{
    int first = plan->line.first + 1;
    int count = plan->argc > first ? plan->argc - first : 0;
    luaL_checkstack(L, count + 3, "too many arguments to script");
    for (int i = 0; i < count; i++) {
        lua_pushstring(L, plan->argv[first + i]);
    }
    return count;
}

static int program_ended(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    return lua_isinteger(L, -1) ? 1 : 0;
}

// A script may return an object that wants to be run with the arguments, such as a recipe.
static int script_ended(lua_State *L, int status, lua_KContext context)
{
    struct plan *plan = (struct plan *)context; // NOLINT
    (void)status;
    if (luaL_getmetafield(L, 1, "__main") == LUA_TNIL) {
        return 0;
    }
    lua_insert(L, 1);
    lua_settop(L, 2);
    int count = push_arguments(L, plan);
    lua_callk(L, count + 1, 1, 0, program_ended);
    return program_ended(L, LUA_OK, 0);
}

// Leaves the function that runs a script durably, and its first two arguments: what is known of the run, and the script.
static void wrap_durable(lua_State *L, const struct plan *plan)
{
    lua_getglobal(L, "require");
    lua_pushliteral(L, "beadle.durable_main");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "run");
    lua_replace(L, -2);
    lua_createtable(L, 0, 3);
    lua_pushstring(L, plan->line.resumed);
    lua_setfield(L, -2, "id");
    lua_pushboolean(L, plan->line.accept_changes);
    lua_setfield(L, -2, "accept_changes");
    lua_pushstring(L, plan->script);
    lua_setfield(L, -2, "script");
    lua_pushvalue(L, 1);
    lua_remove(L, 1);
}

static int load_script(lua_State *L, const struct plan *plan)
{
    if (plan->recipe == NULL) {
        return bd_script_load_file(L, plan->script);
    }
    lua_pushfstring(L, "@%s.lua", plan->script);
    int status = bd_bundle_load(L, plan->recipe, lua_tostring(L, -1));
    lua_remove(L, -2);
    return status;
}

static int run_script(lua_State *L, struct plan *plan)
{
    lua_settop(L, 0);
    if (plan->command != NULL) {
        lua_getglobal(L, "require");
        lua_pushstring(L, plan->command->name);
        lua_call(L, 1, 1); // commands do not wait while they load
        lua_getfield(L, -1, "run");
        lua_replace(L, 1);
        lua_settop(L, 1);
    } else if (load_script(L, plan) != LUA_OK) {
        raise_load_error(L);
    }
    if (plan->command == NULL && plan->line.durable) {
        wrap_durable(L, plan);
        lua_callk(L, push_arguments(L, plan) + 2, 1, 0, program_ended);
        return program_ended(L, LUA_OK, 0);
    }
    int count = push_arguments(L, plan);
    if (plan->command != NULL) {
        lua_callk(L, count, 1, 0, program_ended);
        return program_ended(L, LUA_OK, 0);
    }
    lua_callk(L, count, 1, (lua_KContext)plan, script_ended);
    return script_ended(L, LUA_OK, (lua_KContext)plan);
}

static int step_ended(lua_State *L, int status, lua_KContext context)
{
    struct plan *plan = (struct plan *)context; // NOLINT
    const struct bd_step *step = &plan->line.steps[plan->step++];
    (void)status;
    if (step->kind == BD_STEP_MODULE) {
        set_step_global(L, step);
    }
    return run_next(L, LUA_OK, context);
}

static int run_next(lua_State *L, int status, lua_KContext context)
{
    struct plan *plan = (struct plan *)context; // NOLINT
    (void)status;
    while (plan->step < plan->line.step_count) {
        const struct bd_step *step = &plan->line.steps[plan->step];
        lua_settop(L, 0);
        if (step->kind == BD_STEP_WARN) {
            lua_warning(L, "@on", 0);
            plan->step++;
            continue;
        }
        push_step(L, step);
        bool module = step->kind == BD_STEP_MODULE;
        lua_callk(L, module ? 1 : 0, module ? 1 : 0, context, step_ended);
        return step_ended(L, LUA_OK, context);
    }
    return plan->has_script || plan->command != NULL ? run_script(L, plan) : 0;
}

static int l_steps(lua_State *L)
{
    struct plan *plan = lua_touserdata(L, 1);
    lua_settop(L, 0);
    bd_watch_enter(L, &plan->line);
    return run_next(L, LUA_OK, (lua_KContext)plan);
}

// -i: a session follows, also after a script that failed.
static int begin_session(lua_State *L, int status, lua_KContext context)
{
    (void)context;
    if (status != LUA_OK && status != LUA_YIELD) {
        if (bd_interrupt_signal() != 0) {
            return bd_error_rethrow(L);
        }
        report(bd_runtime_of(L), L, lua_gettop(L));
    }
    lua_settop(L, 0);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "beadle.cli.repl");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "run");
    lua_callk(L, 0, 1, 0, program_ended);
    return program_ended(L, LUA_OK, 0);
}

static int l_main(lua_State *L)
{
    struct plan *plan = lua_touserdata(L, 1);
    if (!plan->line.interactive) {
        return l_steps(L);
    }
    lua_pushcfunction(L, l_steps);
    lua_insert(L, 1);
    int status = lua_pcallk(L, 1, 0, 0, (lua_KContext)plan, begin_session);
    return begin_session(L, status, (lua_KContext)plan);
}

// ------------------------------------------------------------------------------------------------
// Setting up and reporting

static int l_set_arg(lua_State *L)
{
    const struct plan *plan = lua_touserdata(L, 1);
    int script = plan->has_script || plan->command != NULL ? plan->line.first : plan->argc;
    lua_createtable(L, plan->argc > script ? plan->argc - script : 0, script + 1);
    for (int i = 0; i < plan->argc; i++) {
        lua_pushstring(L, plan->argv[i]);
        lua_rawseti(L, -2, i - script);
    }
    lua_setglobal(L, "arg");
    return 0;
}

static void report(struct bd_runtime *rt, lua_State *L, int error)
{
    struct bd_buf text = {0};
    bd_buf_add_text(&text, "beadle: ");
    bd_buf_add_text(&text, bd_error_describe(L, error));
    lua_pop(L, 1);
    bd_task_push_traceback(L, error);
    const char *trace = lua_tostring(L, -1);
    // A structured error says all by itself; the traceback is for who asks, and for errors of Lua.
    if (trace != NULL && (!bd_error_is_error(L, error) || rt->log->level >= BD_LOG_DEBUG)) {
        bd_buf_add_char(&text, '\n');
        bd_buf_add_text(&text, trace);
    }
    lua_pop(L, 1);
    bd_buf_add_char(&text, '\n');
    (void)fflush(stdout);
    bd_log_disarm(&text);
    (void)bd_log_write(rt->log, stderr, text.data, text.len);
    bd_buf_free(&text);
}

// An error may carry the exit status it wants.
static int status_of_error(lua_State *L, int error)
{
    if (bd_interrupt_signal() != 0) {
        return 128 + bd_interrupt_signal();
    }
    if (!bd_error_is_error(L, error)) {
        return BD_EXIT_SCRIPT;
    }
    lua_getfield(L, error, "exit");
    int wanted = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
    if (wanted != 0) {
        return wanted;
    }
    return bd_error_is(L, error, BD_CONFIGURATION) ? BD_EXIT_CONFIGURATION : BD_EXIT_SCRIPT;
}

static bool is_quiet(lua_State *L, int error)
{
    if (!bd_error_is_error(L, error)) {
        return false;
    }
    lua_getfield(L, error, "quiet");
    bool quiet = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return quiet;
}

static int outcome(struct bd_runtime *rt, struct bd_task *task)
{
    lua_State *co = task->co;
    lua_sethook(co, NULL, 0, 0); // after Ctrl-C every instruction raises
    if (rt->exiting) {
        return rt->exit_status;
    }
    if (task->state == BD_TASK_FAILED) {
        int error = lua_gettop(co);
        int status = status_of_error(co, error);
        if (!is_quiet(co, error)) {
            report(rt, co, error);
        }
        return status;
    }
    return lua_isinteger(co, 1) ? (int)lua_tointeger(co, 1) : BD_EXIT_OK;
}

static int run_main(struct bd_runtime *rt, struct plan *plan)
{
    lua_State *L = rt->L;
    if (!bd_watch_begin(L, &plan->line)) {
        report(rt, L, lua_gettop(L));
        return status_of_error(L, lua_gettop(L));
    }
    lua_pushcfunction(L, l_main);
    lua_pushlightuserdata(L, plan);
    rt->main = bd_task_spawn(L, 1); // its userdata stays on the stack, and with it its results
    bd_interrupt_install(rt);
    bd_runtime_run(rt, rt->main);
    int status = outcome(rt, rt->main);
    rt->main = NULL;
    int wanted = bd_watch_end(L, &plan->line, status);
    if (wanted < 0) {
        report(rt, L, lua_gettop(L));
        wanted = status != BD_EXIT_OK ? status : status_of_error(L, lua_gettop(L));
    }
    return wanted;
}

// A session begins where nothing can happen, unless somebody chose a profile; what runs before it, too.
static void choose_profile(struct bd_command_line *line)
{
    const char *given = line->runtime.ignore_environment ? NULL : getenv("BEADLE_PROFILE");
    bool chosen = line->runtime.profile != NULL || (given != NULL && *given != '\0');
    if (line->interactive && !chosen) {
        line->runtime.profile = "sandbox";
    }
}

static int execute(struct plan *plan)
{
    choose_profile(&plan->line);
    struct bd_runtime *rt = bd_runtime_open(&plan->line.runtime);
    lua_State *L = rt->L;
    rt->log->level = plan->line.log_level;
    bd_script_set_sources(rt, bd_sources);
    bd_script_open(L);
    bd_bindings_open(rt);
    bd_script_add_module(L, "beadle.session", bd_session_module);
    bd_script_add_module(L, "beadle.cli.bundle", bd_bundle_module);
    bd_script_add_module(L, "beadle.cli.program", bd_usage_module);
    if (plan->script != NULL) {
        bd_script_set_folder(L, plan->script);
    }
    bd_script_add_module(L, "beadle.cli.documents", bd_documents_module);
    bd_script_add_module(L, "beadle.cli.installation", bd_installation_module);
    bd_script_add_module(L, "beadle.cli.worker", bd_worker_module);
    bd_script_add_module(L, "beadle.cli.again", bd_again_module);
    if (plan->command != NULL && strcmp(plan->command->name, TEST_COMMAND) == 0) {
        bd_worker_allow(rt);
    }
    lua_pushcfunction(L, l_set_arg);
    lua_pushlightuserdata(L, plan);
    BD_CHECK(lua_pcall(L, 1, 0, 0) == LUA_OK);
    int status = run_main(rt, plan);
    bd_runtime_close(rt, GRACE_MS);
    if (fflush(stdout) != 0 && errno != EPIPE && status == BD_EXIT_OK) {
        fprintf(stderr, "beadle: standard output cannot be written: %s\n", strerror(errno));
        status = BD_EXIT_SCRIPT;
    }
    return status;
}

// ------------------------------------------------------------------------------------------------
// The command line

// Decides what runs: a command, a script, standard input, or only -e and -l. Returns an exit status when
// the command line is wrong, else -1.
static int choose(struct plan *plan)
{
    struct bd_command_line *line = &plan->line;
    bool is_run =
        line->first < plan->argc && !line->only_file && strcmp(plan->argv[line->first], "run") == 0;
    if (is_run) {
        bd_options_parse(line, plan->argc, plan->argv, line->first + 1);
        if (line->wrong[0] != '\0') {
            return bd_usage_error(line->wrong);
        }
        if (line->help && !line->version) {
            plan->command = bd_usage_command("run"); // which says how it is used
            line->help = false;
            line->first = plan->argc;
            return -1;
        }
        if (line->first >= plan->argc) {
            return bd_usage_error("run needs the name of a script or a recipe");
        }
    }
    if (line->help || line->version || line->first >= plan->argc) {
        bool nothing = line->step_count == 0 && !line->version_line && !line->help &&
                       !line->version && !line->interactive;
        plan->has_script = nothing && !isatty(STDIN_FILENO);
        return nothing && !plan->has_script ? bd_usage_error("no script was given") : -1;
    }
    if (line->accept_changes && !line->durable) {
        return bd_usage_error("--accept-changes goes with --durable");
    }
    const char *word = plan->argv[line->first];
    if (line->durable && strcmp(word, "-") == 0) {
        return bd_usage_error("--durable needs a script that can be run again, not standard input");
    }
    plan->command = line->only_file || is_run ? NULL : bd_usage_command(word);
    if (plan->command != NULL && line->interactive) {
        return bd_usage_error("-i takes a script; a command cannot be followed by a session");
    }
    if (plan->command != NULL) {
        return line->durable ? bd_usage_error("--durable is for scripts and recipes") : -1;
    }
    plan->has_script = true;
    plan->script = strcmp(word, "-") == 0 ? NULL : word;
    if (plan->script == NULL || access(plan->script, R_OK) == 0) {
        return -1;
    }
    int number = errno;
    plan->recipe = is_run ? bd_usage_recipe(word) : NULL;
    errno = number;
    return plan->recipe != NULL ? -1 : bd_usage_missing_script(word, !line->only_file && !is_run);
}

int bd_cli_main(int argc, char **argv)
{
    struct plan plan = {.line = {.log_level = BD_LOG_WARN}, .argc = argc, .argv = argv};
    bd_options_parse(&plan.line, argc, argv, 1);
    int status = plan.line.wrong[0] != '\0' ? bd_usage_error(plan.line.wrong) : choose(&plan);
    if (status < 0 && plan.line.help) {
        bd_usage_print_help();
        status = BD_EXIT_OK;
    } else if (status < 0 && plan.line.version) {
        bd_version_print(stdout);
        status = BD_EXIT_OK;
    } else if (status < 0) {
        if (plan.line.version_line) {
            bd_version_print_line(stdout);
        }
        status = execute(&plan);
    }
    bd_options_free(&plan.line);
    return status;
}
