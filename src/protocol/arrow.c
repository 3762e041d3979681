#include "protocol/arrow.h"

#include "base/arena.h"
#include "base/error.h"
#include "files/dtype.h"
#include "memory/guard.h"
#include "protocol/arrow_format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_FORMAT = 4096,    /* bytes of a type's format string: unions list their types in it */
    MAX_BUFFERS = 3,      /* of a type's own; a view's data are more, and are not looked at */
};

static const struct arrow_type {
    const char *format;
    enum { WHOLE, BEGINS } match;
    const char *item;
    enum { ALL, SIZE } says;
    int values;
    unsigned offsets;
    const char *name;
} types[] = {
#define TYPE(format, match, item, says, values, offsets, name) {format, match, item, says, values, offsets, name},
#include "protocol/arrow_types.def"
#undef TYPE
};

static const struct arrow_type *find_type(const char *format)
{
    size_t i;

    for (i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].match == WHOLE ? strcmp(format, types[i].format) == 0
                                    : strncmp(format, types[i].format, strlen(types[i].format)) == 0) {
            return &types[i];
        }
    }
    return NULL;
}

static bool fault(struct telling *telling, const char *what)
{
    return telling_fault(telling, FAULT_ARROW_STRUCTURES, "%s", what);
}

static bool copy(struct telling *telling, const char *what, void *to, const void *from, size_t size)
{
    return telling_copy(telling, FAULT_ARROW_STRUCTURES, what, to, from, size);
}

/* --- an array's two structures --------------------------------------------------------------- */

/* One level of an array, copied from where the exporter has it. */
struct node {
    struct arrow_schema schema;
    struct arrow_array array;
    const struct arrow_type *type;
    const char *parameters; /* behind the type's format: "3" of "+w:3" */
    struct text format;     /* owned */
    const void *buffers[MAX_BUFFERS];
};

static bool check_counts(struct telling *telling, const struct arrow_array *array)
{
    int64_t end;

    if (array->length < 0 || array->offset < 0 || __builtin_add_overflow(array->length, array->offset, &end)) {
        return telling_fault(telling, FAULT_ARROW_STRUCTURES, "length is %lld and offset %lld",
                             (long long)array->length, (long long)array->offset);
    }
    if (array->null_count < -1 || array->null_count > array->length) {
        telling_fault(telling, FAULT_ARROW_STRUCTURES, "null_count is %lld, of %lld items",
                      (long long)array->null_count, (long long)array->length);
    }
    if (array->n_buffers < 0 || array->n_children < 0) {
        return telling_fault(telling, FAULT_ARROW_STRUCTURES, "n_buffers is %lld and n_children %lld",
                             (long long)array->n_buffers, (long long)array->n_children);
    }
    return true;
}

static bool read_buffers(struct telling *telling, struct node *node)
{
    int64_t count = node->array.n_buffers;

    if (node->type->values >= 0 && count <= node->type->values) {
        return telling_fault(telling, FAULT_ARROW_STRUCTURES, "n_buffers is %lld, too few for type '%s' (%s)",
                             (long long)count, text_string(&node->format), node->type->name);
    }
    if (count > MAX_BUFFERS && node->type->format[0] != 'v') { /* views may have any number of buffers to point into */
        return telling_fault(telling, FAULT_ARROW_STRUCTURES, "n_buffers is %lld, too many for type '%s' (%s)",
                             (long long)count, text_string(&node->format), node->type->name);
    }
    count = count < MAX_BUFFERS ? count : MAX_BUFFERS;
    return count == 0 || copy(telling, "buffers", node->buffers, node->array.buffers,
                              (size_t)count * sizeof node->buffers[0]);
}

