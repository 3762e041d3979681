"""The element types that are compiled: each T by the name that --requests gives it.

    elements.py cython     prints typed.pyx: a function for each T, number of dimensions and mode
    elements.py c++        prints elements.inc: ELEMENT("T", T) and RECORD("T", T, its members) for bound.cpp and nano.cpp
"""

import math
import re
import sys

INTEGERS = ["char", "signed char", "unsigned char", "short", "unsigned short", "int", "unsigned int", "long",
            "unsigned long", "long long", "unsigned long long", "Py_ssize_t", "size_t"]
SIZED = [f"{sign}int{bits}_t" for bits in (8, 16, 32, 64) for sign in ("", "u")]
CYTHON = INTEGERS + SIZED + ["float", "double", "long double", "float complex", "double complex",
                             "long double complex", "object"]
CXX = ["bool"] + [name for name in INTEGERS if name != "Py_ssize_t"] + SIZED + [
    "float", "double", "long double", "std::complex<float>", "std::complex<double>", "std::complex<long double>"]

# Layouts that the objects have; what --requests names beside these is complained of by compare.py.
RECORDS = [
    "packed struct {int32_t a; double b;}",
    "struct {int32_t a; double b;}",
    "packed struct {int32_t f0; double f1;}",
    "struct {int32_t f0; double f1;}",
    "packed struct {uint8_t f0; double f1;}",
    "struct {int8_t f0; double f1;}",
    "packed struct {double a; int8_t b;}",
    "struct {double a; int8_t b;}",
    "packed struct {double a; int32_t b;}",
    "struct {int32_t a; int32_t b;}",
    "struct {int32_t f0; int32_t f1;}",
    "struct {int32_t f0; float f1;}",
    "struct {int16_t f0; int16_t f1;}",
    "struct {int8_t a[2][3]; char b[3];}",
    "struct {int8_t a; int32_t b;}",
    "struct {char f0[1];}",
    "struct {char f0[5];}",
    "struct {int32_t f0[2][2];}",
    "struct {int32_t a;}",
    "struct {int32_t f0;}",
    "struct {int32_t a[2];}",
    "struct {int16_t a[2];}",
    "struct {char a[3];}",
    "struct {float a[2][3]; char b[8];}",
    "struct {float re; float im;}",
    "struct {float f0; float f1;}",
    "struct {double re; double im;}",
    "struct {int32_t a; struct {int16_t x; float y;} n;}",
    "struct {struct {int32_t x; int8_t y;} a; int8_t b;}",
    "struct {int32_t x; int32_t y;}",
    "struct {int32_t name;}",
    "struct {double d;}",
    "struct {double m[2][2];}",
    "struct {double m[3][2];}",
    "struct {float x; float y; float z;}",
    "struct {uint8_t rgb[3];}",
    "struct {uint8_t rgb[3]; uint16_t a;}",
    "packed struct {uint8_t rgb[3]; uint16_t a;}",
    "struct {int8_t a; long double b;}",
    "struct {int64_t n; uint64_t N; uint64_t P;}",
    "struct {struct {int32_t x; int32_t y;} m;}",
    "struct {char f0[2];}",
    "struct {char a[3]; char b[2];}",
    "struct {int8_t a; int16_t b; int32_t c; int64_t d;}",
    "packed struct {int8_t a; int16_t b; int32_t c; int64_t d;}",
    "struct {struct {struct {float c;} b;} a;}",
    "struct {int8_t a; double b;}",
    "packed struct {int8_t a; double b;}",
    "struct {uint8_t a; double b;}",
    "packed struct {uint8_t a; double b;}",
    "struct {double b; int8_t a;}",
    "struct {struct {int8_t a; double b;} a; struct {int32_t a; int32_t b;} b;}",
    "struct {char f0[4];}",
    "struct {char f0[8];}",
    "struct {uint8_t a; uint8_t b;}",
    "struct {int32_t a; float b[4];}",
    "struct {int32_t x;}",
    "packed struct {int32_t f0; int16_t f1;}",
    "struct {int32_t a; int32_t f1;}",
    "struct {int32_t a[1];}",
    "struct {long double a;}",
    "struct {int32_t a[2][3]; double b[2];}",
    "struct {struct {int16_t x; int16_t y;} a; int32_t b;}",
    "struct {uint8_t a; struct {uint8_t x; int32_t y;} n; uint8_t z;}",
    "struct {int64_t index; int64_t a; double b;}",
    "struct {int16_t lo; int16_t hi;}",
]
# Those of types that the two spell differently; arrays of structures crash Cython's compiler.
CYTHON_RECORDS = RECORDS + ["packed struct {uint8_t f0; float f1;}", "struct {long double a; double complex b;}", "struct {char s[5]; uint8_t b;}",
                              "struct {float complex a; float b;}"]
CXX_RECORDS = RECORDS + ["struct {struct {int32_t x; int32_t y;} m[2];}",
                         "struct {struct {int32_t x; int32_t y;} p[2]; float w;}",
                         "struct {long double a; std::complex<double> b;}", "packed struct {bool f0; float f1;}",
                         "struct {char s[5]; bool b;}", "struct {bool a; bool b;}",
                         "struct {std::complex<float> a; float b;}"]
