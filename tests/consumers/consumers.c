#include "consumers.h"

bool is_known(const char *format, Py_ssize_t itemsize)
{
    static const char codes[] = "BbcHhIiLlQqfd";
    static const size_t sizes[] = {1, 1, 1, 2, 2, 4, 4, sizeof(long), sizeof(long), 8, 8, 4, 8};
    const char *code = format != NULL && format[0] != '\0' ? strchr(codes, format[0]) : NULL;

    return format == NULL || (code != NULL && format[1] == '\0' && sizes[code - codes] == (size_t)itemsize);
}

#define VALUE(type)                                                                                          \
    do {                                                                                                     \
        type value;                                                                                          \
        memcpy(&value, at, sizeof value);                                                                    \
        return (double)value;                                                                                \
    } while (0)

double item_value(const char *format, Py_ssize_t itemsize, const unsigned char *at)
{
    (void)itemsize;
    switch (format != NULL ? format[0] : 'B') {
    case 'b':
        VALUE(int8_t);
    case 'H':
        VALUE(uint16_t);
    case 'h':
        VALUE(int16_t);
    case 'I':
        VALUE(uint32_t);
    case 'i':
        VALUE(int32_t);
    case 'L':
    case 'Q':
        VALUE(uint64_t);
    case 'l':
    case 'q':
        VALUE(int64_t);
    case 'f':
        VALUE(float);
    case 'd':
        VALUE(double);
    default:
        VALUE(uint8_t);
    }
}

static double sum_from(const Py_buffer *view, int dimension, const unsigned char *at)
{
    double sum = 0;
    Py_ssize_t i;

    if (dimension == view->ndim) {
        return item_value(view->format, view->itemsize, at);
    }
    for (i = 0; i < view->shape[dimension]; i++) {
        const unsigned char *item = at + i * view->strides[dimension];

        if (view->suboffsets != NULL && view->suboffsets[dimension] >= 0) {
            item = *(unsigned char *const *)(const void *)item + view->suboffsets[dimension];
        }
        /* so that the order counts */
        sum = sum * 3 + sum_from(view, dimension + 1, item);
        sum -= sum > 1e12 ? 1e12 : 0;
    }
    return sum;
}

double sum_view(const Py_buffer *view)
{
    return sum_from(view, 0, view->buf);
}

static int add_methods(PyObject *module)
{
    PyMethodDef *const tables[] = {right_methods, wrong_requests_methods, wrong_memory_methods, wrong_results_methods,
                                    keeper_methods};
    size_t i;

    for (i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        if (PyModule_AddFunctions(module, tables[i]) != 0) {
            return -1;
        }
    }
    return add_keeper(module);
}

PyMODINIT_FUNC PyInit_consumers(void)
{
    static struct PyModuleDef definition = {
        .m_base = PyModuleDef_HEAD_INIT, .m_name = "consumers", .m_doc = "Consumers of buffers, right and wrong."};
    PyObject *module = PyModule_Create(&definition);

    if (module != NULL && add_methods(module) != 0) {
        Py_CLEAR(module);
    }
    return module;
}
