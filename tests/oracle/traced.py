#!/usr/bin/env python3
"""Real suites under --trace: they pass as they do without, and none of them leaks or releases twice.

CPython's own tests of memoryviews and buffers, where the Python has them.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from house import check, end, program, skip  # noqa: E402

PYTHON = os.environ.get("MVIEW_PYTHON", sys.executable)
RUN = 'import sys, unittest; unittest.main(module=sys.argv[1], argv=["-"] + sys.argv[2:])'
# test_buffer as a whole takes long: what is about releases, re-export and exporters made in Python.
SUITES = [
    ("test.test_memoryview", []),
    ("test.test_array", []),
    ("test.test_struct", []),
    ("test.test_buffer", ["-k", "memoryview_release", "-k", "memoryview_hash", "-k", "memoryview_redirect",
                          "-k", "memoryview_sizeof", "-k", "PythonBufferProtocol"]),
]


def outcome(completed):
    """What unittest says at its end, without the time."""
    return re.sub(r" in [0-9.]+s", "", "\n".join(completed.stderr.splitlines()[-3:]))


def run(words, **more):
    return subprocess.run(words, text=True, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, **more)


def compare(module, names):
    plain = run([PYTHON, "-c", RUN, module, *names], stdout=subprocess.DEVNULL)
    with open("run.py", "w") as file:
        file.write(RUN)
    traced = run([program(), "--trace", "--check", "-j", "-x", "run.py", "--", module, *names], stdout=subprocess.PIPE)
    check(outcome(traced) == outcome(plain) and traced.returncode == plain.returncode == 0,
          f"{module} ends under --trace as it does without",
          f"{traced.returncode}, not {plain.returncode}", traced.stderr[-3000:], plain.stderr[-1000:])
    report = json.loads(traced.stdout or "{}")
    check(report.get("wrong_releases") == [] and not [held for held in report["held"] if held["state"] == "leaked"],
          f"{module} leaks nothing, and releases nothing twice", traced.stdout[:3000])
    check(sum(call["count"] for call in report.get("calls", ())) > 100, f"{module} is seen to ask", traced.stdout[:300])


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for module, names in SUITES:
            if run([PYTHON, "-c", f"import {module}"]).returncode:
                skip(module, f"{PYTHON} has no {module}")
            else:
                compare(module, names)
    end()


main()