/* Each child is there, and another structure than its parent, in which a reader would never come to an end. */
static bool check_each_child(struct telling *telling, const struct arrow_schema *schema,
                             const struct arrow_array *array, const struct node *node)
{
    enum { MOST = 256 }; /* that are looked at */
    int64_t i;

    for (i = 0; i < node->array.n_children && i < MOST; i++) {
        ptrdiff_t place = (ptrdiff_t)i * (ptrdiff_t)sizeof(void *);
        const void *of_schema, *of_array;

        if (!copy(telling, "the schema's children", &of_schema, guard_past(node->schema.children, place), sizeof of_schema) ||
            !copy(telling, "the array's children", &of_array, guard_past(node->array.children, place), sizeof of_array)) {
            return false;
        }
        if (of_schema == NULL || of_array == NULL) {
            return telling_fault(telling, FAULT_ARROW_STRUCTURES, "the %s of child %lld is NULL",
                                 of_schema == NULL ? "schema" : "array", (long long)i);
        }
        if (of_schema == schema || of_array == array) {
            return telling_fault(telling, FAULT_ARROW_STRUCTURES, "the %s of child %lld is its parent",
                                 of_schema == schema ? "schema" : "array", (long long)i);
        }
    }
    return true;
}

/* The schema's children are the array's; as is the dictionary. */
static bool check_children(struct telling *telling, const struct node *node)
{
    const struct arrow_schema *schema = &node->schema;
    const struct arrow_array *array = &node->array;

    if (schema->n_children != array->n_children) {
        return telling_fault(telling, FAULT_ARROW_STRUCTURES, "n_children is %lld in the schema and %lld in the array",
                             (long long)schema->n_children, (long long)array->n_children);
    }
    if ((schema->dictionary == NULL) != (array->dictionary == NULL)) {
        return telling_fault(telling, FAULT_ARROW_STRUCTURES, "the %s has a dictionary, and the %s has none",
                             schema->dictionary != NULL ? "schema" : "array",
                             schema->dictionary != NULL ? "array" : "schema");
    }
    if (array->n_children > 0 && (schema->children == NULL || array->children == NULL)) {
        return telling_fault(telling, FAULT_ARROW_STRUCTURES, "n_children is %lld, and children is NULL",
                             (long long)array->n_children);
    }
    return true;
}

/* The caller frees node->format, on an error too. */
static bool read_node(struct telling *telling, struct node *node, const struct arrow_schema *schema,
                      const struct arrow_array *array)
{
    *node = (struct node){.format = TEXT_INIT};
    if (!copy(telling, "the schema", &node->schema, schema, sizeof *schema) ||
        !copy(telling, "the array", &node->array, array, sizeof *array)) {
        return false;
    }
    if (node->schema.release == NULL || node->array.release == NULL) {
        return telling_fault(telling, FAULT_ARROW_STRUCTURES, "the %s was released before",
                             node->schema.release == NULL ? "schema" : "array");
    }
    if (!telling_copy_string(telling, FAULT_ARROW_STRUCTURES, "the type's format", &node->format, node->schema.format,
                             MAX_FORMAT)) {
        return false;
    }
    node->type = find_type(text_string(&node->format));
    if (node->type == NULL) {
        return telling_fault(telling, FAULT_ARROW_STRUCTURES, "the type's format is '%.80s', which is not known",
                             text_string(&node->format));
    }
    node->parameters = text_string(&node->format) + strlen(node->type->format);
    return check_counts(telling, &node->array) && check_children(telling, node) &&
           check_each_child(telling, schema, array, node) && read_buffers(telling, node);
}

static bool read_child(struct telling *telling, struct node *child, const struct node *parent)
{
    struct arrow_schema *schema;
    struct arrow_array *array;

    *child = (struct node){.format = TEXT_INIT};
    if (parent->schema.n_children != 1 || parent->array.n_children != 1) {
        return telling_fault(telling, FAULT_ARROW_STRUCTURES, "a %s has %lld children, not one", parent->type->name,
                             (long long)parent->array.n_children);
    }
    return copy(telling, "the schema's children", &schema, parent->schema.children, sizeof schema) &&
           copy(telling, "the array's children", &array, parent->array.children, sizeof array) &&
           read_node(telling, child, schema, array);
}

/* --- notes ---------------------------------------------------------------------------------------- */

static bool has_bitmap(const struct node *node)
{
    return node->type->values > 0 && node->buffers[0] != NULL && node->array.null_count != 0;
}

