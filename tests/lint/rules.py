#!/usr/bin/env python3
"""The rules of --check: their tables, --list-rules and the manual say the same, and each has its script or a reason.

rules.py --write rewrites the manual's section from the tables.
"""

import os
import re
import sys
import textwrap

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from house import MANUAL, ask, check, check_same, end, rows  # noqa: E402

BEGIN, END = ".Bl -tag -width Ds\n", ".El\n"


def manual_rows(rules):
    """The manual's rows for the rules."""
    lines = []
    for macro, (_, name, severity, statement, source) in rules:
        never = " , never tried" if macro == "RULE_NOT_TRIED" else ""
        lines.append(f".It Cm {name} Pq {severity.lower()}{never}")
        # No line may begin as a request of roff does.
        lines += [r"\&" + line if line.startswith((".", "'")) else line for line in
                  textwrap.wrap(f"{statement} ({source})".replace("\\", "\\e"), 79, break_on_hyphens=False)]
    return "\n".join(lines) + "\n"


def split_manual(text):
    """Before the rows, the rows, after them."""
    start = text.index(BEGIN, text.index("\n.Sh RULES\n")) + len(BEGIN)
    stop = text.index(END, start)
    return text[:start], text[start:stop], text[stop:]


# In the order of --list-rules: exporters, consumers, files.
TABLES = ("src/judge/rules.def", "src/trial/rules.def", "src/audit/rules.def")

rules = [row for table in TABLES for row in rows(table, "RULE", "RULE_NOT_TRIED")]
wanted = manual_rows(rules)
before, actual, after = split_manual(MANUAL.read_text())
if sys.argv[1:] == ["--write"]:
    MANUAL.write_text(before + wanted + after)
    sys.exit()

names = [row[1] for _, row in rules]
check(len(names) == len(set(names)) > 0, "each rule has a name of its own")
check(all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names), "names are lower case, joined by hyphens")
check_same([line.split()[2] for line in actual.splitlines() if line.startswith(".It")], names,
           "the manual's section RULES has every rule, and no other")
check(actual == wanted, "the manual's section RULES says what the tables say", "run: tests/lint/rules.py --write")
check([line.split(None, 2) for line in ask("--list-rules").splitlines()] ==
      [[row[2].lower(), row[1], f"{row[3]} ({row[4]})"] for _, row in rules],
      "--list-rules has the rows of the tables", ask("--list-rules"))

scripts = [row for name in ("scripts.def", "scripts_memory.def", "scripts_protocols.def", "scripts_arrow.def")
           for row in rows("src/reproduce/" + name, "SCRIPT", "NO_SCRIPT")]
exporters = {row[0] for _, row in rows("src/judge/rules.def", "RULE", "RULE_NOT_TRIED")}
check({row[0] for _, row in scripts} == exporters and len(scripts) == len(exporters),
      "each rule of exporters has one row among the scripts of --reproduce", *({row[0] for _, row in scripts} ^ exporters))


def compiles(row):
    """A body, with the lines that stand only at times and without them."""
    try:
        for marks in "?+", "-":
            lines = [line[1:] if line[0] in marks else line for line in row[4].splitlines() if line
                     if line[0] in marks or line[0] not in "?+-"]
            compile("def breach():\n" + textwrap.indent("\n".join(lines), "    "), row[0], "exec")
    except SyntaxError as error:
        return str(error)


wrong = [f"{row[0]}: {compiles(row)}" for macro, row in scripts if macro == "SCRIPT" and compiles(row)]
check(not wrong, "the scripts are Python", *wrong)
end()
