"""Every object of tests/exporters/protocols*.c, checked by the program.

usage: protocols.py [NAME...]

A right one has no error and no warning.  A wrong one has the finding that the module says it has, and no other error;
one that breaks a rule of lesser weight has no other warning either.
"""

import ast
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from jobs import run_jobs  # noqa: E402

PROGRAM = [os.environ.get("MVIEW", "build/mview-inspect")]
DIRECTORY = os.path.abspath(os.environ.get("MVIEW_BUILD", "build"))  # of protocols.so
OF_PROTOCOLS = ("dlpack-", "array-interface-", "arrow-", "protocols-")


def run(*arguments):
    command = PROGRAM + ["-I", DIRECTORY, "-i", "protocols", "--timeout", "1", *arguments]
    return subprocess.run(command, capture_output=True, timeout=60, text=True)


def findings(text):
    return {tuple(line.split()[:2]) for line in text.splitlines()[:-1]}


def judge_right(name):
    done = run("--check", "-e", "protocols.right(%r)" % name)
    problems = ["found %s %s" % f for f in sorted(findings(done.stdout))]
    if done.returncode != 0:
        problems.append("exit %d: %s" % (done.returncode, done.stderr.strip()))
    return problems, done


def judge_wrong(name, rule, severity):
    done = run("--check", "-e", "protocols.wrong(%r)" % name)
    found = findings(done.stdout)
    problems = [] if (severity, rule) in found else ["not found"]
    others = {f for f in found if f[1] != rule and (severity != "error" or f[0] == "error")}
    problems += ["also found %s %s" % f for f in sorted(others)]
    if done.returncode != (1 if severity == "error" else 0):
        problems.append("exit %d: %s" % (done.returncode, done.stderr.strip()))
    return problems, done


def judge_shown(name):
    """What --requests puts side by side comes for any of them, and differs where protocols-agree says so."""
    done = run("--requests", "-e", "protocols.wrong(%r)" % name)
    problems = [] if done.returncode == 0 and "PROTOCOL" in done.stdout else ["exit %d: %s" % (done.returncode, done.stderr)]
    return problems, done


def judge_coverage(wrong):
    done = subprocess.run(PROGRAM + ["--list-rules"], capture_output=True, text=True)
    rules = {line.split()[1] for line in done.stdout.splitlines() if line.split()[1].startswith(OF_PROTOCOLS)}
    broken = {rule for rule, _ in wrong.values()}
    return ["no object breaks %s" % rule for rule in sorted(rules - broken)], done


def names():
    """The module's own lists, from the Python that the program embeds."""
    done = subprocess.run(PROGRAM + ["-I", DIRECTORY, "-i", "protocols", "-b", "-e",
                                     "repr((protocols.RIGHT, protocols.WRONG)).encode()"], capture_output=True)
    if done.returncode != 0:
        sys.exit("protocols.py: cannot list the objects: %s" % done.stderr.decode())
    return ast.literal_eval(done.stdout.decode())


def main():
    right, wrong = names()
    jobs = [("right: " + name, judge_right, (name,)) for name in right]
    jobs += [("wrong: %s: %s" % (name, rule), judge_wrong, (name, rule, severity))
             for name, (rule, severity) in wrong.items()]
    jobs += [("shown: " + name, judge_shown, (name,)) for name in wrong]
    jobs.append(("every rule has an object that breaks it", judge_coverage, (wrong,)))
    return run_jobs(jobs, sys.argv[1:])


sys.exit(main())
