"""Small files that could cost much: each question is answered within 2 s of the processor's time and 96 MiB.

A kind of file is a function in one of the modules below, which writes it to a path: less than a MiB.
COSTLY=NAME tries those whose names begin so; COSTLY_KEEP=DIR leaves the files there.
"""

import os
import resource
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import costly_pickle  # noqa: E402
import costly_zip  # noqa: E402
from house import check, end, program  # noqa: E402

MODULES = [costly_zip, costly_pickle]

# What each file is asked, and the exit codes that are answers.
QUESTIONS = [
    ([], (0, 2)),
    (["-R"], (0, 2)),
    (["-j"], (0, 2)),
    (["-f", "name,shape"], (0, 2)),
    (["-R", "-j"], (0, 2)),
    (["-m", "#0"], (0, 2)),
    (["-m", "#1", "-l", "-n", "10"], (0, 2)),
    (["-m", "a/b/c/d/e/f", "-f", "shape"], (0, 2)),
    (["-n", "all", "-j"], (0, 2)),
    (["-l", "-n", "10"], (0, 2)),
    (["--check"], (0, 1, 2)),
]
SECONDS = 2      # of the processor, user's and system's
MEMORY = 96      # MiB
OUTPUT = 32      # MiB that may be printed
MUST_END = 20    # seconds of the processor after which a question is given up


def ask(words, output):
    """How it ended, seconds, MiB."""
    def limit():
        resource.setrlimit(resource.RLIMIT_CPU, (MUST_END, MUST_END))

    process = subprocess.Popen([program(), *words], stdout=output, stderr=subprocess.STDOUT, preexec_fn=limit)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def write(kind, path):
    """In a process of its own: one that is large would make its children look so."""
    child = os.fork()
    if child == 0:
        kind(path)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0 and os.path.getsize(path)


def problems(path):
    for words, codes in QUESTIONS:
        with tempfile.TemporaryFile() as output:
            code, seconds, memory = ask([*words, path], output)
            printed = output.seek(0, os.SEEK_END) / 2**20
        found = [text for wrong, text in (
            (code not in codes, "exit code %d" % code), (seconds > SECONDS, "%.2f s" % seconds),
            (memory > MEMORY, "%.0f MiB" % memory), (printed > OUTPUT, "%.0f MiB printed" % printed)) if wrong]
        if found:
            yield "%s: %s" % (" ".join(words) or "listed", ", ".join(found))


def main():
    with tempfile.TemporaryDirectory() as scratch:
        folder = os.environ.get("COSTLY_KEEP", scratch)
        for kind in (kind for module in MODULES for kind in module.KINDS):
            if not kind.__name__.startswith(os.environ.get("COSTLY", "")):
                continue
            path = os.path.join(folder, kind.__name__)
            size = write(kind, path)
            check(0 < size < 2**20, "%s: written, %d bytes" % (kind.__name__, size))
            found = list(problems(path))
            check(not found, "%s: %s" % (kind.__name__, (kind.__doc__ or "").strip() or "little time and memory"), *found)
    end()


main()
