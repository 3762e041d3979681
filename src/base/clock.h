/*
 * Time that passes, for whoever waits or measures.
 */
#ifndef MVIEW_BASE_CLOCK_H
#define MVIEW_BASE_CLOCK_H

/* Seconds since some moment; only differences mean something.  They never go back. */
double clock_seconds(void);

#endif
