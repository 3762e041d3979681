#!/usr/bin/env python3
"""House rules that a machine can see."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from house import ROOT, check, end, tracked  # noqa: E402

# "About 500", and tests, which are lists of cases, may be longer.
MAX_LINES = 520
MAX_TEST_LINES = 1000
MAX_COLUMNS = {".c": 120, ".h": 120, ".py": 120}

# Longer ones, with the reason: what cannot be split by idea.
LONG_FILES = {
    "man/mview-inspect.1": "one manual",
}

# Kept as they are: inputs and what tools write.
NOT_OURS = ("LICENSE", "tests/data/", "tests/survey/", "tests/fuzz/corpus/", "tests/fuzz/seeds/")


def name(path):
    return path.relative_to(ROOT).as_posix()


def read(path):
    """The text, or None for a file of bytes."""
    data = path.read_bytes()
    if b"\0" in data:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


files = {name(path): text for path in tracked() for text in [read(path)]
         if text is not None and not name(path).startswith(NOT_OURS)}
code = {path: text for path, text in files.items() if path.endswith((".c", ".h", ".def"))}


def bare(text):
    """Code without its comments and strings, line by line."""
    return re.sub(r'/\*.*?\*/|"(?:[^"\\\n]|\\.)*"', lambda match: "\n" * match[0].count("\n"), text, flags=re.S)


def check_lines(what, found):
    """found: (path, line number, why) of each breach."""
    check(not found, what, *(f"{path}:{number}: {why}" for path, number, why in found))


def lines_with(pattern, texts):
    """Lines of texts that hold the pattern; this file spells out what it looks for, and is left out."""
    return [(path, number, line.strip()) for path, text in texts.items() if path != "tests/lint/style.py"
            for number, line in enumerate(text.splitlines(), 1) if re.search(pattern, line)]


check(len(code) > 20, "there are sources")

long_files = {path: text.count("\n") for path, text in files.items()
              if text.count("\n") > (MAX_TEST_LINES if path.startswith("tests/") else MAX_LINES)}
check_lines(f"no file has more than {MAX_LINES} lines, no test more than {MAX_TEST_LINES}",
            [(path, count, "lines") for path, count in long_files.items() if path not in LONG_FILES])
check_lines("what is excused for being long is long",
            [(path, files.get(path, "").count("\n"), "lines") for path in LONG_FILES if path not in long_files])



def columns(line):
    """Without what is in strings: messages are kept whole, so that they can be searched for."""
    return len(re.sub(r'"(?:[^"\\]|\\.)*"', '""', line))


check_lines("no line of code is too long, its messages not counted", [
    (path, number, f"{columns(line)} columns") for path, text in files.items()
    for number, line in enumerate(text.splitlines(), 1)
    if columns(line) > MAX_COLUMNS.get(os.path.splitext(path)[1], 10**6)])

# The examples of README.md and the manual show output that has tabs.
TABS = ("Makefile", ".mk", "debian/rules", "README.md", "man/mview-inspect.1")
check_lines("no tabs but in Makefiles",
            lines_with("\t", {path: text for path, text in files.items() if not path.endswith(TABS)}))
check_lines("no blanks at a line's end", lines_with(r"[ \t]$", files))
check_lines("each file ends with one newline", [
    (path, text.count("\n") + 1, "the end") for path, text in files.items()
    if text and (not text.endswith("\n") or text.endswith("\n\n"))])
check_lines("no carriage returns", lines_with("\r", files))

check_lines("nothing is left to do", lines_with(r"\b(TODO|FIXME|XXX|HACK)\b", files))
check_lines("no code is commented out", lines_with(r"^\s*//|^\s*#\s*if\s+0\b", code))
check_lines("names that end in _t are the system's", lines_with(
    r"^\s*(}\s*\w+_t;|typedef\b.*\b\w+_t;|(struct|enum|union)\s+\w+_t\b)", code))
check_lines("no path of one machine", lines_with(r"(?<![\w.$}*])/(root|work|home/\w+)/|\.\./shared\b", files))
check_lines("no marks of an unfinished merge", lines_with(r"^(<{7} |>{7} |={7}$)", files))

inner = {path: bare(text) for path, text in code.items() if path.startswith("src/") and path != "src/launch/main.c"}
pure = {path: text for path, text in inner.items() if re.match(r"src/(base|memory|files|judge)/", path)}
check_lines("numbers are not parsed by what cannot tell an error", lines_with(r"\b(ato[ifl]+|sscanf|strtok)\(", inner))
check_lines("below main nothing ends the program", lines_with(r"(?<![\w>.])(exit|abort|quick_exit)\(", inner))
check_lines("the pure side prints nothing",
            lines_with(r"(?<![\w>.])(printf|puts|putchar|perror|fprintf|fputs)\(", pure))

check_lines("what can be executed says by what", [
    (path, 1, "has no #!") for path, text in files.items() if os.access(ROOT / path, os.X_OK) and text[:2] != "#!"])
end()
