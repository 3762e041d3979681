/*
 * How deep and how wide a pickle's values lie in each other; for this room only.
 */
#ifndef MVIEW_AUDIT_NESTING_H
#define MVIEW_AUDIT_NESTING_H

struct audit;
struct reading;

/* Judge what only serves to exhaust whoever looks at it. */
void audit_nesting(struct audit *audit, struct reading *reading);

#endif
