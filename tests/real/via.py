#!/usr/bin/env python3
"""What the real libraries' tensors and arrays are shown as, against what the libraries say of them.

Runs in an environment that has them; what is not there is skipped.  MVIEW is the program.
"""

import importlib.util
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from house import check, end, program, skip  # noqa: E402

PROGRAM = os.path.abspath(program())

# Library -> [(expression, shape, strides in bytes or None, values as floats or texts)]; the last three are expressions,
# in which `x` is the object.
TORCH = ("list(x.shape)", "[n * x.element_size() for n in x.stride()]")
NUMPY = ("list(x.shape)", "list(x.strides)")
ARROW = ("[len(x)]", "None")
FLOATS = "x.double().flatten().tolist()"
CASES = {
    "torch": [
        ("torch.arange(6).reshape(2, 3)", *TORCH, FLOATS),
        ("torch.arange(24.).reshape(2, 3, 4)[:, ::2].transpose(0, 2)", *TORCH, FLOATS),
        ("torch.tensor(5., dtype=torch.float16)", *TORCH, FLOATS),
        ("torch.arange(9).bfloat16()[::4]", *TORCH, FLOATS),
        ("torch.arange(9.).to(torch.float8_e4m3fn)", *TORCH, FLOATS),
        ("torch.arange(9.).to(torch.float8_e5m2)", *TORCH, FLOATS),
        ("torch.zeros(2, 0, 3)", *TORCH, FLOATS),
        ("torch.arange(3).expand(4, 3)", *TORCH, FLOATS),
        ("torch.tensor([True, False])", *TORCH, "[str(v) for v in x.tolist()]"),
        ("torch.tensor([1+2j, 3.5-1j])", *TORCH, "[repr(v) for v in x.tolist()]"),
    ],
    "pyarrow": [
        ("pyarrow.array([1, 2, 3])", *ARROW, "x.to_pylist()"),
        ("pyarrow.array([1, 2, 3], 'uint16')[1:]", *ARROW, "x.to_pylist()"),
        ("pyarrow.array([[1, 2], [3, 4]], pyarrow.list_(pyarrow.float64(), 2))", "[2, 2]", "[16, 8]",
         "[v for row in x.to_pylist() for v in row]"),
        ("pyarrow.array([b'ab', b'cd'], pyarrow.binary(2))", *ARROW, "[repr(v) for v in x.to_pylist()]"),
        ("pyarrow.array([5, 19782], 'date32')", *ARROW, "[str(v) for v in x.to_pylist()]"),
        ("pyarrow.array([5, 86399], 'time32[s]')", *ARROW, "[str(v) for v in x.to_pylist()]"),
        ("pyarrow.array([1, 12345, -70000], pyarrow.decimal128(19, 0)).cast(pyarrow.decimal128(38, 4))", *ARROW,
         "[str(v) for v in x.to_pylist()]"),
        ("pyarrow.chunked_array([[1, 2]])", *ARROW, "x.to_pylist()"),
        ("pyarrow.table({'a': [1, 2], 'b': ['x', 'y']}).column(0)", *ARROW, "x.to_pylist()"),
    ],
    "pandas": [("pandas.Series([1, 2, 3])", *ARROW, "x.to_list()"),
               ("pandas.DataFrame({'a': [1., 2.]}).iloc[:,0]", *ARROW, "x.to_list()")],
    "polars": [("polars.Series('s', [1, 2, 3])", *ARROW, "x.to_list()"),
               ("polars.DataFrame({'a': [1., 2.]})['a']", *ARROW, "x.to_list()")],
    "jax.numpy": [("jax.numpy.arange(6.).reshape(2, 3)", "list(x.shape)", "None", "x.ravel().tolist()"),
                  ("jax.numpy.arange(6.).astype('bfloat16')", "list(x.shape)", "None", "x.ravel().tolist()")],
    "nanoarrow": [("nanoarrow.Array([1, 2, 3], nanoarrow.int32())", *ARROW, "x.to_pylist()")],
    "array_api_strict": [("array_api_strict.asarray([1, 2, 3])", "list(x.shape)", "None", "[1, 2, 3]")],
    "numpy": [("numpy.arange(12.).reshape(3, 4).T[::-2]", *NUMPY, "x.ravel().tolist()")],
}

# What has no memory of its own says what to write, and that is shown.
ADVICE = [
    ("pyarrow", "pyarrow.table({'a': [1, 2], 'b': [3, 4]})"),
    ("pyarrow", "pyarrow.record_batch({'a': [1, 2], 'b': [3, 4]})"),
    ("pyarrow", "pyarrow.array([{'a': 1}, {'a': 2}])"),
    ("pyarrow", "pyarrow.chunked_array([[1, 2], [3]])"),
    ("pandas", "pandas.DataFrame({'a': [1, 2], 'b': [3, 4]})"),
    ("polars", "polars.DataFrame({'a': [1, 2]})"),
    ("torch", "torch.zeros(3, requires_grad=True)"),
    ("torch", "torch.nn.Parameter(torch.zeros(3))"),
    ("torch", "torch.eye(3).to_sparse()"),
    ("torch", "torch.eye(3).to_sparse_csr()"),
    ("torch", "torch.tensor([1j, 2]).conj()"),
    ("torch", "torch.quantize_per_tensor(torch.zeros(3), 1, 0, torch.qint8)"),
    ("polars", "polars.concat([polars.Series('s', [1, 2]), polars.Series('s', [1])], rechunk=False)"),
]


def is_there(library):
    return importlib.util.find_spec(library.split(".")[0]) is not None


def run(library, *words):
    result = subprocess.run([PROGRAM, "--python", sys.executable, "-i", library, *words], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, check=False)
    return result.returncode, result.stdout, result.stderr.strip()


def same(shown, value):
    return shown == value if isinstance(value, str) else float(shown) == value


def compare(library, via, expression, shape, strides, values):
    """What is shown otherwise than the library says."""
    names = {library.split(".")[0]: importlib.import_module(library) and sys.modules[library.split(".")[0]]}
    names["x"] = eval(expression, names)
    code, out, err = run(library, "-j", *via, "-e", expression)
    if code:
        return [err]
    record = json.loads(out)
    wrong = [f"{key} {record[key]}, not {right}" for key, right in
             (("shape", eval(shape, names)), ("strides", eval(strides, names))) if right not in (None, record[key])]
    shown = [line.split("\t")[1] for line in run(library, "-l", *via, "-e", expression)[1].splitlines()]
    expected = eval(values, names)
    if len(shown) != len(expected) or not all(map(same, shown, expected)):
        wrong.append(f"values {shown}, not {expected}")
    return wrong


for library, cases in CASES.items():
    if not is_there(library):
        skip(f"{library}: as it says itself", f"no {library}")
        continue
    for via in ([], ["--via", "dlpack"]) if library in ("jax.numpy", "numpy") else ([],):
        wrong = [f"{case[0]}: {line}" for case in cases for line in compare(library, via, *case)]
        check(not wrong, f"{library}: {len(cases)} objects as it says itself {' '.join(via)}", *wrong)
for library, expression in ADVICE:
    if not is_there(library):
        skip(f"advice on {expression}", f"no {library}")
        continue
    code, out, err = run(library, "-e", expression)
    way = re.search(r"[:(] ?try (.*?)\)(?:, |$)", err)
    way = way[1].replace("(EXPR)", f"({expression})") if way else ""
    tried = run(library, "-f", "shape", "-e", way)
    check(code == 2 and tried[0] == 0, f"advice on {expression}: {way}", err, *tried)
end()
