#include "recipe/tree.h"

#include "base/suggest.h"
#include "base/text.h"
#include "recipe/parts.h"
#include "recipe/twins.h"

#include <stdint.h>
#include <string.h>

enum {
    MAX_KEYS_TOLD = 8, /* in the message for a key that is not there */
    MAX_KEY_TOLD = 60, /* bytes of each */
};

/* A step that was found: how much of the path it takes, and where it leads. */
struct found {
    struct pickle_value *value;
    size_t length;
    bool by_text; /* by a str, which goes before another key of the same text */
};

static bool ends_step(char c)
{
    return c == '/' || c == '\0';
}

static void offer(struct found *found, struct pickle_value *value, size_t length, bool by_text, bool weak)
{
    if (found->value == NULL || length > found->length ||
        (length == found->length && !weak && (by_text || !found->by_text))) {
        *found = (struct found){value, length, by_text};
    }
}

/* The longest key of a dict that begins the path, as it is or as it is printed. */
static struct found longest_key(struct reading *reading, const struct pickle_value *dict, const char *path,
                                bool printed)
{
    size_t path_length = strlen(path);
    struct text plain = TEXT_INIT;
    struct text escaped = TEXT_INIT;
    struct found best = {NULL, 0, false};
    size_t i;

    for (i = 0; dict != NULL && i + 1 < dict->item_count; i += 2) {
        struct pickle_value *key = dict->items[i];
        const char *text;
        size_t length;

        if (key->kind == PICKLE_STR || key->kind == PICKLE_BYTES) {
            text = (const char *)key->data;
            length = key->size;
        } else {
            text_clear(&plain);
            parts_key(reading, key, &plain);
            text = text_string(&plain);
            length = plain.length;
        }
        if (printed && length <= path_length) { /* escaping makes no text shorter */
            text_clear(&escaped);
            text_escape(&escaped, text, length);
            text = text_string(&escaped);
            length = escaped.length;
        }
        if (length <= path_length && ends_step(path[length]) && memcmp(path, text, length) == 0) {
            offer(&best, dict->items[i + 1], length, key->kind == PICKLE_STR, false);
        }
    }
    text_free(&plain);
    text_free(&escaped);
    return best;
}

/* `weak` keys give way to equal ones found before. */
static void find_key(struct reading *reading, const struct pickle_value *dict, const char *path, bool weak,
                     struct found *found)
{
    struct found best = longest_key(reading, dict, path, false);

    if (best.value == NULL && strchr(path, '\\') != NULL) {
        best = longest_key(reading, dict, path, true);
    }
    if (best.value != NULL) {
        offer(found, best.value, best.length, best.by_text, weak);
    }
}

/* Digits as a number; false for none or too many. */
static bool parse_number(const char *text, size_t length, size_t *number)
{
    size_t i;

    *number = 0;
    for (i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(*number, 10, number) ||
            __builtin_add_overflow(*number, (size_t)(text[i] - '0'), number)) {
            return false;
        }
    }
    return length > 0;
}

/* A number of `count`, which may count from the end. */
static bool parse_place(const char *text, size_t length, size_t count, size_t *place)
{
    bool negative = length > 0 && text[0] == '-';

    if (!parse_number(text + negative, length - negative, place)) {
        return false;
    }
    if (negative) {
        *place = *place > 0 && *place <= count ? count - *place : SIZE_MAX;
    }
    return *place < count;
}

static void find_number(const struct pickle_value *sequence, const char *path, struct found *found)
{
    size_t length = strcspn(path, "/");
    size_t place;

    if (sequence != NULL && parse_place(path, length, sequence->item_count, &place)) {
        offer(found, sequence->items[place], length, false, false);
    }
}

static void find_index(const struct pickle_value *grid, const char *path, struct found *found)
{
    size_t length = strcspn(path, "/");
    const struct pickle_grid *shape = grid->grid;
    const char *at = path;
    size_t place = 0;
    size_t step = 1;
    size_t indices[LAYOUT_MAX_NDIM];
    int i;

    for (i = 0; i < shape->ndim; i++) {
        size_t digits = strcspn(at, ",/");

        if (!parse_place(at, digits, (size_t)shape->shape[i], &indices[i])) {
            return;
        }
        at += digits;
        if (i + 1 < shape->ndim && *at++ != ',') {
            return;
        }
    }
    if (shape->ndim == 0 && strncmp(at, "()", 2) == 0) {
        at += 2;
    }
    if (at != path + length) {
        return;
    }
    for (i = shape->ndim - 1; i >= 0; i--) {
        place += indices[i] * step;
        step *= (size_t)shape->shape[i];
    }
    offer(found, grid->items[place], length, false, false);
}

static void find_name(const struct pickle_value *named, const char *path, struct found *found)
{
    size_t i;

    for (i = 0; i < named->item_count; i++) {
        size_t length = strlen(named->named[i].name);

        if (strncmp(path, named->named[i].name, length) == 0 && ends_step(path[length])) {
            offer(found, named->named[i].value, length, true, false);
        }
    }
}

/* .args and the like, always. */
static void find_part(const struct pickle_object *object, const char *path, struct found *found)
{
    const struct {
        const char *name;
        struct pickle_value *value;
    } parts[] = {
        {".args", object->arguments},
        {".kwargs", pickle_keywords(object)},
        {".state", object->state},
        {".items", object->items != NULL ? object->items : object->entries},
    };
    size_t length = strcspn(path, "/");
    size_t i;

    for (i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].value != NULL && strlen(parts[i].name) == length && strncmp(path, parts[i].name, length) == 0) {
            *found = (struct found){parts[i].value, length, true};
        }
    }
}

