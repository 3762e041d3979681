#include "files/safetensors.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "files/array.h"
#include "files/dtype.h"
#include "files/json_pull.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PREFIX = 8 }; /* bytes */

struct safetensors_type {
    const char *name;
    unsigned bits;
    const char *numpy; /* NULL: several items share a byte */
    bool plain;        /* that type means the same */
};

static const struct safetensors_type types[] = {
    {"F64", 64, "<f8", true},       {"F32", 32, "<f4", true},         {"F16", 16, "<f2", true},
    {"BF16", 16, "<u2", false},     {"C64", 64, "<c8", true},         {"I64", 64, "<i8", true},
    {"I32", 32, "<i4", true},       {"I16", 16, "<i2", true},         {"I8", 8, "|i1", true},
    {"U64", 64, "<u8", true},       {"U32", 32, "<u4", true},         {"U16", 16, "<u2", true},
    {"U8", 8, "|u1", true},         {"BOOL", 8, "|b1", true},         {"F8_E4M3", 8, "|u1", false},
    {"F8_E5M2", 8, "|u1", false},   {"F8_E8M0", 8, "|u1", false},     {"F8_E4M3FNUZ", 8, "|u1", false},
    {"F8_E5M2FNUZ", 8, "|u1", false}, {"F6_E2M3", 6, NULL, false},    {"F6_E3M2", 6, NULL, false},
    {"F4", 4, NULL, false},
};

static const struct safetensors_type *find_type(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(types[i].name, name) == 0) {
            return &types[i];
        }
    }
    return NULL;
}

/* --- the prefix ------------------------------------------------------------------- */

static uint64_t header_size(const unsigned char *bytes)
{
    uint64_t size = 0;
    int i;

    for (i = PREFIX - 1; i >= 0; i--) {
        size = size << 8 | bytes[i];
    }
    return size;
}

bool safetensors_is(const void *bytes, size_t size)
{
    const char *text = bytes;

    return size >= PREFIX + 2 && header_size(bytes) >= 2 && header_size(bytes) <= SAFETENSORS_MAX_HEADER &&
           text[PREFIX] == '{' && memchr("\"} \t\r\n", text[PREFIX + 1], 6) != NULL;
}

size_t safetensors_arena_limit(const void *bytes, size_t size)
{
    /* the header itself, and for at least 50 bytes of it a tensor */
    return safetensors_is(bytes, size) && header_size(bytes) <= size ? (1 << 20) + 8 * (size_t)header_size(bytes)
                                                                     : 1 << 20;
}

/* --- one tensor --------------------------------------------------------------------- */

static bool read_shape(struct json_pull *json, struct safetensor *tensor, struct arena *arena, struct error *error)
{
    int64_t shape[LAYOUT_MAX_NDIM];
    ptrdiff_t *kept;
    size_t count;
    bool ok = pull_expect(json, '[', error);

    for (count = 0; pull_more(json, ']', count, &ok, error); count++) {
        if (count == LAYOUT_MAX_NDIM) {
            return error_set(error, ERROR_INPUT, "'%.60s' has more than %d dimensions", tensor->name, LAYOUT_MAX_NDIM);
        }
        ok = pull_integer(json, &shape[count], error);
    }
    if (!ok) {
        return false;
    }
    kept = arena_array(arena, count + 1, sizeof *kept);
    if (kept == NULL) {
        return error_no_memory(error);
    }
    memcpy(kept, shape, count * sizeof *kept);
    tensor->shape = kept;
    tensor->ndim = (int)count;
    return true;
}

static bool read_offsets(struct json_pull *json, struct safetensor *tensor, struct arena *arena, struct error *error)
{
    int64_t begin = 0;
    int64_t end = 0;

    (void)arena;
    if (!pull_expect(json, '[', error) || !pull_integer(json, &begin, error) || !pull_expect(json, ',', error) ||
        !pull_integer(json, &end, error) || !pull_expect(json, ']', error)) {
        return false;
    }
    tensor->begin = (uint64_t)begin;
    tensor->end = (uint64_t)end;
    return true;
}

static bool read_dtype(struct json_pull *json, struct safetensor *tensor, struct arena *arena, struct error *error)
{
    size_t length;

    (void)arena;
    if (!pull_string(json, &tensor->dtype, &length, error)) {
        return false;
    }
    tensor->type = find_type(tensor->dtype);
    return true;
}

