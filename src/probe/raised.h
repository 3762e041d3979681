/*
 * A Python exception as plain data.
 */
#ifndef MVIEW_PROBE_RAISED_H
#define MVIEW_PROBE_RAISED_H

#include "judge/transcript.h"

struct _object;

/* Take the exception that is set, if any: none is set any more; *exception may be NULL. */
void raised_take(struct exception *exception);

/* The name of an object's type, cut to fit. */
void raised_type_name(char to[TRANSCRIPT_NAME_SIZE], struct _object *object);

#endif
