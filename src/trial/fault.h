/*
 * What lay at the address where a consumer ended.
 */
#ifndef MVIEW_TRIAL_FAULT_H
#define MVIEW_TRIAL_FAULT_H

#include "trial/trial.h"

struct text;

enum fault_kind {
    FAULT_NONE,      /* the call did not end by a fault */
    FAULT_ELSEWHERE, /* at no memory of the tool's */
    FAULT_NULL,      /* near NULL, and a pointer of a view was NULL since it was not asked for */
    FAULT_NULL_ND0,  /* near NULL, and shape and strides were NULL since there is no dimension */
    FAULT_NULL_SUB,  /* near NULL, and suboffsets were asked for and were not needed */
    FAULT_REFUSED,   /* through what a refused request left */
    FAULT_RELEASED,
    FAULT_READONLY,  /* written: the items */
    FAULT_VIEW,      /* written: shape, strides, suboffsets or format */
    FAULT_OUTSIDE,   /* of the items or the pointers */
    FAULT_ARRAYS,    /* past the end, or before the beginning, of shape, strides, suboffsets or format */
};

/* Find out, and say it: "8 bytes past the end of the items". */
enum fault_kind fault_explain(const struct call *call, struct text *text);

#endif
