#include <Python.h>

#include "python/view.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "dump/dump.h"
#include "files/dtype.h"
#include "files/npy.h"
#include "judge/request.h"
#include "memory/guard.h"
#include "python/instead.h"
#include "python/interpreter.h"
#include "python/view_parts.h"

#include <stdlib.h>
#include <string.h>

bool view_check(PyObject *object, struct error *error)
{
    return PyObject_CheckBuffer(object) || instead_refuse(object, NULL, 0, error);
}

/* --- from Py_buffer to layout ---------------------------------------------------- */

enum {
    MAX_FORMAT = 64 << 20, /* bytes */
    MAX_TYPE_NAME = 100,   /* characters */
};

/* One of a view's arrays: NULL, or ndim numbers that can be read. */
static bool check_array(const char *name, const Py_ssize_t *array, int ndim, struct error *error)
{
    Py_ssize_t numbers[LAYOUT_MAX_NDIM];
    const void *address;

    return array == NULL || guard_copy(numbers, array, (size_t)ndim * sizeof numbers[0], &address) ||
           error_set(error, ERROR_INPUT, "the exporter answers %s at %p, which cannot be read", name,
                     (const void *)array);
}

struct measured {
    const char *string;
    volatile size_t length;
};

static void measure(void *context)
{
    struct measured *measured = context;
    const volatile char *string = measured->string;
    size_t length = 0;

    while (length < MAX_FORMAT && string[length] != '\0') {
        length++;
    }
    measured->length = length;
}

static bool check_format(const char *format, struct error *error)
{
    struct measured measured = {.string = format, .length = 0};
    const void *address;

    if (format == NULL) {
        return true;
    }
    if (!guard_run(measure, &measured, &address)) {
        return error_set(error, ERROR_INPUT, "the exporter answers a format at %p, which cannot be read at %p",
                         (const void *)format, address);
    }
    return measured.length < MAX_FORMAT ||
           error_set(error, ERROR_INPUT, "the exporter answers a format of more than %d bytes", MAX_FORMAT);
}

/* A view that PyMemoryView_FromObject can be trusted with: it takes ndim, the arrays and the format on faith. */
static bool is_sane(const Py_buffer *buffer, struct error *error)
{
    if (buffer->ndim < 0 || buffer->ndim > LAYOUT_MAX_NDIM) {
        return error_set(error, ERROR_INPUT, "the exporter answers ndim %d, which is not between 0 and %d",
                         buffer->ndim, LAYOUT_MAX_NDIM);
    }
    if (buffer->itemsize < 0 || buffer->len < 0) {
        return error_set(error, ERROR_INPUT, "the exporter answers itemsize %zd and len %zd, which cannot be",
                         buffer->itemsize, buffer->len);
    }
    return check_array("a shape", buffer->shape, buffer->ndim, error) &&
           check_array("strides", buffer->strides, buffer->ndim, error) &&
           check_array("suboffsets", buffer->suboffsets, buffer->ndim, error) && check_format(buffer->format, error);
}

/* The layout that an answer describes; the answer is_sane. */
static void read_layout(struct layout *layout, const Py_buffer *buffer)
{
    int i;

    *layout = (struct layout){
        .buf = buffer->buf,
        .len = buffer->len,
        .itemsize = buffer->itemsize,
        .format = buffer->format != NULL ? buffer->format : "B",
        .ndim = buffer->ndim,
        .readonly = buffer->readonly != 0,
    };
    layout->given |= buffer->format != NULL ? LAYOUT_FORMAT : 0;
    /* of 0 dimensions nothing can be given: it counts as told, but in a raw reply (see open_request) */
    layout->given |= buffer->shape != NULL || buffer->ndim == 0 ? LAYOUT_SHAPE : 0;
    layout->given |= buffer->strides != NULL || buffer->ndim == 0 ? LAYOUT_STRIDES : 0;
    layout->given |= buffer->suboffsets != NULL ? LAYOUT_SUBOFFSETS : 0;
    for (i = 0; i < buffer->ndim; i++) {
        layout->shape[i] = buffer->shape != NULL ? buffer->shape[i] : 0;
        layout->suboffsets[i] = buffer->suboffsets != NULL ? buffer->suboffsets[i] : -1;
    }
    if (buffer->strides != NULL) {
        for (i = 0; i < buffer->ndim; i++) {
            layout->strides[i] = buffer->strides[i];
        }
    } else if (!layout_c_strides(buffer->ndim, layout->shape, buffer->itemsize, layout->strides)) {
        layout->given &= ~(unsigned)LAYOUT_SHAPE; /* a shape that overflows cannot be read by */
    }
}

