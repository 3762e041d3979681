#include "recipe/parts.h"

#include "base/text.h"

static void object_parts(const struct pickle_object *object, struct parts *parts)
{
    struct pickle_value *keywords = pickle_keywords(object);
    struct pickle_value *state = object->state;

    parts->sequence = object->items;
    parts->keys = object->entries;
    if (state != NULL && state->kind == PICKLE_DICT) {
        parts->attributes[0] = state;
    } else if (state != NULL && state->kind == PICKLE_TUPLE && state->item_count == 2 && object->states == 1 &&
               (state->items[0]->kind == PICKLE_DICT || state->items[0]->kind == PICKLE_NONE) &&
               state->items[1]->kind == PICKLE_DICT) {
        parts->attributes[0] = state->items[0]->kind == PICKLE_DICT ? state->items[0] : NULL;
        parts->attributes[1] = state->items[1];
    } else {
        parts->state = state;
    }
    if (object->quiet || object->arguments == NULL) {
        return;
    }
    if (object->arguments->kind == PICKLE_TUPLE) {
        parts->arguments = object->arguments;
    } else {
        parts->argument = object->arguments;
    }
    parts->keywords = keywords != NULL && keywords->kind == PICKLE_DICT ? keywords : NULL;
}

struct parts parts_of(struct pickle_value *meaning)
{
    struct parts parts = {NULL, NULL, NULL, NULL, {NULL, NULL}, NULL, NULL, NULL, NULL};

    if (pickle_is_sequence(meaning)) {
        parts.sequence = meaning;
    } else if (meaning->kind == PICKLE_DICT) {
        parts.keys = meaning;
    } else if (meaning->kind == PICKLE_GRID) {
        parts.grid = meaning;
    } else if (meaning->kind == PICKLE_NAMED) {
        parts.sequence = meaning->numbered;
        parts.named = meaning;
    } else if (meaning->kind == PICKLE_OBJECT) {
        object_parts(meaning->object, &parts);
    }
    return parts;
}

size_t parts_count(const struct pickle_value *container)
{
    return container == NULL ? 0 : container->kind == PICKLE_DICT ? container->item_count / 2 : container->item_count;
}

void parts_key(struct reading *reading, struct pickle_value *key, struct text *text)
{
    if (key->kind <= PICKLE_BYTES) {
        pickle_scalar_text(key, text);
    } else if (!recipe_characters(recipe_value(reading, key), text)) {
        recipe_repr(reading, key, text);
    }
}
