/*
 * A call as text; for this room only.
 */
#ifndef MVIEW_AUDIT_CALL_TEXT_H
#define MVIEW_AUDIT_CALL_TEXT_H

struct pickle_object;
struct reading;
struct text;

/* "posix.system('touch owned')": as the file has it, cut where it gets long or deep. */
void put_call(struct reading *reading, const struct pickle_object *object, struct text *text);

#endif
