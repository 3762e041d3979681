"""Judge the exporters of the ecosystem: what --check says of each, as a table.

    make survey                     all of them, and results.md renewed
    make survey SURVEY='numpy/ av'  only the groups whose names begin so; results.md stays as it is

Takes minutes and the network: packages come from PyPI, pinned in requirements.txt, into BUILD/survey.  It is no part
of `make check`.

exporters.txt lists what is judged, samples/ holds what its expressions need, and known.tsv explains errors in one line
each.  witness.py judges again, by other means.  The exit status is 1 when an error is not explained there (it is a defect to be looked into, or a false alarm
to be mended in src/judge), when the witness disagrees, when an expression fails, or when what is listed as no exporter
is one after all.
"""

import concurrent.futures
import datetime
import importlib.metadata
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import typing

import witness

HERE = pathlib.Path(__file__).resolve().parent
SECONDS = 60  # no check takes as long


class Group(typing.NamedTuple):
    name: str  # "numpy/scalars"
    minimum: tuple  # the least version of Python, () for any
    options: list  # what stands before -e
    cases: list

    @property
    def distribution(self):
        return self.name.partition("/")[0]


class Case(typing.NamedTuple):
    expression: str
    exports: bool


class Known(typing.NamedTuple):
    exporter: str  # "GROUP EXPRESSION", with * for anything
    rules: set
    why: str

    def explains(self, group, case, rule):
        parts = map(re.escape, self.exporter.split("*"))
        return rule in self.rules and re.fullmatch(".*".join(parts), f"{group.name} {case.expression}") is not None


class Result(typing.NamedTuple):
    group: Group
    case: Case
    problem: str  # why there is no verdict, or ""
    findings: list  # (severity, rule, detail), without those for information
    disputed: set  # rules that either the program or the witness finds broken, and not the other

    def rules(self, severity):
        return sorted({rule for found, rule, _ in self.findings if found == severity})


# --- what is read -----------------------------------------------------------------------------------------------------

def read_lines(name):
    for line in (HERE / name).read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            yield line


def read_groups():
    groups = []
    for line in read_lines("exporters.txt"):
        header = re.fullmatch(r"\[(\S+?)(?: >=([0-9.]+))?\](.*)", line)
        if header:
            minimum = tuple(map(int, header[2].split("."))) if header[2] else ()
            groups.append(Group(header[1], minimum, header[3].split(), []))
        else:
            groups[-1].cases.append(Case(line.removeprefix("! "), not line.startswith("! ")))
    return groups


def read_known():
    for line in read_lines("known.tsv"):
        exporter, rules, why = line.split("\t")
        yield Known(exporter, set(rules.split()), why)


def version(group):
    return platform.python_version() if group.distribution == "python" else importlib.metadata.version(group.distribution)


# --- judging ----------------------------------------------------------------------------------------------------------

def run(command, group, case):
    environment = {**os.environ, "VIRTUAL_ENV": sys.prefix}
    return subprocess.run([*command, *group.options, "-e", case.expression], cwd=HERE, env=environment,
                          capture_output=True, timeout=SECONDS, text=True)


def check(program, group, case):
    done = run([program, "--check", "-j"], group, case)
    said = (done.stderr.splitlines() or [""])[-1].removeprefix(f"mview-inspect: {case.expression}: ")
    if not case.exports:
        return Result(group, case, "" if "has no buffer" in said else said or "exports a buffer", [], set())
    if not done.stdout:
        return Result(group, case, said or f"exit status {done.returncode}", [], set())
    verdict = json.loads(done.stdout)
    findings = [(found["severity"], found["rule"], found["detail"]) for found in verdict["findings"]
                if found["severity"] != "info"]
    said = run([sys.executable, "witness.py"], group, case).stdout
    disputed = {rule for _, rule, _ in findings if rule in witness.WITNESSED} ^ set(json.loads(said or '["no witness"]'))
    late = any("the time for the whole check was over" in detail for _, _, detail in findings)
    return Result(group, case, "not judged in time" if late else "", findings, disputed)


