/*
 * This program as an engine: built for one CPython, it serves the environments
 * of that one.
 */
#ifndef MVIEW_PYTHON_SETTLE_H
#define MVIEW_PYTHON_SETTLE_H

#include <limits.h>
#include <stdbool.h>

struct environment;
struct error;

/*
 * Settle the interpreter whose environment is used: that of `environment`, where it was found before; else `python`
 * (--python EXE), else, where `user` says that it counts, $VIRTUAL_ENV or the environment that this program is
 * installed in, else the interpreter built in.  One of another version is an error that says how to build for it.
 */
bool engine_settle(char executable[PATH_MAX], const struct environment *environment, const char *python, bool user,
                   struct error *error);

/* "3.11.2 (/usr/bin/python3.11)": the Python built in, without starting it. */
const char *engine_python(void);

#endif
