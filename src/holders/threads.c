#include "holders/threads.h"

#include "base/text.h"
#include "holders/instance.h"
#include "holders/step.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

/* threading's own table, read as it is: borrowed, or NULL. */
static PyObject *thread_object(PyThreadState *thread, const struct roots *roots)
{
    PyObject *active = NULL, *key, *value;
    Py_ssize_t place = 0;
    size_t i;

    for (i = 0; i < roots->count && active == NULL; i++) {
        if (PyUnicode_CompareWithASCIIString(roots->modules[i].module, "threading") == 0) {
            active = dict_value(roots->modules[i].dict, "_active");
        }
    }
    while (active != NULL && PyDict_Check(active) && PyDict_Next(active, &place, &key, &value)) {
        if (PyLong_CheckExact(key) && PyLong_AsUnsignedLongMask(key) == thread->thread_id) {
            return value;
        }
    }
    return NULL;
}

void threads_put(struct text *text, PyThreadState *thread, const struct roots *roots)
{
    PyObject *object, *name;

    if (thread == NULL || thread == PyThreadState_Get()) {
        return;
    }
    object = thread_object(thread, roots);
    name = object != NULL ? instance_value(object, "_name") : NULL;
    text_puts(text, " in thread ");
    if (name != NULL && PyUnicode_CheckExact(name)) {
        step_put_string(text, name);
    } else {
        text_printf(text, "%lu", thread->thread_id);
    }
}

/* Does the system still run it?  Only then may its stack be asked for. */
static bool is_alive(PyThreadState *thread, const struct roots *roots)
{
    unsigned long number = 0;
    char path[64];

#if PY_VERSION_HEX >= 0x030b0000
    (void)roots;
    number = thread->native_thread_id;
#else
    PyObject *object = thread_object(thread, roots);
    PyObject *native = object != NULL ? instance_value(object, "_native_id") : NULL;

    number = native != NULL && PyLong_CheckExact(native) ? PyLong_AsUnsignedLongMask(native) : 0;
#endif
    snprintf(path, sizeof path, "/proc/self/task/%lu", number);
    return number > 0 && access(path, F_OK) == 0;
}

static bool is_on_stack(pthread_t thread, uintptr_t address)
{
    pthread_attr_t attributes;
    void *begin = NULL;
    size_t size = 0;

    if (pthread_getattr_np(thread, &attributes) != 0) {
        return false;
    }
    if (pthread_attr_getstack(&attributes, &begin, &size) != 0) {
        size = 0;
    }
    pthread_attr_destroy(&attributes);
    return address - (uintptr_t)begin < size;
}

/* The stack grows down: what returned lies below this function's own. */
static bool is_in_use_here(const struct heap *heap, PyThreadState *thread, uintptr_t address)
{
    uintptr_t here = (uintptr_t)&address;
    size_t i;

    for (i = 0; i < heap->frames; i++) {
        if (heap->owners[i] == thread) {
            return address > here && is_on_stack(pthread_self(), address);
        }
    }
    return false;
}

PyThreadState *threads_on_stack(const struct heap *heap, const struct roots *roots, uintptr_t address)
{
    PyThreadState *own = PyThreadState_Get();
    size_t i;

    for (i = heap->frames; i < heap->frames + heap->threads; i++) {
        PyThreadState *thread = heap->owners[i];

        if (thread == own ? is_in_use_here(heap, thread, address)
                          : is_alive(thread, roots) && is_on_stack((pthread_t)thread->thread_id, address)) {
            return thread;
        }
    }
    return NULL;
}
