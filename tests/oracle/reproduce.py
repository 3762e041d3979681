"""--reproduce: the scripts that it prints, run on wrong exporters and on right ones, by this Python and by others.

usage: reproduce.py [NAME...]

A script exits with 1, and the finding's sentence, where --check finds an error or a warning of its rule, and with 0
where it finds none; what no script can show is refused by name.
"""

import ast
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

PROGRAM = [os.environ.get("MVIEW", "build/mview-inspect")]
PYTHON = os.environ.get("MVIEW_PYTHON") or sys.executable
DIRECTORY = os.path.abspath(os.environ.get("MVIEW_BUILD", "build"))  # of exporters.so
OPTIONS = ["-I", DIRECTORY, "-i", "exporters"]

# What is not to be seen from a script, or not by ctypes: a part of what --check knows of the rule.
UNSEEN = {"returns -2": "drops the return value", "threads": "drops the return value", "talks": "drops the return value",
          "unclosed format": "no parser", "unknown code": "no parser", "beyond struct": "no parser",
          "format without ND": "either answer"}


def run(command, **more):
    return subprocess.run(command, capture_output=True, text=True, timeout=120, **more)


def script(options, rule, expression):
    return run(PROGRAM + ["--check", "--reproduce", rule] + options + ["-e", expression])


def execute(text, python=PYTHON):
    with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
        file.write(text)
        file.flush()
        done = run([python, file.name])
    return done, [line for line in done.stderr.splitlines() if "Error" in line]


def judge_script(options, rule, expression, code, python=PYTHON):
    """Problems, of a script that is to exit with this code."""
    made = script(options, rule, expression)
    if made.returncode != 0:
        return [f"exit {made.returncode}: {made.stderr.strip()}"]
    done, errors = execute(made.stdout, python)
    problems = [f"exit {done.returncode}, not {code}: {done.stdout[:300]}"] if done.returncode != code else []
    if code == 1 and not done.stdout.startswith(rule + ": "):
        problems.append(f"says {done.stdout[:100]!r}")
    if code == 0 and done.stdout:
        problems.append(f"says {done.stdout[:100]!r}")
    return problems + errors


OF_PROTOCOLS = ("dlpack-", "array-interface-", "arrow-", "protocols-")  # rules that do not send requests


def options_for(rule, mutate):
    options = OPTIONS + (["--mutate", mutate] if mutate else [])
    if rule == "no-crash":
        options += ["--timeout", "0.5"]
    return options + (["--stress", "4"] if rule == "export-count-thread-safe" else [])


def judge_wrong(name, rule, severity, mutate):
    options, expression = options_for(rule, mutate), f"exporters.wrong({name!r})"
    if name in UNSEEN:
        made = script(options, rule, expression)
        refused = made.returncode == 2 and not made.stdout and f"no script can show '{rule}'" in made.stderr
        return [] if refused and UNSEEN[name] in made.stderr else [f"not refused: {made.stderr}"]
    return judge_script(options, rule, expression, 1)


def judge_right(name, rule, mutate):
    return judge_script(options_for(rule, mutate), rule, f"exporters.right({name!r})", 0)


def judge_protocols(kind, name, rule, code):
    """One of tests/exporters/protocols*.c."""
    return judge_script(["-I", DIRECTORY, "-i", "protocols", "--timeout", "1"], rule, f"protocols.{kind}({name!r})", code)


def tells_by(name, rule):
    """Whether an object of this name has what the rule is about."""
    kind = "array-interface" if name.startswith(("interface", "struct")) else name.split("_")[0]
    return kind == "many" or rule.startswith(kind) or rule == "protocols-agree"


def rights_of_protocols(names):
    """For each rule, right ones that it is about: those with another name for each, and one that tells by all ways."""
    found = []
    for i, (severity, rule) in enumerate(all_rules(OF_PROTOCOLS)):
        fitting = [name for name in names if tells_by(name, rule) and not name.startswith("many")]
        found += [(name, rule) for name in (fitting[i % len(fitting)], fitting[(i + 3) % len(fitting)], "many")]
    return found


def judge_capsules(python):
    """Objects made by ctypes, by another Python."""
    options = ["-I", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"), "-i", "capsules"]
    right = "capsules.DLPack(bytes(24), (2, 3), (3, 1))"
    problems = judge_script(options, "dlpack-tensor", right, 0, python)
    problems += judge_script(options, "dlpack-device", right, 0, python)
    problems += judge_script(options, "dlpack-strides", "capsules.DLPack(bytes(24), (2, 3))", 1, python)
    problems += judge_script(options, "dlpack-tensor", "capsules.DLPack(bytes(24), (2, -3), (3, 1))", 1, python)
    problems += judge_script(options, "arrow-structures", "capsules.Arrow(b's', 3, [None, bytes(8)], offset=1)", 0, python)
    problems += judge_script(options, "arrow-structures", "capsules.Arrow(b's', 3, [None, None])", 1, python)
    return [problem for problem in problems if "ArgumentError" not in problem]  # the module's own, at a generator's end


def judge_plain(expression, options, rules, python):
    """A whole object, by another Python: what the scripts say is what --check says here."""
    checked = json.loads(run(PROGRAM + ["--check", "-j"] + options + ["-e", expression]).stdout)
    broken = {found["rule"] for found in checked["findings"] if found["severity"] != "info"}
    problems = []
    for rule in rules:
        problems += [f"{rule}: {problem}" for problem in
                     judge_script(options, rule, expression, int(rule in broken), python)]
    return problems


def all_rules(begins=""):
    """Severity and rule, of those whose names begin so."""
    lines = [line.split()[:2] for line in run(PROGRAM + ["--list-rules"]).stdout.splitlines()]
    return [(severity, rule) for severity, rule in lines if rule.startswith(begins)]


def rules():
    """Rule and severity, of those that a script can show without --mutate, and of those that need it."""
    plain, mutating = [], []
    for severity, rule in all_rules():
        if rule.startswith(OF_PROTOCOLS):
            continue
        made = script([], rule, "bytearray(3)")
        if "--mutate" in made.stderr:
            mutating.append(rule)
        elif made.returncode == 0 and severity != "info":
            plain.append(rule)
    return plain, mutating


def others():
    """Other Pythons, from 3.9 on, where there are some."""
    roots = pathlib.Path(os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))).glob("versions/*/bin/python")
    found = []
    for python in sorted(map(str, roots)):
        done = run([python, "-c", "import sys, ctypes; print(sys.version_info >= (3, 9))"])
        if done.stdout.strip() == "True":
            found.append(python)
    return found


