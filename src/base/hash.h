/*
 * A hash of bytes (FNV-1a, 64 bits): for tables and for telling whether something changed; whoever chooses the bytes
 * can choose two of one hash.
 */
#ifndef MVIEW_BASE_HASH_H
#define MVIEW_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START UINT64_C(0xcbf29ce484222325)

/* The hash of what `hash` is that of (HASH_START: of nothing), with these bytes behind it. */
static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *byte = bytes;

    while (size-- > 0) {
        hash = (hash ^ *byte++) * UINT64_C(0x100000001b3);
    }
    return hash;
}

#endif
