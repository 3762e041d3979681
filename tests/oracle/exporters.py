"""Every exporter of tests/exporters, checked by the program.

usage: exporters.py [NAME...]

A right exporter has no error and no warning.  A wrong one has the finding that
the module says it has, and no other error; one that breaks a rule of lesser
weight has no other warning either.
"""

import ast
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from jobs import run_jobs  # noqa: E402

PROGRAM = [os.environ.get("MVIEW", "build/mview-inspect")]
DIRECTORY = os.path.abspath(os.environ.get("MVIEW_BUILD", "build"))  # of exporters.so
SLOW = 15.5  # seconds: no check may take longer, whatever the exporter does


def run(arguments, expression):
    command = PROGRAM + ["--check", "--info", "-I", DIRECTORY, "-i", "exporters"] + arguments
    begin = time.monotonic()
    done = subprocess.run(command + ["-e", expression], capture_output=True, timeout=60, text=True)
    return done, time.monotonic() - begin


def findings(text):
    found = set()
    for line in text.splitlines()[:-1]:
        severity, rule = line.split()[:2]
        found.add((severity, rule))
    return found


def judge_right(name):
    done, _ = run([], "exporters.right(%r)" % name)
    bad = {f for f in findings(done.stdout) if f[0] != "info"}
    problems = ["found %s %s" % f for f in sorted(bad)]
    if done.returncode != 0:
        problems.append("exit %d: %s" % (done.returncode, done.stderr.strip()))
    return problems, done


def judge_wrong(name, rule, severity, mutate):
    arguments = ["--mutate", mutate] if mutate else []
    if rule == "export-count-thread-safe":
        arguments += ["--stress", "4"]
    if rule == "no-crash":
        arguments += ["--timeout", "0.5"]
    done, seconds = run(arguments, "exporters.wrong(%r)" % name)
    found = findings(done.stdout)
    problems = []
    if (severity, rule) not in found:
        problems.append("not found")
    others = {f for f in found if f[0] == "error" and f[1] != rule}
    if severity != "error":
        others |= {f for f in found if f[0] == "warning" and f[1] != rule}
    problems += ["also found %s %s" % f for f in sorted(others)]
    if done.returncode != (1 if severity == "error" else 0):
        problems.append("exit %d: %s" % (done.returncode, done.stderr.strip()))
    if seconds > SLOW:
        problems.append("took %.1f s" % seconds)
    if "talk" in done.stdout.splitlines():
        problems.append("its talk is in the answer")
    return problems, done


def names():
    """The module's own lists, from the Python that the program embeds."""
    show = PROGRAM + ["-I", DIRECTORY, "-i", "exporters", "-b", "-e"]
    lists = subprocess.run(show + ["repr((exporters.RIGHT, exporters.WRONG)).encode()"], capture_output=True)
    if lists.returncode != 0:
        sys.exit("exporters.py: cannot list the exporters: %s" % lists.stderr.decode())
    return ast.literal_eval(lists.stdout.decode())


# Rules that no C exporter can break: what __buffer__ and __release_buffer__ do (tests/bats/check.bats),
# and what is listed but never tried.
ELSEWHERE = {"dunder-buffer-returns-memoryview", "dunder-buffer-refuses-with-buffererror",
             "dunder-release-signature", "dunder-release-pairing", "read-write-flags", "incomplete-bits"}


OTHERS = ("consumer-", "file-", "dlpack-", "array-interface-", "arrow-", "protocols-")  # what is no exporter's rule


def judge_coverage(wrong):
    lines = subprocess.run(PROGRAM + ["--list-rules"], capture_output=True, text=True).stdout.splitlines()
    rules = {line.split()[1] for line in lines if not line.split()[1].startswith(OTHERS)}
    broken = {rule for rule, _, _ in wrong.values()}
    problems = ["no exporter breaks %s" % rule for rule in sorted(rules - broken - ELSEWHERE)]
    problems += ["there is no rule %s" % rule for rule in sorted(broken - rules)]
    return problems, subprocess.CompletedProcess([], 0, "", "")


def main():
    right, wrong = names()
    jobs = [("right: " + name, judge_right, (name,)) for name in right]
    jobs += [("wrong: %s: %s" % (name, rule), judge_wrong, (name, rule, severity, mutate))
             for name, (rule, severity, mutate) in wrong.items()]
    jobs.append(("every rule has an exporter that breaks it", judge_coverage, (wrong,)))
    return run_jobs(jobs, sys.argv[1:])


sys.exit(main())
