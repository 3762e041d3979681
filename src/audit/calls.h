/*
 * What loading a pickle would call: file-calls-code and file-calls-unknown; for
 * this room only.
 */
#ifndef MVIEW_AUDIT_CALLS_H
#define MVIEW_AUDIT_CALLS_H

struct audit;
struct reading;

/* Judge a pickle, whole or broken off. */
void audit_calls(struct audit *audit, struct reading *reading);

#endif
