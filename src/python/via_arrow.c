/*
 * The Arrow PyCapsule interface: an array's two capsules, or a stream of arrays.
 */
#include <Python.h>

#include "python/via_parts.h"

#include "base/error.h"
#include "base/text.h"
#include "memory/guard.h"
#include "python/interpreter.h"
#include "python/via.h"

#include <stdlib.h>
#include <string.h>

bool via_is_arrow_pair(PyObject *object)
{
    return PyTuple_Check(object) && PyTuple_GET_SIZE(object) == 2 &&
           via_is_capsule(PyTuple_GET_ITEM(object, 0), ARROW_SCHEMA_NAME) &&
           via_is_capsule(PyTuple_GET_ITEM(object, 1), ARROW_ARRAY_NAME);
}

/* One capsule is a stream's: what else it may be is said in the words of what was to be given. */
static bool is_half_a_pair(struct via *via, PyObject *answer)
{
    bool schema = via_is_capsule(answer, ARROW_SCHEMA_NAME);

    if (!schema && !via_is_capsule(answer, ARROW_ARRAY_NAME)) {
        return false;
    }
    telling_fault(&via->telling, FAULT_ARROW_STRUCTURES, "there is '%s' alone, not a pair of it and '%s'",
                  schema ? ARROW_SCHEMA_NAME : ARROW_ARRAY_NAME, schema ? ARROW_ARRAY_NAME : ARROW_SCHEMA_NAME);
    return true;
}

/* What a capsule of this name leads to; NULL with a fault where it has another. */
static bool open_capsule(struct via *via, PyObject *capsule, const char *expected, void **pointer, struct error *error)
{
    char name[CAPSULE_NAME_SIZE];

    if (!via_capsule(capsule, name, pointer, error)) {
        return false;
    }
    if (strcmp(name, expected) != 0) {
        telling_fault(&via->telling, FAULT_ARROW_STRUCTURES, "a capsule is named '%s', not '%s'", name, expected);
        *pointer = NULL;
    }
    return true;
}

/* --- advice ---------------------------------------------------------------------------------------- */

/* How the objects of libraries give what is in them, by what attributes they have. */
static const struct {
    const char *attribute;
    const char *of_column; /* one column or field of several */
    const char *of_chunk;  /* one array of several */
} ways[] = {
    {"get_chunks", "(EXPR)[0]", "(EXPR).get_chunks()[0]"}, /* polars.Series */
    {"chunk", "(EXPR).child(0)", "(EXPR).chunk(0)"},       /* pyarrow.ChunkedArray, nanoarrow.Array */
    {"column", "(EXPR).column(0)", "(EXPR).column(0)"},    /* pyarrow.Table, pyarrow.RecordBatch */
    {"field", "(EXPR).field(0)", "(EXPR).field(0)"},       /* pyarrow.StructArray */
    {"child", "(EXPR).child(0)", "(EXPR).child(0)"},       /* nanoarrow.CArray */
    {"iloc", "(EXPR).iloc[:,0]", "pyarrow.chunked_array(EXPR).chunk(0)"}, /* pandas */
    {"columns", "(EXPR)[(EXPR).columns[0]]", "(EXPR)[(EXPR).columns[0]]"}, /* polars.DataFrame */
};

static const char *find_way(PyObject *object, bool chunk)
{
    size_t i;

    for (i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (PyObject_HasAttrString(object, ways[i].attribute)) {
            return chunk ? ways[i].of_chunk : ways[i].of_column;
        }
    }
    return chunk ? "pyarrow.chunked_array(EXPR).chunk(0)" : "pyarrow.table(EXPR).column(0)";
}

/* Of a struct or a table: where one of its columns is, if it has one. */
static void advise_column(struct text *obstacle, PyObject *object, const struct arrow_schema *schema)
{
    if (arrow_has_children(schema)) {
        text_printf(obstacle, ": try %s", find_way(object, false));
    }
}

/* Where the values are, of an array whose own memory tells where they begin, or which they are. */
static void note_values(struct telling *telling, PyObject *object, const struct arrow_schema *schema)
{
    static const char *const parts[] = {"dictionary", "values"};
    struct arrow_schema copied;
    const void *address;
    size_t i;

    if (!telling->have_layout || !guard_copy(&copied, schema, sizeof copied, &address)) {
        return;
    }
    for (i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if ((i == 0 ? copied.dictionary != NULL : copied.n_children > 0) && PyObject_HasAttrString(object, parts[i])) {
            notes_add(&telling->notes, "for those: (EXPR).%s", parts[i]);
        }
    }
}

