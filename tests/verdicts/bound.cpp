// What pybind11 makes of a buffer, and for which T.
#include <pybind11/complex.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <complex>
#include <cstdint>

namespace py = pybind11;

#define RECORD_TYPE
#define ELEMENT(name, type)
#include "elements.inc"
#undef ELEMENT
#undef RECORD_TYPE

// The names of the T that buffer_info takes the items for; what request() throws goes through.
static py::list buffer_info(py::buffer object)
{
    py::buffer_info info = object.request();
    py::list fitting;

#define ELEMENT(name, type)                        \
    if (info.item_type_is_equivalent_to<type>()) { \
        fitting.append(name);                      \
    }
#include "elements.inc"
#undef ELEMENT
    return fitting;
}

// py::array::ensure, which array_t<T> is about.
static py::object array(py::object object)
{
    py::array made = py::array::ensure(object);

    if (!made) {
        throw py::type_error("not an array");
    }
    return std::move(made);
}

// The names of the T for which array_t<T> takes the object as it is.
static py::list array_t_as_it_is(py::object object)
{
    py::list fitting;

#define ELEMENT(name, type)                         \
    if (py::isinstance<py::array_t<type>>(object)) { \
        fitting.append(name);                       \
    }
#define RECORD(name, type, ...) ELEMENT(name, type)
#include "elements.inc"
#undef RECORD
#undef ELEMENT
    return fitting;
}

PYBIND11_MODULE(bound, module)
{
#define ELEMENT(name, type)
#define RECORD(name, type, ...) PYBIND11_NUMPY_DTYPE(type, __VA_ARGS__);
#include "elements.inc"
#undef RECORD
#undef ELEMENT
    module.def("buffer_info", buffer_info);
    module.def("array", array);
    module.def("array_t_as_it_is", array_t_as_it_is);
}
