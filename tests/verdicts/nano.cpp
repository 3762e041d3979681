// For which T nanobind takes an object as ndarray<T> and ndarray<const T>, without conversion.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <complex>
#include <cstdint>

namespace nb = nanobind;

template <typename T> static bool takes(nb::handle object)
{
    nb::ndarray<T> array;

    return nb::try_cast<nb::ndarray<T>>(object, array, false) && array.is_valid();
}

// There is no such ndarray.
template <> bool takes<std::complex<long double>>(nb::handle)
{
    return false;
}
template <> bool takes<const std::complex<long double>>(nb::handle)
{
    return false;
}

template <bool readonly> static nb::list ndarray(nb::handle object)
{
    nb::list fitting;

#define ELEMENT(name, ...)                                                                     \
    if (takes<std::conditional_t<readonly, const __VA_ARGS__, __VA_ARGS__>>(object)) { \
        fitting.append(name);                                                                  \
    }
#include "elements.inc"
#undef ELEMENT
    return fitting;
}

NB_MODULE(nano, module)
{
    module.def("ndarray", ndarray<false>);
    module.def("ndarray_const", ndarray<true>);
}
