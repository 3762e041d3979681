/*
 * The rows of a ledger, by their words and by signatures; and the wrong releases.
 */
#include "ledger/ledger.h"

#include "ledger/buckets.h"

#include <stdlib.h>
#include <string.h>

enum { KEYS_OF_A_ROW = 4 }; /* of the average row */

/* Kept texts that are the same are one. */
static bool same_words(const struct ledger_words *a, const struct ledger_words *b)
{
    return a->type == b->type && a->flags == b->flags && a->native == b->native && a->depth == b->depth &&
           memcmp(a->where, b->where, (size_t)a->depth * sizeof *a->where) == 0;
}

static uint64_t hash_words(const struct ledger_words *words)
{
    uint64_t hash = (uintptr_t)words->type * 31 + (uint64_t)words->flags;
    int i;

    hash = hash * 0x100000001b3 ^ (uintptr_t)words->native;
    for (i = 0; i < words->depth; i++) {
        hash = hash * 0x100000001b3 ^ (uintptr_t)words->where[i];
    }
    return hash;
}

static bool grow_rows(struct ledger *ledger)
{
    size_t room = ledger->row_room > 0 ? 2 * ledger->row_room : BUCKETS_FIRST;
    uint32_t *buckets = buckets_new(room);
    struct ledger_row *rows = buckets != NULL ? realloc(ledger->rows, room * sizeof *rows) : NULL;
    size_t i;

    if (rows == NULL) {
        free(buckets);
        return false;
    }
    for (i = 0; i < ledger->row_count; i++) {
        uint32_t *bucket = &buckets[buckets_place(hash_words(&rows[i].words), room)];

        rows[i].next = *bucket;
        *bucket = (uint32_t)i;
    }
    free(ledger->row_buckets);
    ledger->rows = rows;
    ledger->row_room = room;
    ledger->row_buckets = buckets;
    return true;
}

static bool grow_keys(struct ledger *ledger)
{
    size_t room = ledger->key_room > 0 ? 2 * ledger->key_room : BUCKETS_FIRST;
    uint32_t *buckets = buckets_new(room);
    struct ledger_key *keys = buckets != NULL ? realloc(ledger->keys, room * sizeof *keys) : NULL;
    size_t i;

    if (keys == NULL) {
        free(buckets);
        return false;
    }
    for (i = 0; i < ledger->key_count; i++) {
        uint32_t *bucket = &buckets[buckets_place(keys[i].signature, room)];

        keys[i].next = *bucket;
        *bucket = (uint32_t)i;
    }
    free(ledger->key_buckets);
    ledger->keys = keys;
    ledger->key_room = room;
    ledger->key_buckets = buckets;
    return true;
}

uint32_t ledger_find(const struct ledger *ledger, uint64_t signature)
{
    uint32_t key = ledger->key_room > 0 ? ledger->key_buckets[buckets_place(signature, ledger->key_room)] : LEDGER_NONE;

    while (key != LEDGER_NONE && ledger->keys[key].signature != signature) {
        key = ledger->keys[key].next;
    }
    return key != LEDGER_NONE ? ledger->keys[key].row : LEDGER_NONE;
}

static bool keep_words(struct ledger *ledger, const struct ledger_words *words, struct ledger_words *kept)
{
    int i;

    *kept = (struct ledger_words){
        .type = texts_keep(&ledger->texts, words->type),
        .flags = words->flags,
        .native = texts_keep(&ledger->texts, words->native),
    };
    for (i = 0; i < words->depth && i < LEDGER_DEPTH; i++) {
        kept->where[i] = texts_keep(&ledger->texts, words->where[i]);
        if (kept->where[i] == NULL) {
            return false;
        }
        kept->depth++;
    }
    return kept->type != NULL && kept->native != NULL;
}

static uint32_t find_words(const struct ledger *ledger, const struct ledger_words *words)
{
    uint32_t row =
        ledger->row_room > 0 ? ledger->row_buckets[buckets_place(hash_words(words), ledger->row_room)] : LEDGER_NONE;

    while (row != LEDGER_NONE && !same_words(&ledger->rows[row].words, words)) {
        row = ledger->rows[row].next;
    }
    return row;
}

static uint32_t add_row(struct ledger *ledger, const struct ledger_words *words)
{
    uint32_t row = (uint32_t)ledger->row_count;
    uint32_t *bucket;

    if (ledger->row_count >= ledger->limits.rows || (ledger->row_count == ledger->row_room && !grow_rows(ledger))) {
        return LEDGER_NONE;
    }
    bucket = &ledger->row_buckets[buckets_place(hash_words(words), ledger->row_room)];
    ledger->rows[row] = (struct ledger_row){.next = *bucket, .words = *words};
    *bucket = row;
    ledger->row_count++;
    return row;
}

/* Without a key the row is found all the same: by its words, which takes longer. */
static void add_key(struct ledger *ledger, uint64_t signature, uint32_t row)
{
    uint32_t *bucket;

    if (ledger->key_count >= KEYS_OF_A_ROW * ledger->limits.rows ||
        (ledger->key_count == ledger->key_room && !grow_keys(ledger))) {
        return;
    }
    bucket = &ledger->key_buckets[buckets_place(signature, ledger->key_room)];
    ledger->keys[ledger->key_count] = (struct ledger_key){.signature = signature, .next = *bucket, .row = row};
    *bucket = (uint32_t)ledger->key_count++;
}

uint32_t ledger_add(struct ledger *ledger, uint64_t signature, const struct ledger_words *words)
{
    struct ledger_words kept;
    uint32_t row = LEDGER_NONE;

    if (keep_words(ledger, words, &kept)) {
        row = find_words(ledger, &kept);
        row = row != LEDGER_NONE ? row : add_row(ledger, &kept);
    }
    if (row == LEDGER_NONE) {
        ledger->full = true;
        ledger->rows_dropped++;
    } else {
        add_key(ledger, signature, row);
    }
    return row;
}

bool ledger_drop(struct ledger *ledger)
{
    ledger->rows_dropped += ledger->full;
    return ledger->full;
}

void ledger_refused(struct ledger *ledger, uint32_t row, const char *exception)
{
    if (row != LEDGER_NONE) {
        ledger->rows[row].count++;
        ledger->rows[row].refused++;
        if (ledger->rows[row].exception == NULL && exception != NULL) {
            ledger->rows[row].exception = texts_keep(&ledger->texts, exception);
        }
    }
}

void ledger_mistake(struct ledger *ledger, enum ledger_match match, const struct ledger_words *words)
{
    struct ledger_mistake mistake = {.match = match, .count = 1};
    struct ledger_mistake *grown = NULL;
    bool kept = keep_words(ledger, words, &mistake.words);
    size_t i;

    for (i = 0; i < ledger->mistake_count && kept; i++) {
        if (ledger->mistakes[i].match == match && same_words(&ledger->mistakes[i].words, &mistake.words)) {
            ledger->mistakes[i].count++;
            return;
        }
    }
    if (kept && ledger->mistake_count < LEDGER_MISTAKES) {
        grown = realloc(ledger->mistakes, (ledger->mistake_count + 1) * sizeof *grown);
    }
    if (grown == NULL) {
        ledger->mistakes_dropped++;
        return;
    }
    ledger->mistakes = grown;
    grown[ledger->mistake_count++] = mistake;
}
