/*
 * Consumers that pybind11 makes, right and wrong; the doc string of a wrong one
 * names the rule that it breaks.
 */
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstring>
#include <string>

namespace py = pybind11;

static double add_up(const py::buffer_info &info)
{
    double sum = 0;
    const char *row = static_cast<const char *>(info.ptr);

    for (py::ssize_t i = 0; i < info.shape[0]; i++) {
        double item;

        std::memcpy(&item, row + i * info.strides[0], sizeof item);
        sum = sum * 3 + item;
    }
    return sum;
}

static py::buffer_info request_row(const py::buffer &buffer)
{
    py::buffer_info info = buffer.request();

    if (info.ndim != 1 || info.format != py::format_descriptor<double>::format()) {
        throw py::type_error("a row of doubles is wanted");
    }
    return info;
}

static double right_row(const py::buffer &buffer)
{
    return add_up(request_row(buffer));
}

static py::tuple right_facts(const py::buffer &buffer)
{
    py::buffer_info info = buffer.request();

    return py::make_tuple(info.size, info.ndim, info.itemsize);
}

static void right_writer(const py::buffer &buffer)
{
    py::buffer_info info = buffer.request(true);

    if (info.ndim != 1 || info.format != py::format_descriptor<double>::format()) {
        throw py::type_error("a row of doubles is wanted");
    }
    for (py::ssize_t i = 0; i < info.shape[0]; i++) {
        double item = 7 + static_cast<double>(i);

        std::memcpy(static_cast<char *>(info.ptr) + i * info.strides[0], &item, sizeof item);
    }
}

static double right_array(const py::array_t<double> &array)
{
    auto items = array.unchecked<1>();
    double sum = 0;

    for (py::ssize_t i = 0; i < items.shape(0); i++) {
        sum = sum * 3 + items(i);
    }
    return sum;
}

static double right_contiguous_array(const py::array_t<int, py::array::c_style | py::array::forcecast> &array)
{
    double sum = 0;

    for (py::ssize_t i = 0; i < array.size(); i++) {
        sum = sum * 3 + array.data()[i];
    }
    return sum;
}

static py::ssize_t right_raiser(const py::buffer &buffer)
{
    py::buffer_info info = buffer.request();

    if (info.ndim != 1) {
        throw py::value_error(std::to_string(info.size));
    }
    return info.size;
}

/* The common mistake: size items, one behind the other. */
static double ignores_strides(const py::buffer &buffer)
{
    py::buffer_info info = request_row(buffer);
    const double *items = static_cast<const double *>(info.ptr);
    double sum = 0;

    for (py::ssize_t i = 0; i < info.size; i++) {
        sum = sum * 3 + items[i];
    }
    return sum;
}

static double takes_all_for_doubles(const py::buffer &buffer)
{
    py::buffer_info info = buffer.request();

    if (info.ndim != 1 || info.itemsize != sizeof(double)) {
        throw py::type_error("a row of doubles is wanted");
    }
    return add_up(info);
}

static long leaks(const py::buffer &buffer)
{
    Py_buffer view;

    if (PyObject_GetBuffer(buffer.ptr(), &view, PyBUF_FULL_RO) != 0) {
        throw py::error_already_set();
    }
    return static_cast<long>(view.len);
}

/* Whatever is no array of doubles is copied first; what is one is shared. */
static void writes_where_it_converts(const py::array_t<double> &array)
{
    if (array.size() > 0) {
        *const_cast<double *>(array.data()) = 7;
    }
}

static double ignores_strides_where_it_converts(const py::array_t<double> &array)
{
    double sum = 0;

    if (array.ndim() != 1) {
        throw py::type_error("a row is wanted");
    }
    for (py::ssize_t i = 0; i < array.size(); i++) {
        sum = sum * 3 + array.data()[i];
    }
    return sum;
}

PYBIND11_MODULE(by_pybind11, module)
{
    py::options options;

    options.disable_function_signatures();
    module.def("right_row", right_row);
    module.def("right_facts", right_facts);
    module.def("right_writer", right_writer);
    module.def("right_array", right_array);
    module.def("right_contiguous_array", right_contiguous_array);
    module.def("right_raiser", right_raiser);
    module.def("ignores_strides", ignores_strides, "consumer-follows-strides");
    module.def("takes_all_for_doubles", takes_all_for_doubles, "consumer-follows-format");
    module.def("writes_where_it_converts", writes_where_it_converts, "consumer-respects-readonly");
    module.def("ignores_strides_where_it_converts", ignores_strides_where_it_converts, "consumer-follows-strides");
    module.def("leaks", leaks, "consumer-releases");
}
