"""The real consumers: what --requests says of them is compared with what they do.

    consume.py [old|torch] <JOBS >RESULTS

A job is a line of JSON: {"setup": [statements], "expression": text, "rows": [names]}; its result is one, too:
{"ROW": {"reads": bool, "why": text, "types": [names] or null, "killed": bool}}.  Each object meets its consumers in a
child process; where one ends, another goes on with the same try, and only what it kills as its first is said to kill.
With "old", NumPy is that of old/; with "torch", nothing is needed but torch and NumPy.
"""

import ctypes
import itertools
import json
import os
import pathlib
import signal
import sys
import warnings

BUILT = pathlib.Path(os.environ.get("MVIEW_VERDICTS", sys.prefix))
LIB = pathlib.Path(__file__).resolve().parent.parent / "lib"
sys.path[:0] = [str(BUILT), str(BUILT.parent), str(LIB)] + ([str(BUILT / "old")] if "old" in sys.argv else [])

import numpy as np  # noqa: E402

import elements  # noqa: E402
from standard_consumers import STANDARD  # noqa: E402

warnings.simplefilter("ignore")
KILLED = "killed"  # the process, by what was done
SECONDS = 0.5  # of the processor's time: no try takes as long
TOGETHER = 300  # by the clock: no object takes as long with all consumers, however busy the machine


ctypes_object = ctypes.c_int.__mro__[2]


class Refused(Exception):
    pass


# --- arrays -----------------------------------------------------------------------------------------------------------

def copy(make):
    """The items, and not as many bytes as a number says."""
    def consume(x):
        result = make(x)
        if isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind in "iub" and result != np.asarray(x).tobytes():
            raise Refused(f"{result!r:.40}")
    return consume


def is_same(result, x):
    """Are these the items of x, in its shape?"""
    if not isinstance(result, np.ndarray):
        return False
    if isinstance(x, (np.ndarray, np.generic)):
        return True
    try:
        view = memoryview(x)
    except Exception:
        return result.dtype != object
    if result.dtype == object and "O" not in view.format:
        return False
    if not isinstance(view.obj, ctypes_object) and result.shape[:view.ndim] != view.shape:
        return False
    if result.nbytes != view.nbytes or not view.c_contiguous or not view.nbytes:
        return True
    return result.tobytes() == view.tobytes()


def as_array(make):
    def consume(x):
        result = make(x)
        if not is_same(result, x):
            raise Refused(f"an array of {result.dtype} and shape {result.shape}")
    return consume


def as_it_is(function):
    def consume(x):
        fitting = function(x)
        if not fitting:
            raise Refused("no T takes it")
        return fitting
    return consume


def array_t(x):
    import bound
    made = bound.array(x)
    if not is_same(made, x):
        raise Refused(f"an array of {made.dtype} and shape {made.shape}")
    return bound.array_t_as_it_is(made)


RUST = {"Int8": ["i8"], "UInt8": ["u8"], "Int16": ["i16"], "UInt16": ["u16"], "Int32": ["i32"], "UInt32": ["u32"],
        "Int64": ["i64", "isize"], "UInt64": ["u64", "usize"], "Float32": ["f32"], "Float64": ["f64"]}


def pyo3(x):
    """arro3's from_buffer tries each PyBuffer<T> in turn, and then wants it C-contiguous, of no length 0."""
    import arro3.core
    try:
        kind = str(arro3.core.Array.from_buffer(x).type)
    except BaseException as error:  # its panic is no Exception
        if not any(text in str(error) for text in ("not C contiguous", "0-length", "non null", "shape cannot be 0")):
            raise
        return None  # some T; which, is not seen
    for name in RUST:
        if f"<{name}>" in kind or f"non-null {name})" in kind:
            return RUST[name]
    raise AssertionError(kind)


def cython(mode):
    def consume(x, name, ndim):
        import typed
        typed.TYPED[name, mode, ndim](x)
    return consume


def lazily(module, attribute):
    def consume(x):
        function = __import__(module, fromlist=["_"])
        for name in attribute.split("."):
            function = getattr(function, name)
        return function(x)
    return consume


def voidptr(x):
    from PyQt6 import sip
    return sip.voidptr(x) and None


def torch_frombuffer(x):
    import torch
    tensor = torch.frombuffer(x, dtype=torch.uint8)
    if isinstance(x, (bytes, bytearray)) and bytes(tensor.tolist()) != x:
        raise Refused(f"{tensor!r:.40}")


def from_buffer(x, **options):
    import cffi
    cffi.FFI().from_buffer(x, **options)


def by_dunder(x):
    if not isinstance(x.__buffer__(0x11c), memoryview):
        raise Refused("no memoryview")


# The tests of these refuse no type, and one that needs no T is enough.
CONSUMERS = {
    **STANDARD,
    "object.__buffer__": by_dunder,
    "bytes()": copy(bytes),
    "bytearray()": copy(bytearray),
    "PyArg_Parse y#": lazily("parsed", "y_hash"),
    "PyArg_Parse y*": lazily("parsed", "y_star"),
    "PyArg_Parse s*": lazily("parsed", "s_star"),
    "PyArg_Parse w*": lazily("parsed", "w_star"),
    "numpy.asarray": as_array(np.asarray),
    "numpy.frombuffer": lambda x: np.frombuffer(x, np.uint8, 0),
    "torch.frombuffer": torch_frombuffer,
    "pyarrow.py_buffer": lazily("pyarrow", "py_buffer"),
    "cffi from_buffer": from_buffer,
    "cffi from_buffer writable": lambda x: from_buffer(x, require_writable=True),
    "sip.voidptr": voidptr,
    "pybind11 buffer_info": lazily("bound", "buffer_info"),
    "pybind11 array_t": array_t,
    "pybind11 array_t noconvert": as_it_is(lazily("bound", "array_t_as_it_is")),
    "nanobind ndarray<T>": as_it_is(lazily("nano", "ndarray")),
    "nanobind ndarray<const T>": as_it_is(lazily("nano", "ndarray_const")),
    "PyO3 PyBuffer": pyo3,
}
TYPED = {"pybind11 buffer_info", "pybind11 array_t", "pybind11 array_t noconvert", "nanobind ndarray<T>",
         "nanobind ndarray<const T>", "PyO3 PyBuffer"}


