/*
 * From what the user named to the path of a file that can be run.
 */
#ifndef MVIEW_ENVIRONMENT_LOCATE_H
#define MVIEW_ENVIRONMENT_LOCATE_H

#include <limits.h>
#include <stdbool.h>

struct error;

/*
 * An interpreter by its path, or by its name in PATH when that has no slash; a
 * folder (without a slash: when PATH has no such name) stands for its bin/python.
 */
bool locate_program(char path[PATH_MAX], const char *name, struct error *error);

/* The interpreter of a virtual environment, given by its folder. */
bool locate_venv(char path[PATH_MAX], const char *folder, struct error *error);

/* The folder of the environment, virtual or of conda, that this program is installed in; false when in none. */
bool locate_own(char folder[PATH_MAX]);

#endif
