"""Judge the exporters and the consumers of the ecosystem: what --check says of each, as two tables.

    make survey                     all of them, and the tables renewed
    make survey SURVEY='numpy/ av'  only the groups whose names begin so; the tables stay as they are

Takes minutes and the network: packages come from PyPI, pinned in requirements.txt, into BUILD/survey.  It is no part
of `make check`.

exporters.txt and consumers.txt list what is judged, samples/ holds what their expressions need; known.tsv and
known-consumers.tsv explain errors, and the warnings of protocols beside the buffer's, in one line each; results.md and results-consumers.md are the tables.  witness.py
judges exporters again, by other means.  The exit status is 1 when an error is not explained there (it is a defect to be
looked into, or a false alarm to be mended in src/judge or src/trial), when the witness disagrees, when an expression
fails, or when what is listed as none is one after all.
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
    is_one: bool  # an exporter, a consumer
    has_buffer: bool = True  # of an exporter: else it tells by other protocols alone


class Known(typing.NamedTuple):
    subject: str  # "GROUP EXPRESSION", with * for anything
    rules: set
    why: str

    def explains(self, group, case, rule):
        parts = map(re.escape, self.subject.split("*"))
        return rule in self.rules and re.fullmatch(".*".join(parts), f"{group.name} {case.expression}") is not None


class Survey(typing.NamedTuple):
    of: str  # "exporters"
    known: str  # files
    results: str
    none: str  # what is said of what is none
    judge: typing.Callable


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


def read_groups(name):
    groups = []
    for line in read_lines(name):
        header = re.fullmatch(r"\[(\S+?)(?: >=([0-9.]+))?\](.*)", line)
        if header:
            minimum = tuple(map(int, header[2].split("."))) if header[2] else ()
            groups.append(Group(header[1], minimum, header[3].split(), []))
        else:
            mark, expression = (line[0], line[2:]) if line[:2] in ("! ", "~ ") else ("", line)
            groups[-1].cases.append(Case(expression, mark != "!", mark == ""))
    return groups


def read_known(name):
    for line in read_lines(name):
        subject, rules, why = line.split("\t")
        yield Known(subject, set(rules.split()), why)


def version(group):
    return platform.python_version() if group.distribution == "python" else importlib.metadata.version(group.distribution)


# --- judging ----------------------------------------------------------------------------------------------------------

def run(command, option, group, case):
    environment = {**os.environ, "VIRTUAL_ENV": sys.prefix}
    return subprocess.run([*command, *group.options, option, case.expression], cwd=HERE, env=environment,
                          capture_output=True, timeout=SECONDS, text=True, errors="replace")


def last_words(done, case):
    """The program's own, whatever a library says behind them (jax warns of each fork); else the library's."""
    lines = done.stderr.splitlines()
    own = [line for line in lines if line.startswith("mview-inspect: ")]
    return (own or lines or [""])[-1].removeprefix(f"mview-inspect: {case.expression}: ")


def findings_of(verdict):
    return [(found["severity"], found["rule"], found["detail"]) for found in verdict["findings"]
            if found["severity"] != "info"]


def is_late(findings):
    return any("the time for the whole check was over" in detail for _, _, detail in findings)


def grants_none(done):
    """Judged by other protocols, and no buffer is to be had."""
    requests = json.loads(done.stdout)["requests"] if done.stdout else []
    return bool(requests) and all(request["outcome"] == "refused" for request in requests)


def judge_exporter(program, group, case):
    done = run([program, "--check", "-j"], "-e", group, case)
    said = last_words(done, case)
    if not case.is_one:
        none = "has no buffer" in said or "every request is refused" in said or grants_none(done)
        return Result(group, case, "" if none else said or "exports a buffer", [], set())
    if not done.stdout:
        return Result(group, case, said or f"exit status {done.returncode}", [], set())
    verdict = json.loads(done.stdout)
    findings = findings_of(verdict)
    if bool(verdict["requests"]) != case.has_buffer:
        return Result(group, case, "has a buffer" if verdict["requests"] else "has no buffer", findings, set())
    if not case.has_buffer:
        return Result(group, case, "not judged in time" if is_late(findings) else "", findings, set())
    said = run([sys.executable, "witness.py"], "-e", group, case).stdout
    disputed = {rule for _, rule, _ in findings if rule in witness.WITNESSED} ^ set(json.loads(said or '["no witness"]'))
    return Result(group, case, "not judged in time" if is_late(findings) else "", findings, disputed)


def judge_consumer(program, group, case):
    done = run([program, "--check", "-j"], "--consumer", group, case)
    said = last_words(done, case)
    if not case.is_one:
        refuses = said.startswith(("refuses every buffer", "asks '_' for no buffer"))
        return Result(group, case, "" if refuses else said or "takes a buffer", [], set())
    if not done.stdout:
        return Result(group, case, said or f"exit status {done.returncode}", [], set())
    findings = findings_of(json.loads(done.stdout))
    return Result(group, case, "not judged in time" if is_late(findings) else "", findings, set())


SURVEYS = (
    Survey("exporters", "known.tsv", "results.md", "no buffer", judge_exporter),
    Survey("consumers", "known-consumers.tsv", "results-consumers.md", "takes none", judge_consumer),
)


def judge_all(survey, program, groups):
    jobs = [(program, group, case) for group in groups for case in group.cases]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(survey.judge, *zip(*jobs)))


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


def verdict(survey, result):
    if result.problem:
        return result.problem
    if not result.case.is_one:
        return survey.none
    return "errors" if result.rules("error") else "warnings" if result.rules("warning") else "clean"


def write_summary(output, survey, results):
    rows = []
    for group in dict.fromkeys(result.group.name for result in results):
        own = [result for result in results if result.group.name == group]
        verdicts = [verdict(survey, result) for result in own]
        rows.append((f"[{group}](#{re.sub('[^a-z0-9_-]', '', group.lower())})", version(own[0].group),
                     *(verdicts.count(kind) or "" for kind in ("clean", "warnings", "errors", survey.none))))
    write_table(output, ("group", "version", "clean", "with warnings", "with errors", survey.none), rows)


def write_known(output, survey, known, results):
    rows = []
    for row in known:
        count = sum(any(row.explains(result.group, result.case, rule) for _, rule, _ in result.findings)
                    for result in results)
        if count:
            rows.append((code(row.subject), " ".join(sorted(row.rules)), count, row.why))
    write_table(output, (survey.of, "rules", "of them", "why"), rows)


def write_results(output, survey, program, known, results):
    tool = subprocess.run([program, "--version"], stdout=subprocess.PIPE, text=True).stdout.split("\n")[0]
    print(f"# {survey.of.capitalize()} of the ecosystem, judged\n", file=output)
    print(f"`make survey` on {datetime.date.today()}: {tool}, CPython {platform.python_version()}, "
          f"{platform.system()} {platform.machine()}.", file=output)
    write_summary(output, survey, results)
    print("\n## What the findings are", file=output)
    write_known(output, survey, known, results)
    for group in dict.fromkeys(result.group.name for result in results):
        own = [result for result in results if result.group.name == group]
        print(f"\n## {group}", file=output)
        write_table(output, (survey.of.removesuffix("s"), "verdict", "errors", "warnings"),
                    [(code(result.case.expression), verdict(survey, result), ", ".join(result.rules("error")),
                      ", ".join(result.rules("warning"))) for result in own])


def conduct(survey, program, wanted):
    """Judge and write; the number of complaints."""
    known = list(read_known(survey.known))
    groups = [group for group in read_groups(survey.of + ".txt") if group.minimum <= sys.version_info[:2]]
    groups = [group for group in groups if not wanted or group.name.startswith(wanted)]
    if not groups:
        return 0
    results = judge_all(survey, program, groups)
    wrong = list(complaints(known, results))
    if not wanted:
        with open(HERE / survey.results, "w") as output:
            write_results(output, survey, program, known, results)
        for row in known:
            if not any(row.explains(result.group, result.case, rule) for result in results
                       for _, rule, _ in result.findings):
                print(f"survey: explains nothing any more: {row.subject}: {' '.join(sorted(row.rules))}")
    write_summary(sys.stdout, survey, results)
    for line in wrong:
        print(f"survey: {line}")
    return len(wrong)


def main():
    program = os.path.abspath(sys.argv[1])
    return int(sum(conduct(survey, program, tuple(sys.argv[2:])) for survey in SURVEYS) > 0)


if __name__ == "__main__":
    sys.exit(main())