/* {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, in any order; other keys are left out. */
static bool read_tensor(struct json_pull *json, struct safetensor *tensor, struct arena *arena, struct error *error)
{
    static const struct {
        const char *key;
        bool (*read)(struct json_pull *json, struct safetensor *tensor, struct arena *arena, struct error *error);
    } keys[] = {{"dtype", read_dtype}, {"shape", read_shape}, {"data_offsets", read_offsets}};
    enum { KEYS = sizeof keys / sizeof keys[0] };
    bool seen[KEYS] = {false};
    bool ok = pull_expect(json, '{', error);
    size_t count, k;

    for (count = 0; pull_more(json, '}', count, &ok, error); count++) {
        const char *key;
        size_t length;

        ok = pull_string(json, &key, &length, error) && pull_expect(json, ':', error);
        for (k = 0; ok && k < KEYS && strcmp(keys[k].key, key) != 0; k++) {
        }
        if (ok && k < KEYS && seen[k]) {
            return error_set(error, ERROR_INPUT, "'%.60s' has '%s' twice", tensor->name, key);
        }
        if (ok && k < KEYS) {
            seen[k] = true;
        }
        ok = ok && (k < KEYS ? keys[k].read(json, tensor, arena, error) : pull_skip(json, error));
    }
    for (k = 0; ok && k < KEYS; k++) {
        ok = seen[k] || error_set(error, ERROR_INPUT, "'%.60s' has no '%s'", tensor->name, keys[k].key);
    }
    return ok;
}

/* "__metadata__": a text for each key. */
static bool read_metadata(struct json_pull *json, struct safetensors *file, struct arena *arena, struct error *error)
{
    struct json_pull ahead = *json;
    bool ok = pull_expect(&ahead, '{', error);
    size_t count;

    if (file->metadata != NULL) {
        return error_set(error, ERROR_INPUT, "'__metadata__' occurs twice");
    }
    for (count = 0; pull_more(&ahead, '}', count, &ok, error); count++) {
        ok = pull_skip(&ahead, error) && pull_expect(&ahead, ':', error) && pull_skip(&ahead, error);
    }
    file->metadata = ok ? arena_array(arena, count + 1, sizeof *file->metadata) : NULL;
    if (file->metadata == NULL) {
        return ok ? error_no_memory(error) : false;
    }
    pull_take(json, '{');
    while (pull_more(json, '}', file->metadata_count, &ok, error)) {
        struct safetensors_entry *entry = &file->metadata[file->metadata_count++];

        ok = pull_string(json, &entry->key, &entry->key_length, error) && pull_expect(json, ':', error) &&
             pull_string(json, &entry->value, &entry->value_length, error);
    }
    return ok;
}

/* --- what fits ------------------------------------------------------------------------ */

/* Bits of a tensor by its type and shape; false on an overflow. */
static bool count_bits(const struct safetensor *tensor, uint64_t *bits)
{
    bool empty = false;
    int i;

    *bits = tensor->type->bits;
    for (i = 0; i < tensor->ndim; i++) {
        empty |= tensor->shape[i] == 0;
        if (tensor->shape[i] > 0 && __builtin_mul_overflow(*bits, (uint64_t)tensor->shape[i], bits)) {
            return false;
        }
    }
    *bits = empty ? 0 : *bits;
    return true;
}

static const char *keep(struct arena *arena, const char *sentence)
{
    const char *kept = arena_copy(arena, sentence, strlen(sentence));

    return kept != NULL ? kept : "out of memory";
}

/* Why a tensor cannot be shown: its own facts, and the bytes of data that the file has. */
static void judge(struct safetensor *tensor, uint64_t present, struct arena *arena)
{
    char sentence[160];
    uint64_t bits;

    if (tensor->type == NULL) {
        snprintf(sentence, sizeof sentence, "unknown dtype '%.60s'", tensor->dtype);
    } else if (tensor->end < tensor->begin) {
        snprintf(sentence, sizeof sentence, "its data end at %llu, before they begin at %llu",
                 (unsigned long long)tensor->end, (unsigned long long)tensor->begin);
    } else if (tensor->end > present) {
        snprintf(sentence, sizeof sentence, "its data reach %llu bytes past the end of the file",
                 (unsigned long long)(tensor->end - present));
    } else if (!count_bits(tensor, &bits)) {
        snprintf(sentence, sizeof sentence, "its shape has more bytes than memory can have");
    } else if (bits % 8 != 0 || bits / 8 != tensor->end - tensor->begin) {
        snprintf(sentence, sizeof sentence, "%s and shape make %llu bytes, data_offsets %llu", tensor->type->name,
                 (unsigned long long)(bits / 8 + (bits % 8 != 0)), (unsigned long long)(tensor->end - tensor->begin));
    } else {
        return;
    }
    tensor->problem = keep(arena, sentence);
}

static int compare_places(const void *a, const void *b)
{
    const struct safetensor *x = *(const struct safetensor *const *)a;
    const struct safetensor *y = *(const struct safetensor *const *)b;

    if (x->begin != y->begin) {
        return x->begin < y->begin ? -1 : 1;
    }
    return x->end != y->end ? x->end < y->end ? -1 : 1 : 0;
}

static int compare_names(const void *a, const void *b)
{
    const struct safetensor *x = *(const struct safetensor *const *)a;
    const struct safetensor *y = *(const struct safetensor *const *)b;

    return strcmp(x->name, y->name);
}

/* Each tensor begins where the one before ends: what does not is remarked. */
static void compare_neighbours(struct safetensors *file, struct safetensor **sorted, uint64_t present,
                               struct arena *arena)
{
    const struct safetensor *last = NULL;
    uint64_t reached = 0;
    char sentence[160];
    size_t i;

