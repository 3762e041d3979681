"""What --requests says of consumers, against the consumers themselves."""

import json
import os
import subprocess
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from standard_consumers import STANDARD  # noqa: E402

PROGRAM = [os.environ.get("MVIEW", "build/mview-inspect"), "--python", sys.executable]  # NumPy is that of both
DIRECTORY = os.path.abspath(os.environ.get("MVIEW_BUILD", "build"))  # of exporters.so
sys.path.insert(0, DIRECTORY)

NAMES = "import array, ctypes, exporters, mmap, numpy as np\n"
EXPRESSIONS = [
    "b'abcdef'", "bytearray(b'abcdef')", "memoryview(b'abcdef')[::2]", "memoryview(bytearray(6))[::-1]",
    "array.array('i', [1, 2, 3])", "array.array('d')", "memoryview(bytearray(24)).cast('i', [2, 3])",
    "ctypes.c_int(3)", "(ctypes.c_short * 3)()", "((ctypes.c_double * 3) * 2)()", "(ctypes.c_ubyte * 4)()",
    "(ctypes.c_longdouble * 3)()",
    "mmap.mmap(-1, 64)", "memoryview(b'')",
] + ["memoryview(np.%s)" % text for text in (
    "zeros(3)", "zeros((2, 3))", "zeros((2, 3), order='F')", "zeros((2, 3))[:, ::2]", "zeros((2, 0))", "array(3.0)",
    "zeros(3, '>i4')", "zeros(3, '<f2')", "zeros(3, 'c8')", "zeros(3, 'S5')", "zeros(3, 'U2')", "zeros(3, '?')",
    "zeros(3, 'V3')", "zeros(3, 'i4,f8')", "zeros(3, np.dtype('i1,f8', align=True))", "zeros(3, 'g')", "zeros(3, 'G')",
    "zeros(1, 'i4,f8')", "zeros(3, np.dtype([('a', np.dtype('i8,i1', align=True)), ('b', 'i1')], align=True))",
    "zeros(1, 'i4,f8')[0]", "zeros(4, 'i4,f8')[::2]", "zeros(2, 'i1,i8')[:1]",
    "broadcast_to(np.zeros(3), (2, 3))", "zeros(3, [('a', '>i2'), ('b', 'i4', (2, 2))])",
    "zeros(3, np.dtype({'names': ['a'], 'formats': ['u1'], 'itemsize': 4}))",
)] + ["exporters.right(%r)" % name for name in (
    "ints", "readonly", "table", "F order", "strided", "negative", "broadcast", "dead strides", "0-d", "empty",
    "empty table", "pil", "struct", "self-pointing", "re-export", "ints, releasing",
)] + ["exporters.wrong(%r)" % name for name in ("ValueError", "native code", "wrong size", "needless refusal")]
if sys.version_info >= (3, 14):
    EXPRESSIONS += ["(ctypes.c_%s_complex * 3)()" % name for name in ("float", "double", "longdouble")]
if sys.version_info >= (3, 15):
    EXPRESSIONS += ["array.array('e', [1, 2])", "array.array('Zf', [1j])", "array.array('Zd', [1j])"]


def share(x):
    if np.asarray(x).dtype == object or np.asarray(x).shape != memoryview(x).shape:
        raise TypeError("an array of other items")


CONSUMERS = {
    **STANDARD,
    "numpy.asarray": share,
    "numpy.frombuffer": lambda x: np.frombuffer(x, np.uint8),
}

# bytes(x) and bytearray(x) take a 0-d buffer that is a number for a length, and NumPy mends
# what it knows of ctypes; numpy.frombuffer gives up on what is empty, whatever it holds.
EXCUSED = {("numpy.frombuffer", expression) for expression in (
    "array.array('d')", "memoryview(b'')", "memoryview(np.zeros((2, 0)))", "exporters.right('empty')",
    "exporters.right('empty table')")}


def can(consumer, expression, names):
    try:
        CONSUMERS[consumer](eval(expression, names))
    except Exception as error:
        return False, "%s: %s" % (type(error).__name__, error)
    return True, "no exception"


def compare(expression, names):
    done = subprocess.run(PROGRAM + ["--requests", "-j", "-I", DIRECTORY, "-i", "array", "-i", "ctypes", "-i",
                                     "exporters", "-i", "mmap", "-i", "numpy=np", "-e", expression],
                          capture_output=True, text=True)
    if done.returncode != 0:
        return ["exit %d: %s" % (done.returncode, done.stderr)]
    said = {row["name"]: row for row in json.loads(done.stdout)["consumers"]}
    problems = []
    for consumer in CONSUMERS:
        does, why = can(consumer, expression, names)
        if said[consumer]["reads"] != does and (consumer, expression) not in EXCUSED:
            row = said[consumer]
            problems.append("%s: said %s (%s), but %s" % (consumer, row["reads"], row["why"], why))
    return problems


def main():
    show = PROGRAM + ["-b", "-i", "sys", "-e", "bytes(sys.version_info[:2])"]
    version = subprocess.run(show, capture_output=True).stdout
    if version != bytes(sys.version_info[:2]):
        print("1..0 # SKIP the program is built for another Python than this one")
        return 0
    names = {}
    exec(NAMES, names)
    failed = 0
    for number, expression in enumerate(EXPRESSIONS, 1):
        problems = compare(expression, names)
        print("%sok %d - %s" % ("not " if problems else "", number, expression))
        for problem in problems:
            print("# " + problem)
        failed += bool(problems)
    print("1..%d" % len(EXPRESSIONS))
    return 1 if failed else 0


sys.exit(main())