MUTATE = "_.resize(1000)"
RIGHT = ["ints, releasing", "table", "strided", "pil", "struct", "0-d", "readonly", "self-pointing"]
PLAIN = [("bytearray(b'abc')", []), ("array.array('d', [1, 2])", ["-i", "array"]),
         ("(ctypes.c_int * 3)()", ["-i", "ctypes"])]
SOME = ["format-null-unless-requested", "strides-present-when-requested", "shape-null-unless-requested", "no-leak",
        "refcount-balanced", "pointers-live-until-release", "concurrent-views-independent", "release-accepts-copy",
        "exporter-kept-alive", "slots-of-one-type", "all-fields-filled", "f-contiguous-honoured", "no-crash",
        "strides-within-block", "writable-memory-is-writable", "obj-is-new-reference", "repeated-requests-agree"]


def check_subject():
    """What -x, -i and -I bring along, and an expression that does not fit on a line."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "it's \\ \N{SNOWMAN}.py")
        pathlib.Path(path).write_text("data = bytearray(9)\nview = 'not ours'\ndef release(): return view\n")
        problems = []
        for options, expression in ((["-x", path], "data"), (["-x", path, "-i", "array=a", "-i", "os.path"],
                                    "a.array('b', [len(release())]) if os.path else 0"),
                                    (["-i", "array=a"], " a.array('b', # first\n[1]) # last"),
                                    (["-i", "array=a"], "a.array('u', '\N{SNOWMAN}\\N{SNOWMAN}')")):
            for rule in "obj-non-null", "resize-allowed-after-release", "evaluation-balances":
                mutate = ["--mutate", "_.append(_[0])"] if rule.startswith("resize") else []
                problems += judge_script(options + mutate, rule, expression, 0)
    return problems


def check_view():
    """An expression that is itself the view of what is resized."""
    problems = []
    with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
        file.write("import io\nstream = io.BytesIO(b'abc')\n")
        file.flush()
        for rule in "resize-refused-while-exported", "resize-allowed-after-release":
            problems += judge_script(["-x", file.name, "--mutate", "stream.write(b'x' * 999)"], rule,
                                     "stream.getbuffer()", 0)
    return problems


def listed(module, what):
    """The lists of a module that the program can import."""
    show = ["-I", DIRECTORY, "-i", module, "-b", "-e", f"repr(eval({what!r}, vars({module}))).encode()"]
    return ast.literal_eval(subprocess.run(PROGRAM + show, stdout=subprocess.PIPE, check=True).stdout.decode())


def main():
    only = sys.argv[1:]
    wrong, (right_protocols, wrong_protocols) = listed("exporters", "WRONG"), listed("protocols", "(RIGHT, WRONG)")
    plain, mutating = rules()
    jobs = [(f"wrong: {name}: {rule}", judge_wrong, (name, rule, severity, mutate))
            for name, (rule, severity, mutate) in wrong.items()]
    jobs += [(f"right: {rule}", judge_right, (RIGHT[i % len(RIGHT)], rule, "")) for i, rule in enumerate(plain)]
    jobs += [(f"right: {rule}", judge_right, ("ints, releasing", rule, MUTATE)) for rule in mutating]
    jobs += [(f"{expression}, by {python}", judge_plain, (expression, options, SOME, python))
             for python in others() for expression, options in PLAIN]
    jobs += [(f"wrong: {name}: {rule}", judge_protocols, ("wrong", name, rule, 1))
             for name, (rule, severity) in wrong_protocols.items()]
    jobs += [(f"right: {name}: {rule}", judge_protocols, ("right", name, rule, 0))
             for name, rule in rights_of_protocols(right_protocols)]
    jobs += [(f"objects made by ctypes, by {python}", judge_capsules, (python,)) for python in others()]
    jobs += [("what -x, -i and -I bring along", check_subject, ()), ("a view of what is resized", check_view, ())]
    jobs = [job for job in jobs if not only or any(name in job[0] for name in only)]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda job: job[1](*job[2]), jobs)
        for number, (job, problems) in enumerate(zip(jobs, results), 1):
            print("%sok %d - %s" % ("not " if problems else "", number, job[0]))
            for problem in problems:
                print("# " + problem.replace("\n", "\n#   "))
            failed += bool(problems)
    print("1..%d" % len(jobs))
    return 1 if failed else 0


sys.exit(main())
