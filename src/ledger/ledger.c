#include "ledger/ledger.h"

#include "ledger/buckets.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    OWNER_SEARCH = 1024, /* exports of one owner that are looked through for one that moved */
    DROPPED_SEARCH = 64, /* .. where what is released may be one of those that are not followed */
    LOOKS = 32,          /* .. of which the memory is looked at */
};

void ledger_begin(struct ledger *ledger, const struct ledger_limits *limits)
{
    assert(limits->rows < LEDGER_NONE && limits->exports < LEDGER_NONE);
    *ledger = (struct ledger){.limits = *limits, .texts = TEXTS_INIT(limits->text), .free_export = LEDGER_NONE};
}

void ledger_end(struct ledger *ledger)
{
    texts_free(&ledger->texts);
    free(ledger->rows);
    free(ledger->row_buckets);
    free(ledger->keys);
    free(ledger->key_buckets);
    free(ledger->exports);
    free(ledger->place_buckets);
    free(ledger->owner_buckets);
    free(ledger->mistakes);
    *ledger = (struct ledger){.free_export = LEDGER_NONE};
}

/* --- exports ---------------------------------------------------------------------------------- */

static uint32_t *place_bucket(const struct ledger *ledger, uintptr_t address)
{
    return &ledger->place_buckets[buckets_place(address, ledger->export_room)];
}

static uint32_t *owner_bucket(const struct ledger *ledger, uintptr_t owner)
{
    return &ledger->owner_buckets[buckets_place(owner, ledger->export_room)];
}

static void link_place(struct ledger *ledger, uint32_t index)
{
    struct ledger_export *export = &ledger->exports[index];
    uint32_t *bucket = place_bucket(ledger, export->view.address);

    export->next_place = *bucket;
    *bucket = index;
}

static void unlink_place(struct ledger *ledger, uint32_t index)
{
    uint32_t *link = place_bucket(ledger, ledger->exports[index].view.address);

    while (*link != index) {
        link = &ledger->exports[*link].next_place;
    }
    *link = ledger->exports[index].next_place;
}

static void link_owner(struct ledger *ledger, uint32_t index)
{
    struct ledger_export *export = &ledger->exports[index];
    uint32_t *bucket = owner_bucket(ledger, export->view.owner);

    export->previous_owner = LEDGER_NONE;
    export->next_owner = *bucket;
    if (*bucket != LEDGER_NONE) {
        ledger->exports[*bucket].previous_owner = index;
    }
    *bucket = index;
}

static void unlink_owner(struct ledger *ledger, uint32_t index)
{
    const struct ledger_export *export = &ledger->exports[index];

    if (export->previous_owner != LEDGER_NONE) {
        ledger->exports[export->previous_owner].next_owner = export->next_owner;
    } else {
        *owner_bucket(ledger, export->view.owner) = export->next_owner;
    }
    if (export->next_owner != LEDGER_NONE) {
        ledger->exports[export->next_owner].previous_owner = export->previous_owner;
    }
}

static bool grow_exports(struct ledger *ledger)
{
    size_t room = ledger->export_room > 0 ? 2 * ledger->export_room : BUCKETS_FIRST;
    uint32_t *places = buckets_new(room);
    uint32_t *owners = buckets_new(room);
    struct ledger_export *exports =
        places != NULL && owners != NULL ? realloc(ledger->exports, room * sizeof *exports) : NULL;
    size_t i;

    if (exports == NULL) {
        free(places);
        free(owners);
        return false;
    }
    free(ledger->place_buckets);
    free(ledger->owner_buckets);
    ledger->place_buckets = places;
    ledger->owner_buckets = owners;
    ledger->exports = exports;
    ledger->export_room = room;
    for (i = 0; i < ledger->export_count; i++) {
        if (exports[i].used) {
            if (exports[i].placed) {
                link_place(ledger, (uint32_t)i);
            }
            link_owner(ledger, (uint32_t)i);
        }
    }
    return true;
}