/* How to read an answer that has no shape: as bytes, as consumers of PyBUF_SIMPLE do. */
void view_set_content(struct view *view)
{
    struct error error = ERROR_INIT;

    view->content = view->layout;
    if (!(view->layout.given & LAYOUT_SHAPE) ||
        (view->layout.ndim == 0 && view->layout.len != view->layout.itemsize)) {
        view->content.itemsize = 1;
        view->content.format = "B";
        view->content.ndim = 1;
        view->content.shape[0] = view->layout.len;
        view->content.strides[0] = 1;
        view->content.suboffsets[0] = -1;
    }
    view->readable = layout_check(&view->content, &error);
    if (!view->readable) {
        notes_add(&view->notes, "the answer contradicts itself, and its memory is not read: %s", error.message);
    }
}

/* --- requests ------------------------------------------------------------------- */

/* Send one request by hand and keep the reply. */
static bool send(struct view_hold *hold, PyObject *object, int flags, struct error *error)
{
    memset(&hold->reply, 0, sizeof hold->reply);
    if (PyObject_GetBuffer(object, &hold->reply, flags) != 0) {
        return interpreter_error(error);
    }
    hold->have_reply = true;
    return true;
}

static void give_back(struct view_hold *hold)
{
    if (hold->have_reply) {
        PyBuffer_Release(&hold->reply);
        hold->have_reply = false;
    }
}

/* Show a reply as it is.  Its memory is read through a memoryview where one can be made of it. */
static bool show_reply(struct view *view, struct error *error)
{
    struct view_hold *hold = view->hold;

    if (!is_sane(&hold->reply, error)) {
        return false;
    }
    read_layout(&view->layout, &hold->reply);
    if (hold->reply.buf != NULL) {
        hold->memoryview = PyMemoryView_FromBuffer(&hold->reply);
        if (hold->memoryview == NULL) {
            return interpreter_error(error);
        }
    }
    view_set_content(view);
    return true;
}

/* What FULL_RO is reduced to, in this order, when an exporter refuses it. */
static const int lesser[] = {PyBUF_INDIRECT, PyBUF_STRIDES | PyBUF_FORMAT, PyBUF_STRIDES, PyBUF_ND, PyBUF_SIMPLE};

/* A format for a struct that has none of its own: one with datetimes in it, or with what only another package knows. */
static void stand_in(const struct dtype *dtype, struct text *exact)
{
    struct text format = TEXT_INIT;
    bool plain = true;

    if (!dtype_has_object(dtype)) {
        dtype_format(dtype, 1, &format, &plain);
        dtype_exact_format(dtype, text_string(&format), exact);
        if (exact->length == 0) {
            text_puts(exact, text_string(&format));
        }
    }
    text_free(&format);
}

/*
 * A type as numpy.save would write it; left out when it is of another size than the answer's items, and where the
 * format, if there is one, says as much.  What is none ("StringDType()") is kept as it is.
 */
static void keep_type(struct view *view, const char *descr)
{
    bool told = view->layout.given & LAYOUT_FORMAT;
    struct arena arena = ARENA_INIT(4 << 20);
    struct text header = TEXT_INIT;
    struct error error = ERROR_INIT;
    struct npy npy;

    if (!npy_header(&header, descr, false, 0, NULL, &error) ||
        !npy_parse(&npy, text_string(&header), header.length, header.length + DTYPE_MAX_ITEMSIZE, false, &arena,
                   &error)) {
        text_append(&view->dtype, descr, !told && strlen(descr) <= MAX_TYPE_NAME ? strlen(descr) : 0);
    } else if (npy.array.dtype->itemsize == (size_t)view->layout.itemsize) {
        if (told) {
            dtype_exact_format(npy.array.dtype, view->layout.format, &view->exact);
        }
        if (!told && npy.array.dtype->kind == 'T' && npy.array.dtype->fields[0].name_length > 0) {
            stand_in(npy.array.dtype, &view->exact);
        }
        if (!told || view->exact.length > 0) {
            dtype_text(npy.array.dtype, &view->dtype);
        }
    }
    text_free(&header);
    arena_free(&arena);
}