    qsort(sorted, file->count, sizeof *sorted, compare_names);
    for (i = 1; i < file->count; i++) {
        if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0) {
            sorted[i - 1]->remark = sorted[i]->remark = "this name occurs twice";
        }
    }
    qsort(sorted, file->count, sizeof *sorted, compare_places);
    for (i = 0; i < file->count; i++) {
        struct safetensor *tensor = sorted[i];

        if (tensor->problem != NULL) {
            continue;
        }
        if (tensor->begin != reached && tensor->remark == NULL) {
            if (tensor->begin > reached) {
                snprintf(sentence, sizeof sentence, "%llu bytes in front of its data belong to no tensor",
                         (unsigned long long)(tensor->begin - reached));
            } else {
                snprintf(sentence, sizeof sentence, "its data overlap those of '%.60s'", last->name);
            }
            tensor->remark = keep(arena, sentence);
        }
        if (tensor->end >= reached) {
            reached = tensor->end;
            last = tensor;
        }
    }
    file->trailing = present - reached;
}

/* --- the file --------------------------------------------------------------------------- */

/* How many tensors the header has; one look ahead, in which every string and bracket is checked. */
static bool count_tensors(struct json_pull json, size_t *count, struct error *error)
{
    bool ok = pull_expect(&json, '{', error);

    for (*count = 0; pull_more(&json, '}', *count, &ok, error); ++*count) {
        ok = pull_skip(&json, error) && pull_expect(&json, ':', error) && pull_skip(&json, error);
    }
    return ok && (pull_at_end(&json) || error_set(error, ERROR_INPUT, "more behind the object at byte %zu",
                                                  json.place + json.at));
}

static bool read_header(struct safetensors *file, struct json_pull *json, struct arena *arena, struct error *error)
{
    size_t count = 0;
    size_t i;
    bool ok = true;

    if (!count_tensors(*json, &count, error)) {
        return false;
    }
    file->tensors = arena_array(arena, count + 1, sizeof *file->tensors);
    if (file->tensors == NULL) {
        return error_no_memory(error);
    }
    pull_take(json, '{');
    for (i = 0; pull_more(json, '}', i, &ok, error); i++) {
        struct safetensor *tensor = &file->tensors[file->count];

        ok = pull_string(json, &tensor->name, &tensor->name_length, error) && pull_expect(json, ':', error);
        if (ok && strcmp(tensor->name, "__metadata__") == 0) {
            ok = read_metadata(json, file, arena, error);
        } else if (ok) {
            ok = read_tensor(json, tensor, arena, error);
            file->count++;
        }
    }
    return ok;
}

bool safetensors_parse(struct safetensors *file, const void *bytes, size_t size, struct arena *arena,
                       struct error *error)
{
    uint64_t header = size >= PREFIX ? header_size(bytes) : 0;
    struct json_pull json = {.place = PREFIX};
    struct safetensor **sorted;
    size_t i;

    *file = (struct safetensors){0};
    if (size < PREFIX || header > size - PREFIX) {
        return error_set(error, ERROR_INPUT, "a header of %llu bytes where %zu are left in the file",
                         (unsigned long long)header, size < PREFIX ? 0 : size - PREFIX);
    }
    if (header > SAFETENSORS_MAX_HEADER) {
        return error_set(error, ERROR_INPUT, "a header of %llu bytes: more than %d are not read",
                         (unsigned long long)header, SAFETENSORS_MAX_HEADER);
    }
    /* A copy, since whoever writes to a mapped file could change it between two looks at the same byte. */
    json.text = arena_copy(arena, (const char *)bytes + PREFIX, (size_t)header);
    json.size = (size_t)header;
    if (json.text == NULL) {
        return error_no_memory(error);
    }
    if (!read_header(file, &json, arena, error)) {
        return error_prefix(error, "bad safetensors header");
    }
    file->offset = PREFIX + header;
    sorted = arena_array(arena, file->count + 1, sizeof(struct safetensor *));
    if (sorted == NULL) {
        return error_no_memory(error);
    }
    for (i = 0; i < file->count; i++) {
        sorted[i] = &file->tensors[i];
        judge(sorted[i], size - file->offset, arena);
    }
    compare_neighbours(file, sorted, size - file->offset, arena);
    return true;
}

bool safetensors_array(const struct safetensor *tensor, struct arena *arena, struct array *array, bool *plain,
                       struct error *error)
{
    const struct safetensors_type *type = tensor->type;
    const char *numpy;

    if (tensor->problem != NULL) {
        return error_set(error, ERROR_INPUT, "%s", tensor->problem);
    }
    numpy = type->numpy != NULL ? type->numpy : "|u1";
    *plain = type->plain;
    *array = (struct array){.dtype = dtype_from_text(arena, numpy, strlen(numpy), error)};
    if (array->dtype == NULL) {
        return false;
    }
    if (type->numpy != NULL) {
        array->ndim = tensor->ndim;
        memcpy(array->shape, tensor->shape, (size_t)tensor->ndim * sizeof array->shape[0]);
    } else {
        array->ndim = 1;
        array->shape[0] = (ptrdiff_t)(tensor->end - tensor->begin);
    }
    return array_measure(array, error);
}