/* An item of the pool, or LEDGER_NONE. */
static uint32_t new_export(struct ledger *ledger)
{
    uint32_t index = ledger->free_export;

    if (index != LEDGER_NONE) {
        ledger->free_export = ledger->exports[index].next_place;
        return index;
    }
    if (ledger->export_count >= ledger->limits.exports ||
        (ledger->export_count == ledger->export_room && !grow_exports(ledger))) {
        return LEDGER_NONE;
    }
    return (uint32_t)ledger->export_count++;
}

static void remove_export(struct ledger *ledger, uint32_t index)
{
    struct ledger_export *export = &ledger->exports[index];

    if (export->placed) {
        unlink_place(ledger, index);
    }
    unlink_owner(ledger, index);
    export->used = false;
    export->next_place = ledger->free_export;
    ledger->free_export = index;
}

/* One export less; the item goes with the last. */
static void take_one(struct ledger *ledger, uint32_t index)
{
    ledger->rows[ledger->exports[index].row].held--;
    ledger->live--;
    if (--ledger->exports[index].times == 0) {
        remove_export(ledger, index);
    }
}

static uint32_t find_place(const struct ledger *ledger, uintptr_t address)
{
    uint32_t index = ledger->export_room > 0 ? *place_bucket(ledger, address) : LEDGER_NONE;

    while (index != LEDGER_NONE && ledger->exports[index].view.address != address) {
        index = ledger->exports[index].next_place;
    }
    return index;
}

static bool same_content(const struct ledger_view *a, const struct ledger_view *b)
{
    return a->owner == b->owner && a->buf == b->buf && a->len == b->len;
}

/* The Py_buffer that this export filled has been filled by another: it was moved, or is lost. */
static void displace(struct ledger *ledger, uint32_t index)
{
    struct ledger_export *export = &ledger->exports[index];
    uint32_t other = *owner_bucket(ledger, export->view.owner);
    int looked;

    unlink_place(ledger, index);
    export->placed = false;
    for (looked = 0; other != LEDGER_NONE && looked < OWNER_SEARCH; looked++) {
        struct ledger_export *same = &ledger->exports[other];

        if (other != index && !same->placed && same->row == export->row && same_content(&same->view, &export->view)) {
            same->times += export->times;
            same->time = export->time;
            remove_export(ledger, index);
            return;
        }
        other = same->next_owner;
    }
}

void ledger_granted(struct ledger *ledger, uint32_t row, const struct ledger_view *view, const void *filled,
                    uintptr_t exporter, uint64_t time)
{
    uint32_t before = find_place(ledger, view->address);
    uint32_t index;

    if (before != LEDGER_NONE) {
        if (ledger->exports[before].time > time) {
            take_one(ledger, before);
        } else {
            displace(ledger, before);
        }
    }
    if (row != LEDGER_NONE) {
        ledger->rows[row].count++;
    }
    if (view->owner == 0) {
        return; /* the memory is nobody's: there is nothing to be released */
    }
    index = row != LEDGER_NONE ? new_export(ledger) : LEDGER_NONE;
    if (index == LEDGER_NONE) {
        ledger->exports_dropped++;
        return;
    }
    ledger->exports[index] = (struct ledger_export){
        .view = *view, .exporter = exporter, .time = time, .times = 1, .row = row, .placed = true, .used = true};
    memcpy(ledger->exports[index].filled, filled, LEDGER_FILLED);
    link_place(ledger, index);
    link_owner(ledger, index);
    ledger->rows[row].held++;
    ledger->live++;
}

void ledger_forget(struct ledger *ledger, struct ledger_export *export)
{
    uint32_t index = (uint32_t)(export - ledger->exports);

    while (ledger->exports[index].used) {
        take_one(ledger, index);
    }
}

/* --- releases ------------------------------------------------------------------------------------ */

