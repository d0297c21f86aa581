// SPDX-License-Identifier: MIT
// The command line up to the script or command: Lua's own flags with Lua's meaning, and beadle's long ones.
#ifndef BD_OPTIONS_H
#define BD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/log.h"
#include "core/runtime.h"

enum bd_step_kind {
    BD_STEP_TEXT,   // -e
    BD_STEP_MODULE, // -l
    BD_STEP_WARN,   // -W
};

// What runs before the script, in the order given.
struct bd_step {
    enum bd_step_kind kind;
    const char *text;
};

struct bd_command_line {
    struct bd_options runtime;
    enum bd_log_level log_level;
    bool trace;             // --trace
    const char *trace_file; // its value; NULL: a table on standard error
    bool trace_bodies;
    bool dry_run;      // --dry-run
    bool dry_run_json; // =json
    bool help;
    bool version;      // --version
    bool interactive;  // -i: a session follows
    bool version_line; // -v: print it and go on
    bool durable;
    const char *resumed; // --durable=RUN: that run goes on; NULL: a new one begins
    bool accept_changes;
    struct bd_step *steps;
    size_t step_count;
    int first;       // index in argv of the first word that is no option; argc when there is none
    bool only_file;  // "--" or "-" stood before it: it names a file, not a command
    char wrong[256]; // what is wrong with it; empty when nothing is
};

// Reads argv from index `from` on. Free with bd_options_free.
void bd_options_parse(struct bd_command_line *line, int argc, char **argv, int from);
void bd_options_free(struct bd_command_line *line);

// The options, one a line, for --help.
void bd_options_print(FILE *out);

// The same as a list of { name, value, optional, doc, kind }: `kind` is what completion offers for the value, "file",
// "profile" or choices such as "error|warning". [-0, +1]
void bd_options_push(lua_State *L);

#endif
