#include "recipe/twins.h"

#include "base/hash.h"
#include "base/text.h"
#include "recipe/parts.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    uint64_t hash; /* of the key's text */
    size_t place;
    bool is_text;
};

/* Those of one text beside each other, what is taken by it last. */
static int compare(const void *a, const void *b)
{
    const struct entry *first = a;
    const struct entry *second = b;

    if (first->hash != second->hash) {
        return first->hash < second->hash ? -1 : 1;
    }
    if (first->is_text != second->is_text) {
        return first->is_text ? 1 : -1;
    }
    return first->place < second->place ? -1 : first->place > second->place;
}

/* Keys of one of these kinds alone differ in their texts, but where a stream gives one twice: then the last counts. */
static bool are_plain(const struct pickle_value *dict, size_t count)
{
    enum pickle_kind kind = count > 0 ? dict->items[0]->kind : PICKLE_STR;
    size_t i;

    for (i = 1; i < count; i++) {
        if (dict->items[2 * i]->kind != kind) {
            return false;
        }
    }
    return kind == PICKLE_STR || kind == PICKLE_INT || kind == PICKLE_FLOAT;
}

static bool read_entries(struct reading *reading, const struct pickle_value *dict, struct entry *entries, size_t count)
{
    struct text text = TEXT_INIT;
    bool ok = true;
    size_t i;

    for (i = 0; ok && i < count; i++) {
        struct pickle_value *key = dict->items[2 * i];
        uint64_t hash;

        text_clear(&text);
        parts_key(reading, key, &text);
        hash = hash_bytes(HASH_START, text_string(&text), text.length);
        entries[i] = (struct entry){hash, i, key->kind == PICKLE_STR};
        ok = !text.failed && recipe_work(reading, text.length);
    }
    text_free(&text);
    return ok;
}

bool *twins_of(struct reading *reading, const struct pickle_value *dict)
{
    size_t count = parts_count(dict);
    struct entry *entries;
    bool *twins = NULL;
    size_t i;

    if (count < 2 || count > TWINS_MAX || are_plain(dict, count)) {
        return NULL;
    }
    entries = calloc(count, sizeof *entries);
    if (entries != NULL && read_entries(reading, dict, entries, count)) {
        twins = calloc(count, sizeof *twins);
        qsort(entries, count, sizeof *entries, compare);
    }
    for (i = 0; twins != NULL && i + 1 < count; i++) {
        twins[entries[i].place] = entries[i].hash == entries[i + 1].hash;
    }
    free(entries);
    return twins;
}

bool twins_place(const char *step, size_t length, size_t *text_length, size_t *place)
{
    size_t start = length;
    size_t i;

    while (start > 0 && step[start - 1] >= '0' && step[start - 1] <= '9') {
        start--;
    }
    if (start == 0 || start == length || step[start - 1] != '#') {
        return false;
    }
    *place = 0;
    for (i = start; i < length; i++) {
        if (__builtin_mul_overflow(*place, 10, place) ||
            __builtin_add_overflow(*place, (size_t)(step[i] - '0'), place)) {
            return false;
        }
    }
    *text_length = start - 1;
    return true;
}
