#include <Python.h>

#include "python/instead.h"

#include "base/text.h"
#include "protocol/telling.h"
#include "python/interpreter.h"
#include "python/via.h"

#include <stdlib.h>
#include <string.h>

/* What a type may have instead of a buffer, and how to get at a buffer through it. */
static const struct {
    const char *package;   /* with which the type's name begins; NULL: any */
    const char *attribute; /* NULL: none, the package says it all */
    const char *hint;
    const char *unless; /* an attribute by which it is known that the other means something else; or NULL */
} instead[] = {
    {"_cffi_backend.", NULL, "ffi.buffer(EXPR)", NULL},
    {"torch.storage.UntypedStorage", NULL, "torch.empty(0, dtype=torch.uint8).set_(EXPR)", NULL},
    {"torch.storage.TypedStorage", NULL, "torch.empty(0, dtype=(EXPR).dtype).set_(EXPR)", NULL},
    {NULL, "register_parameter", "list((EXPR).parameters())[0].detach()", NULL}, /* torch's modules */
    {"PyQt", "constBits", "(EXPR).constBits().asarray((EXPR).sizeInBytes())", NULL},
    {"PySide", "constBits", "(EXPR).constBits()", NULL},
    {NULL, "__array_interface__", "numpy.asarray(EXPR)", NULL},
    {NULL, "__array_struct__", "numpy.asarray(EXPR)", NULL},
    {NULL, "__dlpack__", "numpy.from_dlpack(EXPR)", NULL},
    {NULL, "__arrow_c_array__", "pyarrow.array(EXPR).buffers()[-1]", NULL},
    {NULL, VIA_STREAM, "pyarrow.chunked_array(EXPR).chunk(0).buffers()[-1]", NULL},
    {NULL, "__cuda_array_interface__", "memory of a GPU", NULL},
    {NULL, "__array__", "numpy.asarray(EXPR)", NULL},
    {NULL, "buf", "(EXPR).buf", NULL},
    {NULL, "get_buffer", "(EXPR).get_buffer()", "register_parameter"},
    {NULL, "get_obj", "(EXPR).get_obj()", NULL},
    {NULL, "getbuffer", "(EXPR).getbuffer()", NULL},
    {NULL, "to_numpy", "(EXPR).to_numpy()", NULL},
    {NULL, "numpy", "(EXPR).numpy()", NULL},
    {NULL, "tobytes", "(EXPR).tobytes()", NULL},
    {NULL, "__bytes__", "bytes(EXPR)", NULL},
    {NULL, "read", "(EXPR).read()", NULL},
    {NULL, "encode", "(EXPR).encode()", NULL},
};

/* What an object may be for now, so that none of its ways leads to a buffer, and what it is to be made first. */
static const struct {
    const char *package;
    const char *state;     /* true, or a method that says so */
    const char *attribute; /* NULL: nothing helps */
    const char *hint;
} states[] = {
    {"torch.", "is_meta", NULL, "it is on the device meta, where there is no memory"},
    {"torch.", "is_nested", "unbind", "(EXPR).unbind()[0]"},
    {"torch.", "is_sparse", "coalesce", "(EXPR).detach().coalesce().values()"},
    {"torch.", "is_sparse_csr", "values", "(EXPR).detach().values()"},
    {"torch.", "is_mkldnn", "to_dense", "(EXPR).detach().to_dense()"},
    {"torch.", "is_quantized", "int_repr", "(EXPR).int_repr()"},
    {"torch.", "is_conj", "resolve_conj", "(EXPR).detach().resolve_conj()"},
    {"torch.", "requires_grad", "detach", "(EXPR).detach()"},
};

enum { STATES = sizeof states / sizeof states[0] };

static bool is_so(PyObject *object, const char *state)
{
    PyObject *value = PyObject_GetAttrString(object, state);
    bool so;

    if (value != NULL && PyCallable_Check(value)) {
        Py_SETREF(value, PyObject_CallObject(value, NULL));
    }
    so = value == Py_True;
    Py_XDECREF(value);
    PyErr_Clear();
    return so;
}

/* The place of the state that it is in; STATES for none. */
static size_t find_state(PyObject *object, const char *name)
{
    size_t i;

    for (i = 0; i < STATES; i++) {
        if (strncmp(name, states[i].package, strlen(states[i].package)) == 0 && is_so(object, states[i].state)) {
            return i;
        }
    }
    return STATES;
}

static bool is_protocol(const char *attribute)
{
    int protocol;

    for (protocol = PROTOCOL_BUFFER + 1; protocol < PROTOCOL_COUNT; protocol++) {
        if (attribute != NULL && strcmp(protocol_attribute((enum protocol)protocol), attribute) == 0) {
            return true;
        }
    }
    return attribute != NULL && strcmp(attribute, VIA_STREAM) == 0;
}

static const struct instead_tried *find_tried(const struct instead_tried *tried, size_t count, const char *attribute)
{
    size_t i;

    for (i = 0; i < count && attribute != NULL; i++) {
        if (strcmp(tried[i].attribute, attribute) == 0) {
            return &tried[i];
        }
    }
    return NULL;
}

/* ", but A (WHY IT FAILED), B (try X)": the ways to a buffer that an object has. */
static void tell_instead(struct text *has, PyObject *object, const char *name, const struct instead_tried *tried,
                         size_t count)
{
    PyObject *type = (PyObject *)Py_TYPE(object);
    size_t state = find_state(object, name);
    size_t i;

    for (i = 0; i < count; i++) {
        if (*tried[i].attribute == '\0') {
            text_printf(has, ": %s", tried[i].why.message);
        }
    }
    for (i = 0; i < sizeof instead / sizeof instead[0]; i++) {
        const char *package = instead[i].package;
        const char *attribute = instead[i].attribute;
        const struct instead_tried *was = find_tried(tried, count, attribute);

        if ((tried != NULL && was == NULL && is_protocol(attribute)) || (was == NULL && state < STATES)) {
            continue; /* its objects have it, or so it seems, and this one has not, or not as it is now */
        }
        if ((package != NULL && strncmp(name, package, strlen(package)) != 0) ||
            (attribute != NULL && was == NULL && !PyObject_HasAttrString(type, attribute)) ||
            (instead[i].unless != NULL && PyObject_HasAttrString(type, instead[i].unless))) {
            continue;
        }
        text_printf(has, "%s%s%s (%s%s)", has->length == 0 ? ", but" : ",", attribute != NULL ? " " : "",
                    attribute != NULL ? attribute : "", was != NULL ? "" : "try ",
                    was != NULL ? was->why.message : instead[i].hint);
    }
    if (state < STATES && states[state].attribute != NULL) {
        text_printf(has, "%s %s (try %s)", has->length == 0 ? ", but" : ",", states[state].attribute, states[state].hint);
    } else if (state < STATES) {
        text_printf(has, ": %s", states[state].hint);
    }
}

bool instead_refuse(PyObject *object, const struct instead_tried *tried, size_t count, struct error *error)
{
    struct text has = TEXT_INIT;
    char *name = interpreter_type_name(object);

    if (object == Py_None) {
        error_set(error, ERROR_INPUT, "the expression gives None, which has no buffer");
    } else {
        tell_instead(&has, object, name != NULL ? name : "", tried, count);
        error_set(error, ERROR_INPUT, "type '%s' has no buffer%s", name != NULL ? name : "?", text_string(&has));
    }
    text_free(&has);
    free(name);
    PyErr_Clear();
    return false;
}
