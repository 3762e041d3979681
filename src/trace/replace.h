/*
 * The functions by which everybody asks for buffers and releases them, replaced
 * by ones that record it.
 */
#ifndef MVIEW_TRACE_REPLACE_H
#define MVIEW_TRACE_REPLACE_H

#include <stdbool.h>

struct error;

/* Once, with Python started, before there are other threads. */
bool replace_all(struct error *error);

/* Whether an exporter is being asked, in this thread. */
bool replace_is_asking(void);

#endif
