#!/usr/bin/env python3
"""Every option beside every mode and form of output: it changes something, or is refused in one line.

The options are those of options.def, so that a new one fails here until it has a sample.  A command is run with the
option and without; where all three of output, messages and exit code are the same, the option was ignored.
"""

import concurrent.futures
import os
import pickle
import struct
import subprocess
import sys
import tempfile
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from house import check, check_same, end, program, rows  # noqa: E402

EXPORTERS = os.path.abspath(os.environ.get("MVIEW_BUILD", "build"))
WARNED = "__import__('exporters').wrong('readonly 2')"  # breaks a rule that is a warning
READ = "memoryview(bytes(range(64)) + bytes(64)).cast('B', (4, 32))"

# What is done, as words; one of a mode's lines is enough for an option to show what it changes.
MODES = {
    "files": [["box.npy"], ["nested.pkl"]],
    "an expression": [["-e", READ]],
    "--check of files": [["--check", "box.npy"], ["--check", "call.pkl"]],
    "--check of an expression": [["--check", "-e", READ], ["--check", "-I", EXPORTERS, "-e", WARNED]],
    "--check --consumer": [["--check", "--consumer", "memoryview(_)"],
                           ["--check", "--consumer", "__import__('consumers').asks_for_format_alone(_)"]],
    "--requests": [["--requests", "-e", READ]],
    "--trace": [["--trace", "-e", READ]],
    "--trace --check": [["--trace", "--check", "-x", "keep.py"]],
    "--list-fields": [["--list-fields"]],
    "--list-rules": [["--list-rules"]],
    "--list-consumers": [["--list-consumers"]],
}
SHOWING = ("files", "an expression")
FORMS = {
    "text": [],
    "-f": ["-f", "name,source,format,shape,strides,offset,copied,type"],
    "-j": ["-j"],
    "-d": ["-d"],
    "-b": ["-b"],
    "--npy": ["--npy"],
    "-l": ["-l"],
}

# Option -> [(its words, other words that let it show what it does)].
SAMPLES = {
    "eval": [(["-e", "__import__('sys').stderr.write('ran') and bytearray(9)"], [])],
    "import": [(["-i", "not_there"], [])],
    "exec": [(["-x", "says.py"], [])],
    "path": [(["-I", "extra"], ["-i", "only_there"]), (["-I", "extra"], ["--trust"])],
    "from": [(["-t", "raw"], [])],
    "member": [(["-m", "0"], [])],
    "recursive": [(["-R"], [])],
    "trust": [(["--trust"], [])],
    "python": [(["--python", "/not/there"], [])],
    "format": [(["--format", "<H"], []), (["--format", "<H"], ["-S", "1:"])],
    "shape": [(["--shape", "2,-1"], []), (["--shape", "2"], [])],
    "offset": [(["--offset", "8"], [])],
    "request": [(["-r", "WRITABLE"], [])],
    "contiguous": [(["--contiguous", "F"], []), (["--contiguous", "F"], ["-o", "memory"])],
    "writable": [(["--writable"], ["--contiguous", "C"])],
    "via": [(["--via", "array_interface"], [])],
    "slice": [(["-S", "1:"], [])],
    "field": [(["-f", "shape"], [])],
    "json": [(["-j"], [])],
    "dump": [(["-d"], [])],
    "binary": [(["-b"], [])],
    "npy": [(["--npy"], [])],
    "items": [(["-l"], [])],
    "length": [(["-n", "3"], [])],
    "skip": [(["-s", "1"], []), (["-s", "1"], ["-n", "all"])],
    "no-squeezing": [(["-v"], [])],
    "width": [(["-w", "8"], [])],
    "order": [(["-o", "F"], []), (["-o", "F"], ["-n", "all"]), (["-o", "F"], ["--shape", "4,-1"]),
              (["-o", "F"], ["--shape", "4,-1", "-n", "all"])],
    "color": [(["--color"], [])],
    "traceback": [(["--traceback"], ["-i", "not_there"]), (["--traceback"], ["--trust"])],
    "check": [(["--check"], [])],
    "consumer": [(["--consumer", "bytes(_)"], [])],
    "requests": [(["--requests"], [])],
    "mutate": [(["--mutate", "_.append(1)"], [])],
    "reproduce": [(["--reproduce", "no-leak"], [])],
    "strict": [(["--strict"], [])],
    "info": [(["--info"], [])],
    "timeout": [(["--timeout", "3"], [])],
    "stress": [(["--stress", "2"], [])],
    "trace": [(["--trace=events"], [])],
    "list-fields": [(["--list-fields"], [])],
    "list-rules": [(["--list-rules"], [])],
    "list-consumers": [(["--list-consumers"], [])],
    "help": [(["--help"], [])],
    "version": [(["--version"], [])],
}