static void note_nulls(struct telling *telling, const struct node *node)
{
    if (!has_bitmap(node)) {
        return;
    }
    if (node->array.null_count > 0) {
        notes_add(&telling->notes, "%lld of %lld items are null: the bitmap at %p tells which",
                  (long long)node->array.null_count, (long long)node->array.length, node->buffers[0]);
    } else {
        notes_add(&telling->notes, "some of %lld items may be null: the bitmap at %p tells which",
                  (long long)node->array.length, node->buffers[0]);
    }
}

/* What the values in an array of indices mean. */
static void note_dictionary(struct telling *telling, const struct node *node)
{
    struct text format = TEXT_INIT;
    struct arrow_schema dictionary;

    if (node->schema.dictionary == NULL) {
        return;
    }
    if (copy(telling, "the dictionary's schema", &dictionary, node->schema.dictionary, sizeof dictionary) &&
        telling_copy_string(telling, FAULT_ARROW_STRUCTURES, "the dictionary's format", &format, dictionary.format,
                            MAX_FORMAT)) {
        notes_add(&telling->notes, "these are indices into a dictionary, whose items are of type '%.80s'",
                  text_string(&format));
    }
    text_free(&format);
}

static bool obstruct_nested(struct telling *telling, const struct node *node, const struct arrow_schema *schema)
{
    struct text names = TEXT_INIT;

    if (node->schema.n_children == 0) {
        return telling_obstruct(telling, "is of Arrow type %s, which has no memory", node->type->name);
    }
    arrow_children(schema, &names);
    telling_obstruct(telling, "is of Arrow type %s: its memory is that of its %s %s", node->type->name,
                     node->schema.n_children == 1 ? "child" : "children", text_string(&names));
    text_free(&names);
    return false;
}

/* --- items --------------------------------------------------------------------------------------- */

/* What one item in the buffer of values is: a NumPy type or a PEP 3118 format, and its size in bytes. */
struct item {
    char text[48];
    bool is_format;
    size_t size;
};

static bool find_item(struct telling *telling, const struct node *node, struct item *item)
{
    const char *parameters = node->parameters;
    int64_t size = -1;

    *item = (struct item){.is_format = node->type->item[0] == 'T'};
    snprintf(item->text, sizeof item->text, "%s", node->type->item);
    if (strcmp(node->type->format, "d:") == 0) {
        size = arrow_decimal_size(parameters);
        snprintf(item->text, sizeof item->text, "%c%lld", size <= 8 ? 'i' : 'V', (long long)size);
    } else if (strcmp(node->type->format, "w:") == 0) {
        size = arrow_parameter(&parameters, '\0');
        item->is_format = true;
        snprintf(item->text, sizeof item->text, "%llds", (long long)size);
    } else if (item->is_format) {
        size = strcmp(node->type->format, "tiD") == 0 ? 8 : 16;
    } else {
        size = strtoll(item->text + 1, NULL, 10);
    }
    if (size <= 0 && (size < 0 || strcmp(node->type->format, "w:") != 0)) {
        return telling_fault(telling, FAULT_ARROW_STRUCTURES, "the type's format is '%.80s', which is no %s",
                             text_string(&node->format), node->type->name);
    }
    item->size = (size_t)size;
    return true;
}

static void finish(struct telling *telling, const struct node *node, const struct item *item)
{
    struct arena arena = ARENA_INIT(1 << 16);
    struct error ignored = ERROR_INIT;
    const struct dtype *type;

    telling->is_plain = node->type->says == ALL;
    if (item->is_format) {
        telling_finish_format(telling, item->text, item->size);
    } else {
        type = dtype_from_text(&arena, item->text, strlen(item->text), &ignored);
        if (type != NULL) {
            telling_finish(telling, type);
        } else {
            telling->failed = true;
        }
    }
    telling->layout.given |= LAYOUT_STRIDES; /* there are none: the items of a buffer lie side by side */
    arena_free(&arena);
}

