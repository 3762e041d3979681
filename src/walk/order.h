/*
 * The orders in which a layout is walked.
 */
#ifndef MVIEW_WALK_ORDER_H
#define MVIEW_WALK_ORDER_H

enum walk_order {
    WALK_LOGICAL, /* items in C index order: the bytes of bytes(memoryview) */
    WALK_F,       /* items with the first index fastest */
    WALK_MEMORY,  /* the block from its lowest to its highest byte, gaps too */
};

#endif
