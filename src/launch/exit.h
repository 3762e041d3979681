/*
 * The C library's _exit, watched.
 */
#ifndef MVIEW_LAUNCH_EXIT_H
#define MVIEW_LAUNCH_EXIT_H

#include "cli/ending.h"

/* Who is told when anybody calls _exit (os._exit, a library); NULL for nobody. */
extern exit_watcher *watcher_of_exit;

#endif
