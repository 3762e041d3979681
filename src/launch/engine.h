/*
 * The engine that serves an environment: found, and entered.
 *
 *     PREFIX/bin/mview-inspect                                 this program
 *     PREFIX/libexec/mview-inspect/mview-inspect-3.13t.so      an engine
 *     PREFIX/libexec/mview-inspect/mview-inspect-3.9           one with a Python that has no shared library: a program
 *     PREFIX/libexec/mview-inspect/default                     a link to one; not needed where there is only one
 *
 * --python EXE decides, else, where code of the user's is to run, $VIRTUAL_ENV or the environment that PREFIX is, else
 * the default.  Engines are looked for beside this program's own place, so that the tree can be moved.  No Python is
 * started to tell one from another (environment/environment.h says how).
 */
#ifndef MVIEW_LAUNCH_ENGINE_H
#define MVIEW_LAUNCH_ENGINE_H

#include <stdbool.h>

struct error;
struct options;

/*
 * Let the engine do what the command line asks for: *code is the exit code.  False, and the error, where there is
 * none to do it.
 */
bool engine_run(const struct options *options, int argc, char **argv, int *code, struct error *error);

#endif