/* Where the buffer of values begins, behind `bytes`; a NULL is no fault where there are no items. */
static bool set_buf(struct telling *telling, const struct node *node, int64_t bytes, bool is_empty)
{
    const unsigned char *buffer = node->buffers[node->type->values];

    if (buffer == NULL && !is_empty) {
        return telling_fault(telling, FAULT_ARROW_STRUCTURES, "buffer %d is NULL, though there are items",
                             node->type->values);
    }
    telling->layout.buf = buffer == NULL ? NULL : guard_past(buffer, (ptrdiff_t)bytes);
    return true;
}

/* --- the kinds of buffers ---------------------------------------------------------------------------- */

/* A bit for each value: the bytes that they lie in. */
static bool tell_bits(struct telling *telling, const struct node *node)
{
    const struct arrow_array *array = &node->array;
    int64_t first = array->offset / 8;
    int64_t last = (array->offset + array->length) / 8 + ((array->offset + array->length) % 8 != 0);

    if (!set_buf(telling, node, first, array->length == 0)) {
        return false;
    }
    telling->layout.ndim = 1;
    telling->layout.shape[0] = (ptrdiff_t)(array->length == 0 ? 0 : last - first);
    telling->is_packed = true;
    notes_add(&telling->notes, "%lld items of a bit each, from bit %lld of the first byte on: these are the bytes they lie in",
              (long long)array->length, (long long)array->offset % 8);
    finish(telling, node, &(struct item){.text = "u1", .size = 1});
    return true;
}

/* One of the offsets in buffer 1; -1, with a fault, where it cannot be read. */
static int64_t read_offset(struct telling *telling, const struct node *node, int64_t place)
{
    const unsigned char *offsets = node->buffers[1];
    int64_t wide = 0;
    int32_t narrow = 0;
    int64_t bytes;
    bool ok;

    if (__builtin_mul_overflow(place, (int64_t)node->type->offsets, &bytes)) {
        fault(telling, "the offsets reach past the end of the address space");
        return -1;
    }
    offsets = offsets == NULL ? NULL : guard_past(offsets, (ptrdiff_t)bytes);
    ok = node->type->offsets == sizeof narrow ? copy(telling, "buffer 1 (offsets)", &narrow, offsets, sizeof narrow)
                                              : copy(telling, "buffer 1 (offsets)", &wide, offsets, sizeof wide);
    return !ok ? -1 : node->type->offsets == sizeof narrow ? narrow : wide;
}

/* Strings side by side: the bytes from the first to the last. */
static bool tell_strings(struct telling *telling, const struct node *node)
{
    const struct arrow_array *array = &node->array;
    int64_t first = 0, last = 0;

    if (array->length > 0) {
        first = read_offset(telling, node, array->offset);
        last = first < 0 ? -1 : read_offset(telling, node, array->offset + array->length);
        if (first < 0 || last < first) {
            return telling_fault(telling, FAULT_ARROW_STRUCTURES, "the offsets go from %lld to %lld", (long long)first,
                                 (long long)last);
        }
    }
    if (!set_buf(telling, node, first, first == last)) {
        return false;
    }
    telling->layout.ndim = 1;
    telling->layout.shape[0] = (ptrdiff_t)(last - first);
    if (array->length > 0) {
        notes_add(&telling->notes, "the bytes of %lld items (%s): where each begins, %u-byte offsets tell that lie at %p",
                  (long long)array->length, node->type->name, node->type->offsets, node->buffers[1]);
    }
    finish(telling, node, &(struct item){.text = "u1", .size = 1});
    return true;
}

/* Items of one size, from item `start` of the buffer on; the layout has its shape. */
static bool tell_items(struct telling *telling, const struct node *node, int64_t start, bool is_empty)
{
    struct item item;
    int64_t bytes;

    if (!find_item(telling, node, &item)) {
        return false;
    }
    if (__builtin_mul_overflow(start, (int64_t)item.size, &bytes)) {
        return fault(telling, "the items lie past the end of the address space");
    }
    if (!set_buf(telling, node, bytes, is_empty || item.size == 0)) {
        return false;
    }
    finish(telling, node, &item);
    return true;
}