/* NumPy's isbuiltin: 1 for its own types, 2 for what others add; 0 for structs, and for types of its newer kind. */
enum { NUMPY_USER_TYPE = 2 };

/*
 * The name of a type that NumPy does not have itself (ml_dtypes' bfloat16), whose bytes are all that "typestr" tells;
 * left out where there is none.
 */
static void read_user_type(struct view *view, PyObject *object)
{
    PyObject *dtype = PyObject_GetAttrString(object, "dtype");
    PyObject *kind = dtype != NULL ? PyObject_GetAttrString(dtype, "isbuiltin") : NULL;
    PyObject *order = dtype != NULL ? PyObject_GetAttrString(dtype, "byteorder") : NULL;
    PyObject *name = dtype != NULL ? PyObject_GetAttrString(dtype, "name") : NULL;

    if (kind != NULL && PyLong_Check(kind) && PyLong_AsLong(kind) == NUMPY_USER_TYPE && name != NULL &&
        PyUnicode_Check(name) && PyUnicode_GET_LENGTH(name) <= MAX_TYPE_NAME && PyUnicode_AsUTF8(name) != NULL) {
        bool swapped = order != NULL && PyUnicode_Check(order) && PyUnicode_CompareWithASCIIString(order, ">") == 0;

        text_clear(&view->dtype);
        text_printf(&view->dtype, "%s%s", swapped ? ">" : "", PyUnicode_AsUTF8(name));
    }
    Py_XDECREF(dtype);
    Py_XDECREF(kind);
    Py_XDECREF(order);
    Py_XDECREF(name);
    PyErr_Clear();
}

/*
 * NumPy refuses a format for types that PEP 3118 cannot say (datetime64), and leaves padding out of what it answers of
 * structs, but tells both by another protocol: "typestr", and "descr" for structs.
 */
static void read_type(struct view *view, PyObject *object)
{
    PyObject *interface = PyObject_GetAttrString(object, "__array_interface__");
    PyObject *type = interface != NULL ? PyMapping_GetItemString(interface, "typestr") : NULL;
    const char *text = type != NULL && PyUnicode_Check(type) ? PyUnicode_AsUTF8(type) : NULL;

    if (text != NULL && text[0] == '|' && text[1] == 'V') {
        PyObject *fields = PyMapping_GetItemString(interface, "descr");

        Py_SETREF(type, fields != NULL ? PyObject_Repr(fields) : NULL);
        Py_XDECREF(fields);
        text = type != NULL ? PyUnicode_AsUTF8(type) : NULL;
    }
    if (text != NULL) {
        keep_type(view, text);
    }
    Py_XDECREF(type);
    Py_XDECREF(interface);
    PyErr_Clear();
}

static bool ask_for_less(struct view *view, PyObject *object, struct error *error)
{
    struct error refusal = *error;
    size_t i;

    for (i = 0; i < sizeof lesser / sizeof lesser[0]; i++) {
        struct text name = TEXT_INIT;

        if (!send(view->hold, object, lesser[i], error)) {
            if (error->kind == ERROR_INTERRUPTED) {
                return false;
            }
            continue;
        }
        request_text(lesser[i], &name);
        notes_add(&view->notes, "the exporter refuses FULL_RO (%s): this is its answer to %s", refusal.message,
                  text_string(&name));
        text_free(&name);
        if (!show_reply(view, error)) {
            return false;
        }
        read_type(view, object);
        read_user_type(view, object);
        return true;
    }
    *error = refusal;
    return false;
}

static bool read_memoryview(struct view *view, struct error *error)
{
    Py_buffer *buffer;

    if (!PyMemoryView_Check(view->hold->memoryview)) {
        return error_set(error, ERROR_PYTHON, "no memoryview was made");
    }
    buffer = PyMemoryView_GET_BUFFER(view->hold->memoryview);
    read_layout(&view->layout, buffer);
    view_set_content(view);
    return true;
}

