/*
 * What the fuzzers share.
 */
#ifndef MVIEW_TESTS_FUZZ_H
#define MVIEW_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What does not hold is a finding. */
static inline void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* Bytes to be spent one by one; zeros when they are used up. */
struct input {
    const uint8_t *data;
    size_t size;
};

static inline unsigned byte(struct input *input)
{
    if (input->size == 0) {
        return 0;
    }
    input->size--;
    return *input->data++;
}

#endif
