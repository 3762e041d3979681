"""compare.py [DIRECTORY]: what the program shows of the files that make.py made, against what their libraries said."""

import collections
import hashlib
import json
import os
import shlex
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from house import check, end, program  # noqa: E402

PROGRAM = os.path.abspath(program())


def run(*arguments):
    process = subprocess.run([PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return process.returncode, process.stdout, process.stderr.decode()


def compare(fact, path):
    """What is wrong with one array."""
    where = "%s, %s: " % (fact["file"], fact["member"])
    member = ["-m", fact["member"]] if fact["member"] is not None else []
    code, out, err = run("-j", *member, path)
    if code != 0:
        return [where + err.strip()]
    record = json.loads(out)
    wrong = [where + "%s is %r, not %r" % (key, record.get(key), fact[key]) for key in ("dtype", "shape")
             if fact[key] is not None and record.get(key) != fact[key]]
    _, out, _ = run("-b", *member, path)
    if hashlib.sha1(out).hexdigest() != fact["sha1"]:
        wrong.append(where + "other bytes")
    if fact.get("in_file") and not record["offset"]:
        wrong.append(where + "not shown where it lies in the file")
    if fact.get("values"):
        _, out, _ = run("-l", *fact.get("options", ()), *member, path)
        if [line.split("\t")[1] for line in out.decode().splitlines()] != fact["values"]:
            wrong.append(where + "other values")
    return wrong


def foreign(fact, path):
    """What is wrong with what is said of a file that is not read; the commands in it are run."""
    code, out, err = run(path)
    message = err.rstrip("\n").split(": ", 2)[-1]
    if code != 2 or out or not message.startswith(fact["begins"]) or ": " not in message:
        return ["said: " + err]
    wrong = []
    commands = message.split(": ", 1)[1]
    if " lists what " in commands:
        first, second = commands.split(" lists what ")
        commands = [first, "mview-inspect " + second.replace(" shows", "").replace("NAME", fact["name"])]
    else:
        commands = [commands.split(" shows ")[0].split(" lists ")[0]]
    for command in commands:
        words = shlex.split(command)
        programs = {"python3": [sys.executable], "mview-inspect": [PROGRAM, "--python", sys.executable]}
        process = subprocess.run([*programs[words[0]], *words[1:]], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 check=False)
        if process.returncode != 0 or not process.stdout:
            wrong += [command, process.stderr.decode()[-500:]]
    return wrong


def main():
    directory = sys.argv[1] if len(sys.argv) > 1 else os.environ["MVIEW_REAL"]
    files = collections.defaultdict(list)
    with open(os.path.join(directory, "facts.jsonl"), encoding="utf-8") as lines:
        for line in lines:
            fact = json.loads(line)
            files[fact["file"]].append(fact)
    for name, facts in files.items():
        path = os.path.join(directory, name)
        if "begins" in facts[0]:
            wrong = foreign(facts[0], path)
            check(not wrong, "%s: named, and its advice works" % name, *wrong)
            continue
        wrong = [line for fact in facts for line in compare(fact, path)]
        check(not wrong, "%s: %d arrays" % (name, len(facts)), *wrong[:20])
        code, out, err = run("--check", path)
        check(code == 0, "%s: --check has no error" % name, out.decode(), err)
    end()


main()
