/*
 * The line of a place in the code of Python: as PyCode_Addr2Line tells, which
 * goes through all lines before it.  Here a long function costs that once.
 */
#ifndef MVIEW_TRACE_LINES_H
#define MVIEW_TRACE_LINES_H

#include <Python.h>

/* `place`: bytes into the code.  With the GIL, and no exception set; -1 where there is no line. */
int lines_find(PyCodeObject *code, int place);

#endif
