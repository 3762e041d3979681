#include "audit/nesting.h"

#include "audit/state.h"

#include <stdlib.h>

enum {
    MAX_LEVELS = 10000, /* picklers recurse, and stop at Python's recursion limit, which is 1000 */
};

#define MAX_SPREAD ((uint64_t)1 << 32) /* items of containers in containers, each counted as often as it is met */

struct node {
    const struct pickle_value *value;
    size_t next;     /* child that is looked at next */
    size_t levels;   /* below and with it */
    uint64_t spread; /* items, when written out; 1 for objects, which may refer to each other as they like */
    bool done;
};

struct nesting {
    struct node *nodes; /* owned; a value's mark is its place here, from 1 */
    size_t count, room;
    size_t *path; /* owned; places of nodes from the root down */
    size_t length, path_room;
    size_t deepest;
    uint64_t widest;
};

static bool is_container(const struct pickle_value *value)
{
    return value->kind == PICKLE_DICT || value->kind == PICKLE_OBJECT || pickle_is_sequence(value);
}

/* Child `place` of a container, which may be NULL; false behind the last. */
static bool child_of(const struct pickle_value *value, size_t place, struct pickle_value **child)
{
    const struct pickle_object *object = value->object;

    if (value->kind == PICKLE_OBJECT) {
        struct pickle_value *const parts[] = {object->callable, object->arguments, pickle_keywords(object),
                                              object->state,    object->items,     object->entries};
        size_t count = sizeof parts / sizeof parts[0];

        *child = place < count ? parts[place] : NULL;
        return place < count;
    }
    *child = place < value->item_count ? value->items[place] : NULL;
    return place < value->item_count;
}

static bool grow(void **memory, size_t *room, size_t size)
{
    size_t more = *room == 0 ? 256 : 2 * *room;
    void *grown = realloc(*memory, more * size);

    if (grown == NULL) {
        return false;
    }
    *memory = grown;
    *room = more;
    return true;
}

static bool enter(struct nesting *nesting, struct pickle_value *value)
{
    if ((nesting->count == nesting->room && !grow((void **)&nesting->nodes, &nesting->room, sizeof *nesting->nodes)) ||
        (nesting->length == nesting->path_room &&
         !grow((void **)&nesting->path, &nesting->path_room, sizeof *nesting->path))) {
        return false;
    }
    nesting->nodes[nesting->count] = (struct node){.value = value, .levels = 1, .spread = 1};
    nesting->path[nesting->length++] = nesting->count++;
    value->mark = (unsigned)nesting->count;
    return true;
}

/* What a child, done or still on the way, adds to its parent. */
static void add_up(struct node *parent, const struct node *child)
{
    bool plain = parent->value->kind != PICKLE_OBJECT;

    if (!child->done) {
        return;
    }
    parent->levels = child->levels + 1 > parent->levels ? child->levels + 1 : parent->levels;
    if (plain && __builtin_add_overflow(parent->spread, child->spread, &parent->spread)) {
        parent->spread = UINT64_MAX;
    }
}

static void leave(struct nesting *nesting)
{
    struct node *node = &nesting->nodes[nesting->path[--nesting->length]];

    node->done = true;
    nesting->deepest = node->levels > nesting->deepest ? node->levels : nesting->deepest;
    nesting->widest = node->spread > nesting->widest ? node->spread : nesting->widest;
    if (nesting->length > 0) {
        add_up(&nesting->nodes[nesting->path[nesting->length - 1]], node);
    }
}

static bool measure(struct nesting *nesting, struct pickle_value *root)
{
    if (is_container(root) && !enter(nesting, root)) {
        return false;
    }
    while (nesting->length > 0) {
        struct node *node = &nesting->nodes[nesting->path[nesting->length - 1]];
        struct pickle_value *child;

        if (!child_of(node->value, node->next++, &child)) {
            leave(nesting);
        } else if (child != NULL && is_container(child)) {
            if (child->mark != 0) {
                add_up(node, &nesting->nodes[child->mark - 1]);
            } else if (!enter(nesting, child)) {
                return false;
            }
        }
    }
    return true;
}

void audit_nesting(struct audit *audit, struct reading *reading)
{
    struct nesting nesting = {NULL, 0, 0, NULL, 0, 0, 0, 0};

    audit->failed |= !measure(&nesting, reading->pickle.value);
    if (nesting.deepest > MAX_LEVELS) {
        audit_add(audit, AUDIT_structure, "values %zu levels deep in each other: no pickler writes that",
                  nesting.deepest);
    }
    if (nesting.widest > MAX_SPREAD) {
        audit_add(audit, AUDIT_structure,
                  "containers that hold each other again and again: to print or compare them takes more than 2^32 steps");
    }
    free(nesting.nodes);
    free(nesting.path);
}
