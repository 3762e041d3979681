#!/usr/bin/env python3
"""Run every example of the README and the manual, and compare what it prints.

In README.md an example is a ```console block, in the manual a display (.Bd) of
the section EXAMPLES.  A line that begins with "$ " is a command, one with "> "
goes on with it; what follows is what it prints, on standard output and standard
error.  Addresses, which differ each time, are written 0x7f... with whatever
digits; a line "..." stands for any number of lines, and how many "other buffers"
a consumer was seen with depends on how many the machine had time for.  A command that prints
nothing in the document must print nothing.

The commands run one after another in a folder with nothing but tests/ of the
project in it, where `mview-inspect` is the program that was built.

examples.py --write puts what is printed today into both documents, but for
examples with a line "...".
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from house import MANUAL, ROOT, check, end, plain, program, skip  # noqa: E402

README = ROOT / "README.md"
BLOCKS = {
    README: re.compile(r"(?<=^```console\n)(.*?)(?=^```$)", re.M | re.S),
    MANUAL: re.compile(r"(?<=^\.Bd -literal -offset indent\n)(.*?)(?=^\.Ed$)", re.M | re.S),
}
ADDRESS = re.compile(r"0x[0-9a-f]{6,}|0x7f\.\.\.")
OTHERS = re.compile(r"\(and \d+ other buffers\)")


def commands(block):
    """[(command, what it prints)]"""
    found = []
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append([line[2:], ""])
        elif line.startswith("> ") and found and not found[-1][1]:
            found[-1][0] += line[2:]
        elif found:
            found[-1][1] += line
    return found


def run(command, where):
    environment = {"PATH": f"{where}/bin:{os.environ['PATH']}", "HOME": where, "LC_ALL": "C.UTF-8"}
    result = subprocess.run(["bash", "-c", command], cwd=f"{where}/here", env=environment, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    return result.stdout.decode(errors="backslashreplace")


def settled(text):
    """Without what differs from run to run."""
    return OTHERS.sub("(and others)", ADDRESS.sub("0xADDRESS", text))


def same(printed, expected):
    lines = settled(expected).splitlines(keepends=True)
    pattern = "".join(r"(?:.*\n)*" if line == "...\n" else re.escape(line) for line in lines)
    return re.fullmatch(pattern, settled(printed)) is not None


def mdoc(text):
    """Text for a display of the manual."""
    text = text.replace("\\", r"\e")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.M)


def rewrite(document, where):
    """The document, with what its examples print today."""
    def block(match):
        text = match[1] if document == README else plain(match[1])
        lines = []
        for command, expected in commands(text):
            printed = expected if "...\n" in expected.splitlines(keepends=True) else run(command, where)
            lines += ["$ ", command.rstrip("\n").replace("\n", "\n> "), "\n",
                      ADDRESS.sub("0x7f...", printed) if not same(printed, expected) else expected]
        return "".join(lines) if document == README else mdoc("".join(lines))

    return BLOCKS[document].sub(block, document.read_text())


def try_out(document, where, numpy):
    blocks = [match[1] for match in BLOCKS[document].finditer(document.read_text())]
    check(blocks, f"{document.name} has examples")
    for block in blocks:
        for command, expected in commands(block if document == README else plain(block)):
            what = f"{document.name}: {command.strip().splitlines()[0]}".replace("#", r"\#")
            if "numpy" in command and not numpy:
                skip(what, "no NumPy for the Python built in")
                continue
            printed = run(command, where)
            check(same(printed, expected), what, "printed:", printed, "expected:", expected)


with tempfile.TemporaryDirectory() as where:
    folder = pathlib.Path(where)
    (folder / "here").mkdir()
    (folder / "bin").mkdir()
    (folder / "here" / "tests").symlink_to(ROOT / "tests")
    (folder / "bin" / "mview-inspect").symlink_to(pathlib.Path(program()).resolve())
    if sys.argv[1:] == ["--write"]:
        for document in BLOCKS:
            document.write_text(rewrite(document, where))
        sys.exit()
    numpy = not run("mview-inspect -i numpy -f copied -e \"b''\"", where).strip()
    for document in BLOCKS:
        try_out(document, where, numpy)
end()
