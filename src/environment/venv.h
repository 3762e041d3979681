/*
 * A virtual environment by its own word: pyvenv.cfg, as venv, virtualenv and
 * uv write it.  What it says may be wrong: environment.c compares.
 */
#ifndef MVIEW_ENVIRONMENT_VENV_H
#define MVIEW_ENVIRONMENT_VENV_H

#include "environment/version.h"

#include <limits.h>
#include <stdbool.h>

struct venv {
    char root[PATH_MAX];       /* the folder that pyvenv.cfg lies in */
    bool unfit;                /* pyvenv.cfg is no file, or longer than Python takes: nothing was read */
    char home[PATH_MAX];       /* where the interpreter lies that it was made from; "" when not said */
    char executable[PATH_MAX]; /* that interpreter, by name; "" when not said */
    char implementation[32];   /* "CPython", "PyPy"; "" when not said */
    struct version version;    /* as written; mostly without the kind of build */
};

/*
 * The virtual environment of an interpreter, given by its absolute path:
 * pyvenv.cfg beside it or one folder up, where Python looks.  False when it
 * belongs to none.
 */
bool venv_read(struct venv *venv, const char *interpreter);

#endif