static void read_pair(struct via *via, PyObject *object, const struct arrow_schema *schema,
                      const struct arrow_array *array)
{
    via->telling = arrow_read(schema, array);
    note_values(&via->telling, object, schema);
    if (!via->telling.have_layout && via->telling.obstacle.length > 0 && arrow_is_struct(schema)) {
        advise_column(&via->telling.obstacle, object, schema);
    }
}

/* --- streams -------------------------------------------------------------------------------------------- */

/* A call that the stream made failed with an errno; what it says of it. */
static bool stream_failed(struct arrow_stream *stream, const struct arrow_stream *calls, int code, struct error *error)
{
    const char *said = calls->get_last_error != NULL ? calls->get_last_error(stream) : NULL;

    if (PyErr_Occurred()) {
        return interpreter_error(error);
    }
    return error_set(error, ERROR_INPUT, "the stream fails: %.200s", said != NULL ? said : strerror(code));
}

/* The stream's arrays, as far as one: `several` tells that there are more. */
static bool take_first(struct via_hold *hold, struct arrow_stream *stream, const struct arrow_stream *calls,
                       bool *several, struct error *error)
{
    struct arrow_array next = {.release = NULL};
    int code = calls->get_schema(stream, &hold->schema);

    if (code != 0) {
        return stream_failed(stream, calls, code, error);
    }
    if (arrow_is_struct(&hold->schema)) {
        return true; /* a table: its chunks are not looked at, which may be made for that alone */
    }
    code = calls->get_next(stream, &hold->array);
    if (code == 0 && hold->array.release != NULL) {
        code = calls->get_next(stream, &next);
    }
    *several = code == 0 && next.release != NULL;
    if (*several) {
        next.release(&next);
    }
    return code == 0 || stream_failed(stream, calls, code, error);
}

static bool read_stream(struct via *via, PyObject *object, struct arrow_stream *stream, struct error *error)
{
    struct via_hold *hold = via->hold;
    struct arrow_stream calls;
    bool several = false;
    const void *address;

    if (!guard_copy(&calls, stream, sizeof calls, &address) || calls.release == NULL || calls.get_schema == NULL ||
        calls.get_next == NULL) {
        telling_fault(&via->telling, FAULT_ARROW_STRUCTURES, "the stream is at %p, %s", (void *)stream,
                      "where no stream is, or it was released before");
        return true;
    }
    if (!take_first(hold, stream, &calls, &several, error)) {
        return false;
    }
    if (arrow_is_struct(&hold->schema) && !arrow_has_children(&hold->schema)) {
        telling_obstruct(&via->telling, "is a table without columns");
    } else if (arrow_is_struct(&hold->schema)) {
        telling_obstruct(&via->telling, "is a table of ");
        arrow_children(&hold->schema, &via->telling.obstacle);
        advise_column(&via->telling.obstacle, object, &hold->schema);
    } else if (several) {
        telling_obstruct(&via->telling, "is several arrays, one behind the other: try %s", find_way(object, true));
    } else if (hold->array.release == NULL) {
        telling_obstruct(&via->telling, "is a stream of no arrays");
    } else {
        read_pair(via, object, &hold->schema, &hold->array);
    }
    return true;
}

/* --- the object ------------------------------------------------------------------------------------------ */

bool via_arrow(struct via *via, PyObject *object, struct error *error)
{
    void *first = NULL;
    void *second = NULL;
    PyObject *answer;

    if (*via->how != '\0') {
        Py_SETREF(via->hold->answer, PyObject_CallObject(via->hold->answer, NULL));
    }
    answer = via->hold->answer;
    if (answer == NULL) {
        return interpreter_error(error);
    }
    if (!PyTuple_Check(answer)) {
        return is_half_a_pair(via, answer) ||
               (open_capsule(via, answer, ARROW_STREAM_NAME, &first, error) &&
                (first == NULL || read_stream(via, object, first, error)));
    }
    if (PyTuple_GET_SIZE(answer) != 2) {
        return error_set(error, ERROR_INPUT, "gives a tuple of %zd items, not of two capsules",
                         PyTuple_GET_SIZE(answer));
    }
    if (!open_capsule(via, PyTuple_GET_ITEM(answer, 0), ARROW_SCHEMA_NAME, &first, error) ||
        !open_capsule(via, PyTuple_GET_ITEM(answer, 1), ARROW_ARRAY_NAME, &second, error)) {
        return false;
    }
    if (first != NULL && second != NULL) {
        read_pair(via, object, first, second);
    }
    return true;
}
