#include <Python.h>

#include "trace/builtin.h"

#include "base/text.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

enum {
    NAME = 100,        /* bytes of one that are shown */
    MOST_DEPTH = 64,   /* of types below types */
    MOST_LOOKS = 200000,
};

struct search {
    uintptr_t function;
    struct text *text;
    int looks;
};

static void put_name(struct text *text, const char *owner, const char *name)
{
    const char *last = strrchr(owner, '.');

    last = last != NULL ? last + 1 : owner;
    text_escape(text, last, strnlen(last, NAME));
    if (name != NULL) {
        text_putc(text, '.');
        text_escape(text, name, strnlen(name, NAME));
    }
}

static bool is_it(const struct search *search, const PyMethodDef *method)
{
    return method != NULL && (uintptr_t)method->ml_meth == search->function;
}

/* Cython's functions begin as Python's of C do, but are not derived from them. */
static bool is_cython(PyObject *value)
{
    PyTypeObject *type = Py_TYPE(value);

    return type->tp_basicsize > (Py_ssize_t)sizeof(PyCFunctionObject) && type->tp_itemsize == 0 &&
           strstr(type->tp_name, "cython_function_or_method") != NULL;
}

/* The method that something in a type's dictionary stands for; NULL for none. */
static const PyMethodDef *method_of(PyObject *value)
{
    if (PyCFunction_Check(value) || is_cython(value)) {
        return ((PyCFunctionObject *)value)->m_ml;
    }
    if (Py_IS_TYPE(value, &PyMethodDescr_Type) || Py_IS_TYPE(value, &PyClassMethodDescr_Type)) {
        return ((PyMethodDescrObject *)value)->d_method;
    }
    return NULL;
}

static bool look_through(struct search *search, PyObject *dict, const char *owner)
{
    PyObject *name, *value;
    Py_ssize_t place = 0;

    while (dict != NULL && PyDict_Check(dict) && PyDict_Next(dict, &place, &name, &value)) {
        const PyMethodDef *method = method_of(value);

        if (is_it(search, method)) {
            put_name(search->text, owner, method->ml_name);
            return true;
        }
        search->looks++;
    }
    return false;
}

static PyObject *dict_of(PyTypeObject *type)
{
#if PY_VERSION_HEX >= 0x030c0000
    return PyType_GetDict(type);
#else
    Py_XINCREF(type->tp_dict);
    return type->tp_dict;
#endif
}

/* A new list, by the method of type itself: a metaclass is not asked. */
static PyObject *subtypes_of(PyTypeObject *type)
{
    PyObject *list = PyObject_CallMethod((PyObject *)&PyType_Type, "__subclasses__", "O", type);

    PyErr_Clear();
    return list;
}

/* Each module of Cython's has a memoryview of its own, which asks for whatever its functions take. */
static bool is_means(const PyTypeObject *type)
{
    const char *last = strrchr(type->tp_name, '.');

    return last != NULL && strcmp(last + 1, "memoryview") == 0;
}

/* Slots that are called by the type's own name. */
static bool is_slot(const struct search *search, const PyTypeObject *type)
{
    return !is_means(type) &&
           ((uintptr_t)type->tp_new == search->function || (uintptr_t)type->tp_init == search->function ||
            (uintptr_t)type->tp_vectorcall == search->function);
}

static bool look_at(struct search *search, PyTypeObject *type)
{
    PyObject *dict = dict_of(type);
    bool found = look_through(search, dict, type->tp_name);

    Py_XDECREF(dict);
    if (!found && is_slot(search, type) && type->tp_base != NULL && !is_slot(search, type->tp_base)) {
        put_name(search->text, type->tp_name, NULL);
        found = true;
    }
    return found;
}

/* Those below a type; one that was changed by hand may be below itself. */
static bool look_below(struct search *search, PyTypeObject *type, int depth)
{
    PyObject *below = depth < MOST_DEPTH && search->looks < MOST_LOOKS ? subtypes_of(type) : NULL;
    bool found = look_at(search, type);
    Py_ssize_t i;

    for (i = 0; below != NULL && i < PyList_GET_SIZE(below) && !found; i++) {
        PyObject *subtype = PyList_GET_ITEM(below, i);

        found = PyType_Check(subtype) && look_below(search, (PyTypeObject *)subtype, depth + 1);
    }
    Py_XDECREF(below);
    return found;
}

/* --- all that there are --------------------------------------------------------------------------- */

static bool look_everywhere(uintptr_t function, struct text *text)
{
    struct search search = {.function = function, .text = text};
    PyObject *name, *module;
    Py_ssize_t place = 0;

    while (PyDict_Next(PyImport_GetModuleDict(), &place, &name, &module)) {
        const char *owner = PyModule_Check(module) && PyUnicode_Check(name) ? PyUnicode_AsUTF8(name) : NULL;

        if (owner == NULL) {
            PyErr_Clear();
        } else if (look_through(&search, PyModule_GetDict(module), owner)) {
            return true;
        }
    }
    return look_below(&search, &PyBaseObject_Type, 0);
}

/* --- those that were asked for before -------------------------------------------------------------- */

/* What was found, as long as no more modules are imported: there are few ways to ask, and many who take them. */
struct known {
    uintptr_t function; /* 0: none yet */
    Py_ssize_t modules; /* that there were */
    char name[256];     /* "" when none has it */
};

static struct known known[256];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of these; nothing of Python's is called with it */

static struct known *place_of(uintptr_t function)
{
    return &known[(function >> 4) % (sizeof known / sizeof known[0])];
}

static bool recall(uintptr_t function, Py_ssize_t modules, struct known *found)
{
    bool is_known;

    pthread_mutex_lock(&lock);
    *found = *place_of(function);
    is_known = found->function == function && found->modules == modules;
    pthread_mutex_unlock(&lock);
    return is_known;
}

/* Code that was made at run time may make room for other code. */
static bool stays(uintptr_t function)
{
    Dl_info info;

    return dladdr((const void *)function, &info) != 0;
}

static void remember(uintptr_t function, Py_ssize_t modules, const char *name)
{
    struct known found = {.function = function, .modules = modules};
    size_t length = strlen(name);

    if (length >= sizeof found.name || !stays(function)) {
        return;
    }
    memcpy(found.name, name, length);
    pthread_mutex_lock(&lock);
    *place_of(function) = found;
    pthread_mutex_unlock(&lock);
}

bool builtin_text(uintptr_t function, struct text *text)
{
    size_t before = text->length;
    struct known found;
    Py_ssize_t modules;

#ifdef Py_GIL_DISABLED
    return false; /* other threads change what would be looked through */
#endif
    if (function == 0) {
        return false;
    }
    modules = PyDict_Size(PyImport_GetModuleDict());
    if (!recall(function, modules, &found)) {
        bool is_there = look_everywhere(function, text);

        if (!text->failed) {
            remember(function, modules, is_there ? text_string(text) + before : "");
        }
        return is_there;
    }
    text_puts(text, found.name);
    return found.name[0] != '\0';
}
