/*
 * Offer a consumer one buffer after the other, each in a child process of its
 * own, and write down what it does with them.
 */
#ifndef MVIEW_OFFER_OFFER_H
#define MVIEW_OFFER_OFFER_H

#include <stdbool.h>

struct battery;
struct error;
struct trial;

struct offer_options {
    const char *expression; /* evaluated in __main__, with the buffer as `_` */
    double timeout;         /* seconds that one call may take */
};

enum { OFFER_SECONDS = 28 }; /* the most that a whole trial takes */

/*
 * Offer all buffers of a battery that has been begun; it must outlive the trial, which points into it.
 * The trial is owned by the caller (free); NULL on an error: an expression that
 * is none; no process to be had.
 */
struct trial *offer(struct battery *battery, const struct offer_options *options, struct error *error);

#endif