def cython_mode(declaration):
    """("const strided", 2) of "const T[:, :]"."""
    dims = declaration[declaration.index("[") + 1:-1].split(", ")
    mode = "fortran" if dims[0] == "::1" and len(dims) > 1 else "c" if dims[-1] == "::1" else "strided"
    return ("const " if "const" in declaration else "") + mode, len(dims)


def cython_types(mode, ndim):
    """(name, function) of each T."""
    import typed
    for name in elements.CYTHON + elements.CYTHON_RECORDS:
        if (name, mode, ndim) in typed.TYPED:
            yield name, typed.TYPED[name, mode, ndim]


def attempts(job):
    """(row, T, None or a remedy, function of x, expression) of all that is tried."""
    expression = job["expression"]
    for row in job["rows"]:
        if row.startswith("Cython "):
            for name, function in cython_types(*cython_mode(row)):
                yield row, name, None, function, expression
        elif row in CONSUMERS:
            yield row, None, None, CONSUMERS[row], expression
    for row, remedy in job["remedies"]:
        yield from remedied(row, remedy, expression)


def remedied(row, remedy, expression):
    """What the remedy makes of it, a declaration for another function; of typed ones each T is tried."""
    declaration = row.removeprefix("Cython ")
    if "EXPR" in remedy:
        expression = remedy.replace("EXPR", f"({expression})")
    elif row.startswith("Cython "):
        declaration = remedy
    else:
        yield row, None, remedy, CONSUMERS[f"nanobind {remedy}"], expression
        return
    if not row.startswith("Cython "):
        yield row, None, remedy, CONSUMERS[row], expression
        return
    yield row, None, remedy, with_own_dimensions(cython_mode(declaration)[0]), expression


def with_own_dimensions(mode):
    def consume(x):
        """Does any T take it?  Structures first: given one, Cython does not survive a T of its first member's type."""
        import typed
        ndim = memoryview(x).ndim
        problem = Refused("there is no T") if ndim < 4 else None  # more are not compiled
        for name in elements.CYTHON_RECORDS + elements.CYTHON:
            function = typed.TYPED.get((name, mode.replace("fortran", "c") if ndim < 2 else mode, ndim))
            try:
                if function is not None:
                    return function(x) and None
            except Exception as error:
                problem = error
        if problem is not None:
            raise problem
    return consume


# --- one object, in child processes -----------------------------------------------------------------------------------

def try_from(start, tries, job, output):
    names = {"numpy": np}
    for statement in job["setup"]:
        exec(statement, names)
    for number in range(start, len(tries)):
        row, _, _, function, expression = tries[number]
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        try:
            types, why = function(eval(expression, names)), None
        except BaseException as error:
            types, why = None, f"{type(error).__name__}: {error}"[:200]
        output.write(json.dumps([number, why is None, why, types if row in TYPED else None]) + "\n")
        output.flush()


def fork(start, tries, job):
    """(what the tries from there on brought, how the process ended)"""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        signal.alarm(TOGETHER)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            with os.fdopen(writer, "w") as output:
                try_from(start, tries, job, output)
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as lines:
        done = [json.loads(line) for line in lines if line.endswith("\n")]
    return done, os.waitpid(child, 0)[1]


def end_of_row(start, tries):
    """What hangs for one T is not waited for with the others."""
    alike = itertools.takewhile(lambda one: one[0] == tries[start][0] and one[2] is None, tries[start:])
    return start + max(1, sum(1 for _ in alike))


def consume(job):
    tries = list(attempts(job))
    results, start = {}, 0
    while start < len(tries):
        done, status = fork(start, tries, job)
        start += len(done)
        for number, reads, why, types in done:
            results[number] = reads, why, types
        if start < len(tries) and not done:  # what came before in the same process may have damaged its memory
            ended = os.waitstatus_to_exitcode(status)
            stopped = start + 1 if ended != -signal.SIGVTALRM else end_of_row(start, tries)
            results.update(dict.fromkeys(range(start, stopped), (False, f"{KILLED}: {ended}", None)))
            start = stopped
    rows, remedies = {}, {}
    for number, (row, name, remedy, _, _) in enumerate(tries):
        reads, why, types = results[number]
        if remedy is not None:
            if reads or (row, remedy) not in remedies:
                remedies[row, remedy] = None if reads else why
            continue
        mine = rows.setdefault(row, {"reads": False, "why": why, "types": [] if name else types, "killed": False})
        mine["reads"] |= reads
        mine["killed"] |= bool(why) and why.startswith(KILLED)
        if name and reads:
            mine["types"].append(name)
    return {"rows": rows, "useless": [(*key, why) for key, why in remedies.items() if why]}


def main():
    if "old" in sys.argv and not np.__version__.startswith("1."):
        sys.exit("NumPy is not the old one")
    if "old" in sys.argv:
        import bound  # noqa: F401
    elif "torch" in sys.argv:
        import torch  # noqa: F401
    else:
        import typed, bound, nano, cffi, pyarrow, arro3.core, PyQt6.sip  # noqa: F401, E401, once for all children
    for line in sys.stdin:
        print(json.dumps(consume(json.loads(line))), flush=True)


main()
