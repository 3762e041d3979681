#include "holders/roots.h"

#include <stdlib.h>

static int by_dict(const void *left, const void *right)
{
    uintptr_t a = (uintptr_t)((const struct root *)left)->dict;
    uintptr_t b = (uintptr_t)((const struct root *)right)->dict;

    return a < b ? -1 : a > b;
}

static bool is_main(PyObject *name)
{
    return PyUnicode_CompareWithASCIIString(name, "__main__") == 0;
}

/* One name for each; __main__ has others, too. */
static void drop_aliases(struct roots *roots)
{
    size_t kept = 0;
    size_t i;

    for (i = 0; i < roots->count; i++) {
        if (kept == 0 || roots->modules[kept - 1].dict != roots->modules[i].dict) {
            roots->modules[kept++] = roots->modules[i];
        } else if (is_main(roots->modules[i].module)) {
            roots->modules[kept - 1] = roots->modules[i];
        }
    }
    roots->count = kept;
}

bool roots_begin(struct roots *roots, const PyObject *more, const char *more_name)
{
    PyObject *modules = PyImport_GetModuleDict();
    PyObject *name, *module;
    Py_ssize_t place = 0;

    *roots = (struct roots){.modules = calloc((size_t)PyDict_Size(modules) + 1, sizeof roots->modules[0]),
                            .more = more,
                            .more_name = more_name};
    if (roots->modules == NULL) {
        return false;
    }
    while (PyDict_Next(modules, &place, &name, &module)) {
        if (PyUnicode_Check(name) && PyModule_Check(module)) {
            roots->modules[roots->count++] = (struct root){PyModule_GetDict(module), name};
        }
    }
    qsort(roots->modules, roots->count, sizeof roots->modules[0], by_dict);
    drop_aliases(roots);
    return true;
}

void roots_end(struct roots *roots)
{
    free(roots->modules);
}

PyObject *roots_module(const struct roots *roots, const PyObject *dict)
{
    struct root wanted = {.dict = (PyObject *)(uintptr_t)dict};
    const struct root *found =
        bsearch(&wanted, roots->modules, roots->count, sizeof roots->modules[0], by_dict);

    return found != NULL ? found->module : NULL;
}

bool roots_has(const struct roots *roots, const struct heap *heap, size_t member)
{
    PyObject *object = heap->members[member];

    return member < heap->frames + heap->threads || object == roots->more || PyModule_Check(object) ||
           PyType_Check(object) || (PyDict_Check(object) && roots_module(roots, object) != NULL);
}