/* The offsets of lists, of which there is one more than there are lists; and the type ids of unions. */
static bool tell_nested(struct telling *telling, const struct node *node, const struct arrow_schema *schema)
{
    const char *what = node->type->values == 0 ? "type ids" : "offsets";
    bool one_more = node->type->values == 1 && node->type->format[1] != 'v' && node->array.length > 0;
    struct text names = TEXT_INIT;
    bool ok;

    telling->layout.ndim = 1;
    telling->layout.shape[0] = (ptrdiff_t)node->array.length + one_more;
    ok = tell_items(telling, node, node->array.offset, node->array.length == 0);
    arrow_children(schema, &names);
    notes_add(&telling->notes, "these are the %s of %lld items (%s): their values are the memory of %s", what,
              (long long)node->array.length, node->type->name, text_string(&names));
    text_free(&names);
    return ok;
}

/* A list of so many items each is a dimension, as long as what lies in it is of one size. */
static bool tell_dimensions(struct telling *telling, struct node *node, const struct arrow_schema *schema)
{
    struct layout *layout = &telling->layout;
    int64_t start = node->array.offset;
    bool is_empty = node->array.length == 0;

    layout->ndim = 1;
    layout->shape[0] = (ptrdiff_t)node->array.length;
    while (strcmp(node->type->format, "+w:") == 0) {
        const char *parameters = node->parameters;
        int64_t extent = arrow_parameter(&parameters, '\0');
        int64_t end = node->array.offset + node->array.length;
        struct node child;
        bool ok;

        if (extent < 0 || layout->ndim == LAYOUT_MAX_NDIM) {
            return telling_fault(telling, FAULT_ARROW_STRUCTURES, "the type's format is '%.80s'%s",
                                 text_string(&node->format), extent < 0 ? ", which is no list" : ", too deeply nested");
        }
        if (!read_child(telling, &child, node)) {
            text_free(&child.format);
            return false;
        }
        ok = (!__builtin_mul_overflow(start, extent, &start) && !__builtin_mul_overflow(end, extent, &end) &&
              !__builtin_add_overflow(start, child.array.offset, &start)) ||
             fault(telling, "the items lie past the end of the address space");
        if (ok && child.array.length < end) {
            ok = telling_fault(telling, FAULT_ARROW_STRUCTURES, "%lld lists of %lld items have a child of %lld",
                               (long long)(node->array.offset + node->array.length), (long long)extent,
                               (long long)child.array.length);
        }
        layout->shape[layout->ndim++] = (ptrdiff_t)extent;
        is_empty |= extent == 0;
        text_printf(&telling->type, " of %s", text_string(&child.format));
        text_free(&node->format);
        *node = child;
        if (!ok) {
            return false;
        }
        note_nulls(telling, node);
    }
    if (node->type->values != 1 || node->type->item[0] == '\0' || node->type->format[0] == '+') {
        return obstruct_nested(telling, node, schema);
    }
    return tell_items(telling, node, start, is_empty);
}

static bool tell(struct telling *telling, struct node *node, const struct arrow_schema *schema)
{
    text_puts(&telling->type, text_string(&node->format));
    note_nulls(telling, node);
    note_dictionary(telling, node);
    if (strcmp(node->type->format, "b") == 0) {
        return tell_bits(telling, node);
    }
    if (node->type->offsets > 0) {
        return tell_strings(telling, node);
    }
    if (strcmp(node->type->format, "+w:") == 0) {
        return tell_dimensions(telling, node, schema);
    }
    if (node->type->values < 0) {
        return obstruct_nested(telling, node, schema);
    }
    if (node->type->format[0] == '+') {
        return tell_nested(telling, node, schema);
    }
    telling->layout.ndim = 1;
    telling->layout.shape[0] = (ptrdiff_t)node->array.length;
    return tell_items(telling, node, node->array.offset, node->array.length == 0);
}

struct telling arrow_read(const struct arrow_schema *schema, const struct arrow_array *array)
{
    struct telling telling;
    struct node node;

    telling_begin(&telling, PROTOCOL_ARROW);
    if (read_node(&telling, &node, schema, array)) {
        tell(&telling, &node, schema);
    }
    text_free(&node.format);
    return telling;
}
