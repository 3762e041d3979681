#include <Python.h>

#include "python/wrap.h"

#include "python/interpreter.h"
#include "source/source.h"

bool source_wrap(struct source *source, struct error *error)
{
    const struct layout *layout = &source->layout;
    Py_buffer buffer = {
        /* PyMemoryView_FromBuffer refuses NULL, which is what an empty file has */
        .buf = layout->buf != NULL ? (void *)(uintptr_t)layout->buf : (void *)source,
        .len = layout->len,
        .itemsize = layout->itemsize,
        .readonly = 1,
        .ndim = layout->ndim,
        .format = (char *)(uintptr_t)layout->format,
        .shape = (Py_ssize_t *)(uintptr_t)layout->shape,
        .strides = (Py_ssize_t *)(uintptr_t)layout->strides,
    };

    if (!source->from_file) {
        return true;
    }
    if (!interpreter_need(error)) {
        return false;
    }
    source->object = PyMemoryView_FromBuffer(&buffer);
    return source->object != NULL || interpreter_error(error);
}

void source_release(struct source *source)
{
    Py_CLEAR(source->object);
    source_close(source);
}