/* "1#0": the entry at that place, whose key has that text. */
static void find_twin(struct reading *reading, const struct pickle_value *dict, const char *path, struct found *found)
{
    struct text text = TEXT_INIT;
    size_t length, place;
    size_t end;

    for (end = strcspn(path, "/"); dict != NULL; end += 1 + strcspn(path + end + 1, "/")) {
        if (twins_place(path, end, &length, &place) && place < parts_count(dict)) {
            text_clear(&text);
            parts_key(reading, dict->items[2 * place], &text);
            if (text.length == length && memcmp(text_string(&text), path, length) == 0) {
                offer(found, dict->items[2 * place + 1], end, false, true);
            }
        }
        if (path[end] == '\0') {
            break;
        }
    }
    text_free(&text);
}

static void find_in(struct reading *reading, struct pickle_value *meaning, const char *path, struct found *found)
{
    struct parts parts = parts_of(meaning);
    size_t i;

    find_number(parts.sequence, path, found);
    find_key(reading, parts.keys, path, false, found);
    find_twin(reading, parts.keys, path, found);
    if (parts.grid != NULL) {
        find_index(parts.grid, path, found);
    }
    if (parts.named != NULL) {
        find_name(parts.named, path, found);
    }
    for (i = 0; i < 2; i++) {
        find_key(reading, parts.attributes[i], path, true, found);
    }
}

static struct found find_step(struct reading *reading, struct pickle_value *value, const char *path)
{
    struct pickle_value *meaning = recipe_value(reading, value);
    struct found found = {NULL, 0, false};

    if (meaning->kind == PICKLE_OBJECT) {
        find_part(meaning->object, path, &found);
    }
    if (found.value == NULL && value->kind == PICKLE_OBJECT) {
        find_part(value->object, path, &found);
    }
    if (found.value == NULL) {
        find_in(reading, meaning, path, &found);
    }
    if (found.value == NULL && meaning != value) {
        find_in(reading, value, path, &found);
    }
    return found;
}

/* What there is where a step failed: "the dict has 'a', 'b' and 3 more" */
static void tell_content(struct reading *reading, struct pickle_value *value, struct text *text)
{
    size_t count = tree_count(reading, value);
    struct pickle_value *meaning = recipe_value(reading, value);
    const char *type = recipe_type_name(reading, value);
    struct text step = TEXT_INIT;
    size_t i;

    if (count == 0) {
        text_printf(text, meaning->kind == PICKLE_DICT ? "the %s is empty" : "%s has no members", type);
        return;
    }
    if (pickle_is_sequence(meaning)) {
        text_printf(text, "the %s has %zu item%s", type, count, count == 1 ? "" : "s");
        return;
    }
    text_printf(text, "the %s has ", type);
    for (i = 0; i < count && i < MAX_KEYS_TOLD; i++) {
        text_clear(&step);
        tree_member(reading, value, i, &step);
        text_puts(text, i > 0 ? ", '" : "'");
        text_append(text, text_string(&step), step.length < MAX_KEY_TOLD ? step.length : MAX_KEY_TOLD);
        text_puts(text, step.length > MAX_KEY_TOLD ? "...'" : "'");
    }
    if (i < count) {
        text_printf(text, " and %zu more", count - i);
    }
    text_free(&step);
}

/* "; did you mean 'weights'?" */
static void tell_near(struct reading *reading, struct pickle_value *value, const char *word, struct text *text)
{
    size_t count = tree_count(reading, value);
    struct text step = TEXT_INIT;
    struct text best = TEXT_INIT;
    size_t edits = SIZE_MAX;
    size_t i;

    for (i = 0; i < count && i < SUGGEST_COMPARED && !pickle_is_sequence(recipe_value(reading, value)); i++) {
        text_clear(&step);
        tree_member(reading, value, i, &step);
        if (step.length > 0 && suggest_nearer(word, text_string(&step), &edits)) {
            text_clear(&best);
            text_append(&best, text_string(&step), step.length);
        }
    }
    if (best.length > 0) {
        text_printf(text, "; did you mean '%s'?", text_string(&best));
    }
    text_free(&step);
    text_free(&best);
}

static void refuse_step(struct reading *reading, struct pickle_value *value, const char *path, const char *step,
                        struct error *error)
{
    struct text content = TEXT_INIT;
    struct text word = TEXT_INIT;
    size_t length = strcspn(step, "/");

    tell_content(reading, value, &content);
    text_append(&word, step, length);
    tell_near(reading, value, text_string(&word), &content);
    text_free(&word);
    error_set(error, ERROR_INPUT, "no member '%.*s'%s%.*s%s: %s", (int)(length < 200 ? length : 200), step,
              step > path ? " in '" : "", step > path ? (int)(step - path - 1 < 200 ? step - path - 1 : 200) : 0, path,
              step > path ? "'" : "", text_string(&content));
    text_free(&content);
}

struct pickle_value *tree_find(struct reading *reading, struct pickle_value *root, const char *path, size_t before,
                               struct error *error)
{
    struct pickle_value *value = root;
    const char *step = path;

    for (;;) {
        struct found found = find_step(reading, value, step);
        size_t length = before + (size_t)(step - path); /* with the '/' behind it, unless there is nothing */

        if (found.value == NULL) {
            refuse_step(reading, value, path, step, error);
            return NULL;
        }
        value->mark = value->mark == 0 ? TREE_ON_THE_WAY | (unsigned)(length - (length > 0)) : value->mark;
        if (step[found.length] == '\0') {
            return found.value;
        }
        value = found.value;
        step += found.length + 1;
    }
}