# What may change nothing, and why: (option, mode or None, form or None).
QUIET = {
    ("color", None, None): "a wish for what has colours, as NO_COLOR is one against",
    ("timeout", None, None): "seen only on what hangs, which other tests have",
    ("stress", None, None): "seen only on what fails in threads, which other tests have",
    ("info", "--check of files", None): "files have no rule of that severity",
    ("info", "--check of an expression", "-j"): "JSON has all findings",
    ("info", "--check --consumer", "-j"): "JSON has all findings",
    ("check", "--trace", None): "seen only where an export is leaked, which other tests have",
    ("path", "files", None): "seen only by what --trust loads",
    ("traceback", "files", None): "seen only by what --trust loads",
    ("check", "--list-fields", None): "what is asked of the program itself goes before what it is to do",
    ("check", "--list-rules", None): "likewise",
    ("check", "--list-consumers", None): "likewise",
    ("requests", "--list-fields", None): "likewise",
    ("requests", "--list-rules", None): "likewise",
    ("requests", "--list-consumers", None): "likewise",
}


def is_quiet(option, mode, form):
    return any((option, *where) in QUIET for where in ((None, None), (mode, None), (mode, form)))


# Those that say what a mode is, given once more.
OWN = {"--check": "check", "--consumer": "consumer", "--requests": "requests", "--trace": "trace"}


class Says:
    """A pickle that writes when it is loaded."""

    def __reduce__(self):
        return (print, ("loaded",))


def make_files():
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (8, 32), }"
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    with open("box.npy", "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(1024) + os.urandom(1024))
    with zipfile.ZipFile("two.npz", "w") as archive:
        archive.write("box.npy", "a.npy")
        archive.write("box.npy", "b.npy")
    with open("nested.pkl", "wb") as file:
        pickle.dump({"a": {"b": b"bytes"}, "c": [1, Says()]}, file)
    with open("call.pkl", "wb") as file:
        file.write(b"\x80\x02cmine\nmake\n)R.")
    with open("says.py", "w") as file:
        file.write("import sys\nsys.stderr.write('said')\n")
    with open("keep.py", "w") as file:
        file.write("kept = memoryview(bytearray(3))\n")
    os.mkdir("extra")
    with open("extra/only_there.py", "w"):
        pass


def run(words):
    environment = {**os.environ, "PYTHONPATH": EXPORTERS}
    done = subprocess.run([program(), *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=environment)
    return done.returncode, done.stdout, done.stderr


def is_refused(result):
    """In one line, with nothing on standard output."""
    return result[0] == 2 and result[1] == b"" and result[2].count(b"\n") == 1 and \
        result[2].startswith(b"mview-inspect: ")


known = {}


def known_run(words):
    key = tuple(words)
    if key not in known:
        known[key] = run(words)
    return known[key]


def has_effect(option, bases, form):
    """Whether the option changes something on one of the lines, or is refused on all of them; the last outcome."""
    outcomes = []
    for words, others in SAMPLES[option]:
        for base in bases:
            before, after = known_run([*others, *form, *base]), run([*others, *form, *base, *words])
            if before != after and not is_refused(after):
                return True, after
            outcomes.append((is_refused(before) or before != after, after))
    return all(changed for changed, _ in outcomes), outcomes[-1][1]


def judge(option, mode, form):
    works, outcome = has_effect(option, MODES[mode], FORMS[form])
    return works or is_quiet(option, mode, form), f"--{option} beside {mode}, {form}", outcome


def judge_container(option, path):
    words, others = SAMPLES[option][0]
    after = run([*words, *others, path])
    return is_refused(after) and b"--member" in after[2], f"--{option} on the container {path}", after


def judge_trusted():
    """What is no pickle is not loaded, and not shown without being loaded either."""
    for path in ("box.npy", "two.npz"):
        yield is_refused(known_run(["--trust", path])), f"--trust on {path}", known_run(["--trust", path])


def main():
    options = [row[2] for macro, row in rows("src/options/options.def", "SECTION", "OPTION") if macro == "OPTION"]
    looks = {row[0]: row[3] for _, row in rows("src/options/combination.def", "GOES")}
    names = {row[0]: row[2] for macro, row in rows("src/options/options.def", "SECTION", "OPTION") if macro == "OPTION"}
    check_same(list(SAMPLES), options, "a sample for each option")
    check_same(list(looks), list(names), "a row of combination.def for each option, in their order")
    os.chdir(tempfile.mkdtemp())
    make_files()
    jobs = [(judge, option, mode, form) for option in SAMPLES for mode in MODES
            for form in (FORMS if mode in SHOWING else ("text", "-j") if not mode.startswith("--list") else ("text",))
            if option not in [OWN.get(word) for word in MODES[mode][0]] and f"--{option}" != mode and
            not (form == "-f" and option == "field") and not (form != "text" and SAMPLES[option][0][0] == FORMS[form])
            and not (option == "eval" and mode == "--trace --check")]
    jobs += [(judge_container, names[id], path) for id in looks if looks[id] == "BUFFER"
             for path in ("two.npz", "nested.pkl") if names[id] != "writable"]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for ok, what, outcome in pool.map(lambda job: job[0](*job[1:]), jobs):
            check(ok, what, outcome)
    for ok, what, outcome in judge_trusted():
        check(ok, what, outcome)
    end()


main()
