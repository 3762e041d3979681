/*
 * The engine: all that takes a Python, built for one CPython.  It is a shared object, which the program (launch/)
 * loads when an object is wanted; for a Python that has no shared library it is a program of its own.
 */
#ifndef MVIEW_ENGINE_ENGINE_H
#define MVIEW_ENGINE_ENGINE_H

#include "cli/ending.h"

struct environment;

/* The one name that the shared object exports. */
#define ENGINE_ENTRY "mview_engine"

/*
 * Do what the command line asks for: returns the exit code.  `environment` is the one that was found for it (launch/),
 * NULL where none was chosen, or nobody has looked.  *watcher is who is told when somebody calls _exit, which only the
 * program itself can see.
 */
int mview_engine(int argc, char **argv, const struct environment *environment, exit_watcher **watcher);
typedef int engine_entry(int argc, char **argv, const struct environment *environment, exit_watcher **watcher);

#endif