/* The last release of what this is a copy of, to the last byte when `filled` is given; NULL: not lately. */
static const struct ledger_release *released_last(const struct ledger *ledger, const struct ledger_view *view,
                                                  const void *filled)
{
    uint64_t i;

    for (i = ledger->releases; i > 0 && i + LEDGER_RECENT > ledger->releases; i--) {
        const struct ledger_release *release = &ledger->recent[(i - 1) % LEDGER_RECENT];

        if (same_content(&release->view, view) &&
            (filled == NULL || memcmp(release->filled, filled, LEDGER_FILLED) == 0)) {
            return release;
        }
    }
    return NULL;
}

static void remember(struct ledger *ledger, const struct ledger_view *view, const void *filled, uint64_t time)
{
    struct ledger_release *release = &ledger->recent[ledger->releases++ % LEDGER_RECENT];

    release->view = *view;
    release->time = time;
    memcpy(release->filled, filled, LEDGER_FILLED);
}

/* What lay on a stack is copied before the function returns, or the function releases it itself. */
static bool may_have_moved(const struct ledger *ledger, const struct ledger_export *export, int *looks)
{
    return !export->placed || export->view.thread != 0 ||
           (ledger->is_there != NULL && (*looks)-- > 0 && !ledger->is_there(export));
}

/*
 * The export of which a copy is being released: one that is no more where it was filled; or else one that was asked
 * for since such a one was released last (before that, it is the release that comes twice), unless it may be one of
 * those that are not followed.
 */
static uint32_t find_moved(const struct ledger *ledger, const struct ledger_view *view, const void *filled)
{
    const struct ledger_release *alike = released_last(ledger, view, NULL);
    const struct ledger_release *same = released_last(ledger, view, filled);
    uint32_t index = ledger->export_room > 0 ? *owner_bucket(ledger, view->owner) : LEDGER_NONE;
    bool all_known = ledger->exports_dropped == 0;
    uint32_t found = LEDGER_NONE;
    int most = all_known ? OWNER_SEARCH : DROPPED_SEARCH, looks = LOOKS;
    int looked;

    for (looked = 0; index != LEDGER_NONE && looked < most; looked++) {
        const struct ledger_export *export = &ledger->exports[index];

        if (same_content(&export->view, view) && may_have_moved(ledger, export, &looks)) {
            return index;
        }
        if (same_content(&export->view, view) && found == LEDGER_NONE && all_known) {
            const struct ledger_release *last = memcmp(export->filled, filled, LEDGER_FILLED) == 0 ? same : alike;

            found = last == NULL || export->time > last->time ? index : LEDGER_NONE;
        }
        index = export->next_owner;
    }
    return found;
}

static enum ledger_match unmatched(const struct ledger *ledger, const struct ledger_view *view, const void *filled,
                                   bool counts)
{
    if (ledger->exports_dropped > 0) {
        return LEDGER_UNKNOWN;
    }
    if (released_last(ledger, view, counts ? NULL : filled) != NULL) {
        return LEDGER_TWICE;
    }
    return counts ? LEDGER_FOREIGN : LEDGER_UNKNOWN;
}

enum ledger_match ledger_released(struct ledger *ledger, const struct ledger_view *view, const void *filled,
                                  bool counts, uint64_t time, uint32_t *row)
{
    uint32_t index = find_place(ledger, view->address);

    if (index != LEDGER_NONE && ledger->exports[index].view.owner != view->owner) {
        displace(ledger, index);
        index = LEDGER_NONE;
    }
    if (index == LEDGER_NONE) {
        index = find_moved(ledger, view, filled);
    }
    if (index == LEDGER_NONE) {
        return unmatched(ledger, view, filled, counts);
    }
    *row = ledger->exports[index].row;
    take_one(ledger, index);
    remember(ledger, view, filled, time);
    return LEDGER_MATCHED;
}