static bool open_default(struct view *view, PyObject *object, struct error *error)
{
    bool sane;

    if (!send(view->hold, object, PyBUF_FULL_RO, error)) {
        return error->kind != ERROR_INTERRUPTED && ask_for_less(view, object, error);
    }
    sane = is_sane(&view->hold->reply, error);
    give_back(view->hold);
    if (!sane) {
        return false;
    }
    view->hold->memoryview = PyMemoryView_FromObject(object);
    return view->hold->memoryview != NULL ? read_memoryview(view, error) : interpreter_error(error);
}

bool view_open_contiguous(struct view *view, PyObject *object, const struct view_options *options,
                            struct error *error)
{
    const void *original;

    if (!send(view->hold, object, PyBUF_FULL_RO, error) || !is_sane(&view->hold->reply, error)) {
        return false;
    }
    /* A copy is made from the exporter's word: it must make sense before memory is read by it. */
    read_layout(&view->layout, &view->hold->reply);
    view_set_content(view);
    original = view->hold->reply.buf;
    if (!view->readable) {
        return error_set(error, ERROR_INPUT, "%s", view->notes.items[view->notes.count - 1]);
    }
    if (!dump_probe(&view->content, error)) {
        return false;
    }
    give_back(view->hold);
    view->hold->memoryview =
        PyMemoryView_GetContiguous(object, options->writable ? PyBUF_WRITE : PyBUF_READ, options->contiguous);
    if (view->hold->memoryview == NULL) {
        return interpreter_error(error);
    }
    view->have_copied = true;
    view->copied = PyMemoryView_GET_BUFFER(view->hold->memoryview)->buf != original;
    return read_memoryview(view, error);
}

/* Exactly one request: what the exporter left NULL is shown so. */
static bool open_request(struct view *view, PyObject *object, int request, struct error *error)
{
    if (!send(view->hold, object, request, error) || !show_reply(view, error)) {
        return false;
    }
    view->layout.given &= view->hold->reply.shape != NULL ? ~0u : ~(unsigned)LAYOUT_SHAPE;
    view->layout.given &= view->hold->reply.strides != NULL ? ~0u : ~(unsigned)LAYOUT_STRIDES;
    return true;
}

/* NumPy's arrays and scalars, and what is made from them. */
static bool is_numpys(PyObject *object)
{
    const PyTypeObject *type = Py_TYPE(object);

    while (type != NULL && strcmp(type->tp_name, "numpy.ndarray") != 0 && strcmp(type->tp_name, "numpy.generic") != 0) {
        type = type->tp_base;
    }
    return type != NULL;
}

/* What a format of NumPy's does not tell of structs. */
static void complete_type(struct view *view, PyObject *object)
{
    if (view->dtype.length == 0 && (view->layout.given & LAYOUT_FORMAT) && strchr(view->layout.format, '{') != NULL &&
        is_numpys(object)) {
        read_type(view, object);
    }
}

static bool open_buffer(struct view *view, PyObject *object, const struct view_options *options, struct error *error)
{
    if (!view_check(object, error)) {
        return false;
    }
    if (options->have_request) {
        return open_request(view, object, options->request, error);
    }
    if (options->contiguous != 0) {
        return view_open_contiguous(view, object, options, error);
    }
    return open_default(view, object, error);
}

bool view_open(struct view *view, PyObject *object, const struct view_options *options, struct error *error)
{
    bool ok;

    *view = (struct view){.notes = NOTES_INIT};
    view->hold = calloc(1, sizeof *view->hold);
    if (view->hold == NULL) {
        return error_no_memory(error);
    }
    if (options->have_via && options->via != PROTOCOL_BUFFER) {
        ok = view_open_via(view, object, options, error);
    } else if (!PyObject_CheckBuffer(object) && !options->have_via && !options->have_request) {
        ok = view_open_instead(view, object, options, error);
    } else {
        ok = open_buffer(view, object, options, error) ||
             (error->kind == ERROR_PYTHON && !options->have_via && !options->have_request &&
              view_open_refused(view, object, options, error));
    }
    if (ok) {
        complete_type(view, object);
    } else {
        view_close(view);
    }
    return ok;
}

void view_close(struct view *view)
{
    if (view->hold != NULL) {
        Py_CLEAR(view->hold->memoryview);
        give_back(view->hold);
        view_close_via(view);
        PyErr_Clear();
        free(view->hold);
        view->hold = NULL;
    }
    text_free(&view->dtype);
    text_free(&view->exact);
    notes_free(&view->notes);
}