MODES = ["strided", "c", "fortran", "const strided", "const c", "const fortran"]


def members(record):
    """[(type, name, "[2][3]")]: of a structure, too, that has structures for members."""
    found, depth, start = [], 0, record.index("{") + 1
    for place in range(start, len(record) - 1):
        depth += {"{": 1, "}": -1}.get(record[place], 0)
        if record[place] == ";" and depth == 0:
            found.append(re.fullmatch(r" ?(.+) (\w+)((?:\[\d+\])*)", record[start:place]).groups())
            start = place + 1
    return found


def declarations(record, name):
    """(record, name) of it, behind those of the structures in it; [(type's name, name, dims)] of its members"""
    inner, own = [], []
    for kind, member, dims in members(record):
        if "{" in kind:
            inner += declarations(kind, f"{name}_{member}")
            kind = f"{name}_{member}"
        own.append((kind, member, dims))
    return inner + [(record, name, own)]


SIZES = {"char": 1, "bool": 1, "float": 4, "double": 8, "long double": 16, "float complex": 8, "double complex": 16, "long double complex": 32}
BYTES = {"char", "int8_t", "uint8_t"}


def size_of(kind):
    return SIZES.get(kind) or int(re.search(r"\d+", kind)[0]) // 8


def leaves(record):
    """[(type, offset, dims)] of a structure's members, those of the structures in it among them; its size; its alignment"""
    found, end, whole = [], 0, 1
    for kind, _, dims in members(record):
        inner, size, align = leaves(kind) if "{" in kind else ([(kind, 0, dims)], size_of(kind), size_of(kind))
        align = 1 if record.startswith("packed") else align // 2 if "complex" in kind else align
        end = -(-end // align) * align
        found += [(name, end + offset, own or dims) for name, offset, own in inner]
        end += size * math.prod(map(int, re.findall(r"\d+", dims)))
        whole = max(whole, align)
    return found, -(-end // whole) * whole, whole


def layout(record):
    """The same for two records whose members lie at the same places, whatever they are called."""
    found, size, _ = leaves(record)
    return tuple(found), size


def alike(one, other):
    """Layouts that differ in the sign of bytes only, where one has char for it; no names of single types."""
    return not isinstance(one, str) and not isinstance(other, str) and one[1] == other[1] and \
        len(one[0]) == len(other[0]) and all(
        a[1:] == b[1:] and (a[0] == b[0] or "char" in (a[0], b[0]) and {a[0], b[0]} <= BYTES)
        for a, b in zip(one[0], other[0]))


def brackets(mode, ndim):
    dims = [":"] * ndim
    if mode.endswith("c"):
        dims[-1] = "::1"
    elif mode.endswith("fortran"):
        dims[0] = "::1"
    return ", ".join(dims)


def cython():
    print("# cython: language_level=3, binding=False\nfrom libc.stdint cimport *\n\nTYPED = {}\n")
    names = [(name, name) for name in CYTHON]
    for number, record in enumerate(CYTHON_RECORDS):
        for text, whole, fields in declarations(record, f"Record{number}"):
            print(f"cdef {text.partition(' {')[0]} {whole}:")
            for kind, name, dims in fields:
                print(f"    {kind} {name}{dims}")
        names.append((record, f"Record{number}"))
    for place, (name, spelled) in enumerate(names):
        for mode in MODES:
            for ndim in (1, 2, 3):
                if mode.startswith("const") and name == "object" or mode.endswith("fortran") and ndim == 1:
                    continue
                const = "const " if mode.startswith("const") else ""
                function = f"{mode.replace(' ', '_')}_{ndim}_{place}"
                print(f"def {function}({const}{spelled}[{brackets(mode, ndim)}] m):\n    return m.shape[0]")
                print(f"TYPED[{name!r}, {mode!r}, {ndim}] = {function}")
    for mode in MODES:  # more dimensions cannot be written
        function = f"{mode.replace(' ', '_')}_7"
        print(f"def {function}({'const ' * mode.startswith('const')}double[{brackets(mode, 7)}] m):\n    return m.shape[0]")
        print(f"TYPED['double', {mode!r}, 7] = {function}")


def cxx():
    for name in CXX:
        print(f'ELEMENT("{name}", {name})')
    print("#ifdef RECORD")
    for number, record in enumerate(CXX_RECORDS):
        for text, whole, fields in declarations(record, f"Record{number}"):
            print(f'RECORD("{text}", {whole}, {", ".join(name for _, name, _ in fields)})')
    print("#endif\n#ifdef RECORD_TYPE")
    for number, record in enumerate(CXX_RECORDS):
        for text, whole, fields in declarations(record, f"Record{number}"):
            packed = " __attribute__((packed))" if text.startswith("packed") else ""
            print(f"struct {whole} {{ {' '.join(f'{kind} {name}{dims};' for kind, name, dims in fields)} }}{packed};")
    print("#endif")


if __name__ == "__main__":
    {"cython": cython, "c++": cxx}[sys.argv[1]]()
