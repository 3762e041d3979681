/*
 * What reports call the files of code: the program's as the command line gave
 * it, although Python has it from the root on.
 */
#ifndef MVIEW_HOLDERS_FILE_H
#define MVIEW_HOLDERS_FILE_H

#include <Python.h>

/* Call the file that code has as `full` by the name `given`: once, before anything is told.  Both are kept. */
void file_call(PyObject *full, PyObject *given);

/* What a code's co_filename is called: borrowed. */
PyObject *file_called(PyObject *file);

#endif
