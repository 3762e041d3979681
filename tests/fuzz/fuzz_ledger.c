/*
 * Any requests and releases, in any order: what the ledger says is held adds
 * up, stays within its bounds, and a release right after its request matches.
 */
#include "ledger/ledger.h"

#include "fuzz.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP = 4 }; /* bytes of the input for each */

static const struct ledger_limits limits = {.rows = 12, .exports = 24, .text = 2048};

static void check(const struct ledger *ledger)
{
    uint64_t live = 0, held = 0;
    size_t i;

    require(ledger->row_count <= limits.rows && ledger->export_count <= limits.exports);
    for (i = 0; i < ledger->export_count; i++) {
        live += ledger->exports[i].used ? ledger->exports[i].times : 0;
    }
    for (i = 0; i < ledger->row_count; i++) {
        held += ledger->rows[i].held;
        require(ledger->rows[i].held <= ledger->rows[i].count - ledger->rows[i].refused);
    }
    require(live == ledger->live && held == live);
}

static uint32_t row_of(struct ledger *ledger, unsigned which)
{
    struct ledger_words words = {.native = "a.so!f", .flags = (int)(which % 3), .depth = 1};
    uint32_t row = ledger_find(ledger, which);
    char type[32];

    snprintf(type, sizeof type, "type %u", which / 6);
    words.type = type;
    words.where[0] = type;
    return row != LEDGER_NONE ? row : ledger_add(ledger, which, &words);
}

static void step(struct ledger *ledger, const uint8_t *data, uint64_t time)
{
    unsigned char filled[LEDGER_FILLED];
    struct ledger_view view = {.address = 8u * (data[1] % 16), .owner = 64u * (data[2] % 4), .len = data[2] / 64};
    uint32_t row = row_of(ledger, data[3]);
    uint64_t dropped = ledger->exports_dropped;
    uint32_t matched;

    memset(filled, data[2], sizeof filled);
    switch (data[0] % 4) {
    case 0:
        ledger_refused(ledger, row, data[0] & 64 ? "BufferError: no" : NULL);
        break;
    case 1:
        if (view.owner != 0) {
            ledger_released(ledger, &view, filled, data[0] & 64, time, &matched);
        }
        break;
    default:
        ledger_granted(ledger, row, &view, filled, view.owner, data[0] & 128 && time > 8 ? time - 8 : time);
        if (data[0] % 4 == 3 && view.owner != 0 && ledger->exports_dropped == dropped) {
            require(ledger_released(ledger, &view, filled, true, time, &matched) == LEDGER_MATCHED && matched == row);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ledger ledger;
    uint64_t time = 0;
    size_t i;

    ledger_begin(&ledger, &limits);
    for (; size >= STEP; data += STEP, size -= STEP) {
        step(&ledger, data, ++time);
        check(&ledger);
    }
    for (i = 0; i < ledger.export_count; i++) {
        ledger_forget(&ledger, &ledger.exports[i]);
    }
    require(ledger.live == 0);
    check(&ledger);
    ledger_end(&ledger);
    return 0;
}
