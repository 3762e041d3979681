/*
 * For the ledger's own files: the buckets of its hash tables, which hold the
 * number of the first item of a chain, or LEDGER_NONE.
 */
#ifndef MVIEW_LEDGER_BUCKETS_H
#define MVIEW_LEDGER_BUCKETS_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS_FIRST = 256 }; /* how many there are at first: always a power of two */

/* The bucket of a key, by the finalizer of splitmix64: pointers differ in few bits. */
static inline size_t buckets_place(uint64_t key, size_t room)
{
    key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9;
    key = (key ^ (key >> 27)) * 0x94d049bb133111eb;
    return (size_t)(key ^ (key >> 31)) & (room - 1);
}

/* All of them empty; owned by the caller, NULL out of memory. */
static inline uint32_t *buckets_new(size_t room)
{
    uint32_t *buckets = malloc(room * sizeof *buckets);

    if (buckets != NULL) {
        memset(buckets, 0xff, room * sizeof *buckets);
    }
    return buckets;
}

#endif
