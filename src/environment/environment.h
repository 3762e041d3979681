/*
 * Which interpreter's environment the modules come from, and which CPython
 * that is.  Files tell: pyvenv.cfg, names, links, the ELF header.  Nothing is
 * started but, as the last resort, an interpreter that shows its version in no
 * other way, or a script that stands for one (pyenv's shims).
 *
 * Nothing here knows which Python this program is built for.
 */
#ifndef MVIEW_ENVIRONMENT_ENVIRONMENT_H
#define MVIEW_ENVIRONMENT_ENVIRONMENT_H

#include "environment/version.h"

#include <limits.h>
#include <stdbool.h>

struct error;

struct environment {
    char executable[PATH_MAX]; /* the interpreter, by its absolute path; links are not followed */
    char library[PATH_MAX];    /* its libpython, when it has a shared one; else "" */
    struct version version;
    bool own; /* the one that this program is installed in, by nobody's choice */
};

/*
 * Whether a choice was made: by `python` (--python EXE), or, where `user` says that it counts, by $VIRTUAL_ENV or
 * by the environment that this program is installed in.
 */
bool environment_chosen(const char *python, bool user);

/*
 * Find what was chosen: `python`, a path or a name in PATH; when it is NULL,
 * $VIRTUAL_ENV, else the program's own environment.  It must be a CPython that runs here, with its modules, and a
 * virtual environment must be of the Python that it says it is.
 */
bool environment_find(struct environment *environment, const char *python, struct error *error);

/* $PYTHONHOME, when it is set, must hold the modules of this version: Python would not start. */
bool environment_check_home(const struct version *version, struct error *error);

#endif