def check_all(program, groups):
    jobs = [(program, group, case) for group in groups for case in group.cases]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(check, *zip(*jobs)))


def explanations(known, result, rule):
    return [row for row in known if row.explains(result.group, result.case, rule)]


def complaints(known, results):
    """What makes the survey fail, a line each."""
    for result in results:
        where = f"{result.group.name}: {result.case.expression}"
        if result.problem:
            yield f"{where}: {result.problem}"
        if result.disputed:
            yield f"{where}: the witness disagrees: {' '.join(sorted(result.disputed))}"
        for severity, rule, detail in result.findings:
            if severity == "error" and not explanations(known, result, rule):
                yield f"{where}: not explained: {rule}: {detail}"


# --- the table --------------------------------------------------------------------------------------------------------

BAR = r"\|"  # in a cell of a table


def code(text):
    quote = "``" if "`" in text else "`"
    return quote + text + quote


def write_table(output, head, rows):
    print(f"\n| {' | '.join(head)} |\n|{' --- |' * len(head)}", file=output)
    for row in rows:
        print(f"| {' | '.join(str(cell).replace('|', BAR) for cell in row)} |", file=output)


def verdict(result):
    if result.problem:
        return result.problem
    if not result.case.exports:
        return "no buffer"
    return "errors" if result.rules("error") else "warnings" if result.rules("warning") else "clean"


def write_summary(output, results):
    rows = []
    for group in dict.fromkeys(result.group.name for result in results):
        own = [result for result in results if result.group.name == group]
        verdicts = [verdict(result) for result in own]
        rows.append((f"[{group}](#{re.sub('[^a-z0-9_-]', '', group.lower())})", version(own[0].group),
                     *(verdicts.count(kind) or "" for kind in ("clean", "warnings", "errors", "no buffer"))))
    write_table(output, ("group", "version", "clean", "with warnings", "with errors", "no buffer"), rows)


def write_known(output, known, results):
    rows = []
    for row in known:
        count = sum(any(severity == "error" and row.explains(result.group, result.case, rule)
                        for severity, rule, _ in result.findings) for result in results)
        if count:
            rows.append((code(row.exporter), " ".join(sorted(row.rules)), count, row.why))
    write_table(output, ("exporters", "rules", "of them", "why"), rows)


def write_results(output, program, known, results):
    tool = subprocess.run([program, "--version"], stdout=subprocess.PIPE, text=True).stdout.split("\n")[0]
    print("# Exporters of the ecosystem, judged\n", file=output)
    print(f"`make survey` on {datetime.date.today()}: {tool}, CPython {platform.python_version()}, "
          f"{platform.system()} {platform.machine()}.", file=output)
    write_summary(output, results)
    print("\n## What the errors are", file=output)
    write_known(output, known, results)
    for group in dict.fromkeys(result.group.name for result in results):
        own = [result for result in results if result.group.name == group]
        print(f"\n## {group}", file=output)
        write_table(output, ("exporter", "verdict", "errors", "warnings"),
                    [(code(result.case.expression), verdict(result), ", ".join(result.rules("error")),
                      ", ".join(result.rules("warning"))) for result in own])


def main():
    program = os.path.abspath(sys.argv[1])
    wanted = tuple(sys.argv[2:])
    known = list(read_known())
    groups = [group for group in read_groups() if group.minimum <= sys.version_info[:2]]
    results = check_all(program, [group for group in groups if not wanted or group.name.startswith(wanted)])
    wrong = list(complaints(known, results))
    if not wanted:
        with open(HERE / "results.md", "w") as output:
            write_results(output, program, known, results)
        for row in known:
            if not any(row.explains(result.group, result.case, rule) for result in results
                       for rule in result.rules("error")):
                print(f"survey: explains nothing any more: {row.exporter}: {' '.join(sorted(row.rules))}")
    write_summary(sys.stdout, results)
    for line in wrong:
        print(f"survey: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
