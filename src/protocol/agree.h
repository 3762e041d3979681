/*
 * Whether two protocols tell the same of an object's memory.
 */
#ifndef MVIEW_PROTOCOL_AGREE_H
#define MVIEW_PROTOCOL_AGREE_H

#include "protocol/telling.h"

/* Facts that may differ, as bits. */
enum difference {
    DIFFERENCE_DATA = 1,     /* the address of the first item */
    DIFFERENCE_SHAPE = 2,
    DIFFERENCE_STRIDES = 4,  /* in bytes */
    DIFFERENCE_TYPE = 8,     /* of the items: kind, size, byte order */
    DIFFERENCE_READONLY = 16,
    DIFFERENCE_ALL = 31,
};

/* "data", "shape" ...: the name of one, as the JSON output has it. */
const char *difference_name(enum difference difference);

/*
 * The facts in which two tellings differ, joined.  What one of them does not
 * say, or cannot, is no difference: the address of no items, strides of extents
 * up to 1 and of another shape, whether it may be written, a type that the
 * format only has the size of.  0 where either has no layout.
 */
unsigned tellings_differ(const struct telling *a, const struct telling *b);

#endif
