#include <Python.h>

#include "trace/subject.h"

#include <string.h>

enum { FAMILIES = 3 };

static const char hidden[] = "_io._BytesIOBuffer", /* has a BytesIO behind it */
    stream[] = "_io.BytesIO";

static const struct {
    const char *words;
    const char *families[FAMILIES];
} errors[] = {
    {"Existing exports of data: object cannot be re-sized", {"bytearray", hidden, stream}},
    {"cannot resize an array that is exporting buffers", {"array.array", NULL, NULL}},
    {"cannot close exported pointers exist", {"mmap.mmap", NULL, NULL}},
    {"mmap can't resize with extant buffers exported.", {"mmap.mmap", NULL, NULL}},
    {": memoryview has ", {"memoryview", NULL, NULL}},
};

enum { ERRORS = sizeof errors / sizeof errors[0] };

static size_t find_error(const char *exception)
{
    size_t i = 0;

    while (i < ERRORS && strstr(exception, errors[i].words) == NULL) {
        i++;
    }
    return i;
}

static const char *find_family(size_t error, const char *name)
{
    size_t i;

    for (i = 0; i < FAMILIES && errors[error].families[i] != NULL; i++) {
        if (strcmp(errors[error].families[i], name) == 0) {
            return errors[error].families[i];
        }
    }
    return NULL;
}

bool subject_is_known(const char *exception)
{
    return find_error(exception) < ERRORS;
}

const char *subject_family(PyTypeObject *type)
{
    const char *family = NULL;
    size_t error;

    for (; type != NULL && family == NULL; type = type->tp_base) {
        for (error = 0; error < ERRORS && family == NULL; error++) {
            family = find_family(error, type->tp_name);
        }
    }
    return family;
}

bool subject_has_family(const char *exception, const char *family)
{
    size_t error = find_error(exception);

    return error < ERRORS && family != NULL && find_family(error, family) != NULL;
}

bool subject_is_of(const char *exception, PyObject *object)
{
    return subject_has_family(exception, subject_family(Py_TYPE(object)));
}

static int take_first(PyObject *object, void *first)
{
    if (object != NULL && !PyType_Check(object) && *(PyObject **)first == NULL) {
        *(PyObject **)first = object;
    }
    return 0;
}

PyObject *subject_behind(PyObject *exporter)
{
    PyTypeObject *type = Py_TYPE(exporter);
    PyObject *object = NULL;

    if (subject_is_hidden(type->tp_name) && type->tp_traverse != NULL) {
        type->tp_traverse(exporter, take_first, &object);
    }
    return object != NULL ? object : exporter;
}

bool subject_is_hidden(const char *type)
{
    return strcmp(type, hidden) == 0;
}
