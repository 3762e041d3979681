#!/usr/bin/env python3
"""Who includes whom: down through the rooms, never up, and only some know Python."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from house import ROOT, check, end  # noqa: E402

# Each folder of src/ and the folders whose headers it may use, its own among them.
MAY_INCLUDE = {
    "base": {"base"},
    "format": {"format", "base"},
    "memory": {"memory", "format", "base"},
    "value": {"value", "memory", "format", "base"},
    "walk": {"walk", "memory", "base"},
    "dump": {"dump", "value", "walk", "memory", "format", "base"},
    "files": {"files", "value", "memory", "format", "base"},
    "archive": {"archive", "files", "base"},
    "foreign": {"foreign", "base"},
    "pickle": {"pickle", "archive", "files", "value", "memory", "format", "base"},
    "recipe": {"recipe", "pickle", "archive", "foreign", "files", "value", "memory", "format", "base"},
    "protocol": {"protocol", "files", "value", "memory", "format", "base"},
    "judge": {"judge", "protocol", "memory", "format", "base"},
    "audit": {"audit", "judge", "recipe", "pickle", "archive", "files", "value", "memory", "format", "base"},
    "reproduce": {"reproduce", "judge", "format", "base"},
    "known": {"known", "judge", "memory", "format", "base"},
    "trial": {"trial", "judge", "memory", "format", "base"},
    "ledger": {"ledger", "judge", "base"},
    "environment": {"environment", "base"},
    "source": {"source", "recipe", "pickle", "archive", "foreign", "files", "value", "memory", "format", "base"},
    "python": {"python", "environment", "source", "files", "protocol", "judge", "dump", "walk", "value", "memory",
               "format", "base"},
    "holders": {"holders", "memory", "base"},
    "probe": {"probe", "holders", "python", "protocol", "judge", "memory", "format", "base"},
    "offer": {"offer", "holders", "probe", "python", "trial", "judge", "memory", "format", "base"},
    "trace": {"trace", "holders", "probe", "python", "ledger", "judge", "memory", "format", "base"},
    "options": {"options", "known", "protocol", "dump", "walk", "memory", "base"},
    "report": {"report", "options", "source", "judge", "files", "dump", "value", "memory", "format", "base"},
    "cli": {"cli", "report", "options", "source", "recipe", "trial", "known", "audit", "judge", "files", "memory", "base"},
    "engine": {"engine", "cli", "report", "options", "offer", "trace", "probe", "python", "source", "trial", "ledger",
               "known", "reproduce", "judge", "protocol", "files", "walk", "value", "memory", "format", "base"},
    # The program; it loads the engine, and is linked without.
    "launch": {"launch", "engine", "cli", "report", "options", "source", "environment", "base"},
}
KNOW_PYTHON = ("holders/", "python/", "probe/", "offer/", "trace/")
SOURCES = sorted(path for path in (ROOT / "src").rglob("*") if path.suffix in (".c", ".h", ".def"))


def name(path):
    return path.relative_to(ROOT / "src").as_posix()


def includes(path):
    """(as written, system header?) of each include, in order, without tables (.def)."""
    for bracket, header in re.findall(r'^[ \t]*#[ \t]*include[ \t]+([<"])([^>"]+)[>"]', path.read_text(), re.M):
        yield header, bracket == "<"


def check_layers():
    wrong, strange = [], []
    for path in SOURCES:
        folder = name(path).split("/")[0]
        for header, system in includes(path):
            if not system and header.split("/")[0] not in MAY_INCLUDE.get(folder, ()):
                wrong.append(f"{name(path)} includes {header}")
            if not system and not (ROOT / "src" / header).is_file():
                strange.append(f"{name(path)} includes {header}, which is not there by that path from src/")
    check(not wrong, "each folder includes only what lies below it", *wrong)
    check(not strange, "headers are named by their path from src/", *strange)
    unknown = {path.name for path in (ROOT / "src").iterdir() if path.is_dir()} - set(MAY_INCLUDE) - {"tools"}
    check(not unknown, "every folder of src/ has its place in the layers", *unknown)


def check_python():
    wrong = [f"{name(path)} includes <{header}>" for path in SOURCES if not name(path).startswith(KNOW_PYTHON)
             for header, system in includes(path) if system and header in ("Python.h", "structmember.h")]
    check(not wrong, f"only {' '.join(KNOW_PYTHON)} include Python.h", *wrong)
    inner = {name(path) for path in SOURCES if path.suffix == ".h" and ("Python.h", True) in includes(path)}
    wrong = [f"{name(path)} includes {header}" for path in SOURCES if not name(path).startswith(KNOW_PYTHON)
             for header, _ in includes(path) if header in inner]
    check(not wrong, "headers that include Python.h stay in those: others name struct _object", *wrong)


def find_circle(graph):
    done, path = set(), []

    def visit(node):
        if node in path:
            return path[path.index(node):] + [node]
        if node in done:
            return None
        path.append(node)
        for following in graph.get(node, ()):
            circle = visit(following)
            if circle:
                return circle
        done.add(path.pop())
        return None

    for node in graph:
        circle = visit(node)
        if circle:
            return circle
    return None


def check_circles():
    """A source and its header are one: what either includes is below both."""
    graph = {}
    for path in SOURCES:
        unit = name(path.with_suffix(""))
        graph.setdefault(unit, []).extend(
            following for header, system in includes(path) if not system and not header.endswith(".def")
            for following in [header.rsplit(".", 1)[0]] if following != unit)
    circle = find_circle(graph)
    check(not circle, "no two files include each other, be it by way of others", " -> ".join(circle or ()))


def check_order():
    """Own header first, then the project's, then the system's, each sorted; before all of them Python.h.

    A source without a header of its own may begin with one that it shares with its neighbours.
    """
    wrong = []
    for path in SOURCES:
        if path.suffix == ".def":
            continue
        text = path.read_text()
        # Those at the top: behind them comes code.
        top = re.match(r"(?:\s|/\*.*?\*/|//[^\n]*|#[^\n]*)*", text, re.S)[0]
        found = [(header, bracket == "<") for bracket, header in re.findall(r'^#include ([<"])([^>"]+)[>"]', top, re.M)
                 if header != "Python.h" and not header.endswith(".def")]
        own = path.with_suffix(".h")
        if path.suffix == ".c" and own.is_file() and found[:1] != [(name(own), False)]:
            wrong.append(f"{name(path)}: {name(own)} does not come first")
        if path.suffix == ".c" and found and (ROOT / "src" / found[0][0]).parent == path.parent:
            del found[0]
        if found != sorted(found, key=lambda item: (item[1], item[0])):
            wrong.append(f"{name(path)}: {' '.join(header for header, _ in found)}")
    check(not wrong, "own header first, then the project's, then the system's, each sorted", *wrong)


def check_guards():
    wrong = []
    for path in SOURCES:
        if path.suffix == ".h":
            guard = "MVIEW_" + re.sub(r"\W", "_", name(path)).upper()
            if f"#ifndef {guard}\n#define {guard}\n" not in path.read_text():
                wrong.append(f"{name(path)}: no {guard}")
    check(not wrong, "each header is guarded, by a name made of its path", *wrong)


check(len(SOURCES) > 20, "there are sources")
check_layers()
check_python()
check_circles()
check_order()
check_guards()
end()
