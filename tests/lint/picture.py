#!/usr/bin/env python3
"""The README's picture of the coloured output is what the program prints today.

man/colours.svg shows COMMAND and its output in the colours of a terminal, and in
the README its text.  picture.py --write makes it anew.
"""

import os
import re
import subprocess
import sys
from xml.sax.saxutils import escape

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from house import ROOT, check, end, program  # noqa: E402

PICTURE = ROOT / "man" / "colours.svg"
COMMAND = ["--color=always", "tests/data/demo.npy"]
TYPED = "$ mview-inspect --color tests/data/demo.npy"

# What SGR selects here, and the names that the style sheet of the picture has for it.
CLASSES = {"0": "", "4": "u", "33": "y", "35": "m", "36": "c", "90": "g"}
STYLE = """\
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #d8dee4; }
.p { fill: #7ee787; } .y { fill: #e3b341; } .m { fill: #d2a8ff; } .c { fill: #79c0ff; } .g { fill: #7d8590; }
.u { text-decoration: underline; }"""
WIDTH, HEIGHT, MARGIN = 8.43, 19, 16  # of a character, of a line, around all: pixels


def spans(line):
    """[(column, text, classes)] of a line with escape sequences."""
    found, classes, column = [], [], 0
    for codes, text in re.findall(r"(?:\x1b\[([0-9;]*)m)?([^\x1b]*)", line):
        for code in filter(None, codes.split(";")):
            name = CLASSES[code]
            classes = [] if not name else [old for old in classes if (old == "u") != (name == "u")] + [name]
        if text:
            found.append((column, text, " ".join(classes)))
            column += len(text)
    return found


def draw(lines):
    columns = max(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in lines)
    width, height = round(columns * WIDTH + 2 * MARGIN), len(lines) * HEIGHT + 2 * MARGIN
    svg = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
           f"<!-- Made by tests/lint/picture.py. -->\n<style>\n{STYLE}\n</style>",
           f'<rect width="{width}" height="{height}" rx="8" fill="#0d1117"/>']
    for number, line in enumerate(lines):
        y = MARGIN + number * HEIGHT + 14
        for column, text, classes in spans(line):
            if text.strip():
                classes = "p" if number == 0 else classes
                svg.append(f'<text xml:space="preserve" x="{MARGIN + column * WIDTH:.1f}" y="{y}" '
                           f'textLength="{len(text) * WIDTH:.1f}"{classes and f""" class="{classes}" """.rstrip()}>'
                           f"{escape(text)}</text>")
    return "\n".join(svg) + "\n</svg>\n"


def main():
    said = subprocess.run([program(), *COMMAND], cwd=ROOT, stdout=subprocess.PIPE, check=True, encoding="utf-8").stdout
    said = re.sub(r"0x[0-9a-f]{6,}", "0x7f...", said)
    picture = draw([TYPED, *said.splitlines()])
    if sys.argv[1:] == ["--write"]:
        PICTURE.write_text(picture)
        return
    check(PICTURE.exists() and PICTURE.read_text() == picture, "the picture is what is printed today",
          "tests/lint/picture.py --write makes it anew")
    check(f"({PICTURE.relative_to(ROOT)})" in (ROOT / "README.md").read_text(), "the README shows it")
    end()


main()
