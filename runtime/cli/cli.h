// SPDX-License-Identifier: MIT
// The program beadle: reads the command line, makes a runtime, runs a script or a command in its main task,
// reports how it ended.
#ifndef BD_CLI_H
#define BD_CLI_H

// Exit statuses; `beadle --help` lists them.
enum bd_exit {
    BD_EXIT_OK = 0,
    BD_EXIT_SCRIPT = 1,
    BD_EXIT_USAGE = 2,
    BD_EXIT_PLANNED = 3, // by stdlib/dry_run.lua
    BD_EXIT_CONFIGURATION = 78,
    BD_EXIT_INTERRUPTED = 130,
};

int bd_cli_main(int argc, char **argv);

#endif
