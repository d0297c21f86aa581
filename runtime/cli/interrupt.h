// SPDX-License-Identifier: MIT
// Ctrl-C and SIGTERM. The first cancels the main task, even one that computes without waiting; the second
// ends the process at once. While a script ends in order (rt->orderly), what computes is left alone by the
// first, the second stops all but the main task, and the third ends the process.
#ifndef BD_INTERRUPT_H
#define BD_INTERRUPT_H

struct bd_runtime;

// Until the runtime closes.
void bd_interrupt_install(struct bd_runtime *rt);

// Ctrl-C does nothing more to what runs from here on; after a session's line has ended.
void bd_interrupt_line_ended(struct bd_runtime *rt);

// The signal that came, or 0.
int bd_interrupt_signal(void);

#endif
