"""What --requests says of consumers, against the consumers: make check-consumers [CONSUMERS='TEXT...'].

Objects whose expression holds one of the TEXTs only, or all.  Differences that are no mistake of the program are in
explained.txt: the row, an expression (* for anything), and the reason.  MVIEW_TORCH is a Python that has torch.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import typing

import elements
import objects

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = os.path.abspath(os.environ.get("MVIEW", "build/mview-inspect"))
BUILT = pathlib.Path(sys.prefix)
TORCH = {"torch.frombuffer"}


class World(typing.NamedTuple):
    """Where consumers are run."""
    name: str  # what consume.py is told, and the differences begin with
    rows: typing.Optional[set]  # those that are run there; None for all that no other world has to itself
    paths: tuple = ()  # that the program's Python looks in, too
    python: str = sys.executable

    def has(self, row):
        return row not in TORCH if self.rows is None else row in self.rows

    def call(self, row):
        return f"{self.name} {row}" if self.name == "old" else row


HERE_AND_NOW = World("", None)
# What goes by NumPy, and so is tried with an old one, too.
OLD = World("old", {"numpy.asarray", "numpy.frombuffer", "pybind11 array_t", "pybind11 array_t noconvert"},
            ("-I", BUILT / "old"))
# Which takes a GB: in the environment of check-real.
WITH_TORCH = World("torch", TORCH, (), os.environ.get("MVIEW_TORCH", ""))


# --- what is said -----------------------------------------------------------------------------------------------------

def ask(case, world):
    options, expression = case
    paths = ["-I", BUILT, "-I", BUILT.parent, *world.paths]
    done = subprocess.run([PROGRAM, "--requests", "-j", "--python", sys.executable, *paths, *options, "-e", expression],
                          capture_output=True, text=True, cwd=objects.SURVEY)
    if not done.stdout:
        return None, done.stderr.strip()
    return {row["name"]: row for row in json.loads(done.stdout)["consumers"] if world.has(row["name"])}, None


def ask_all(cases, world):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda case: ask(case, world), cases))


def setup(options):
    """The statements that the options stand for."""
    for option, value in zip(options[::2], options[1::2]):
        module, _, name = value.partition("=")
        if option == "-i":
            yield f"import {module} as {name}" if name else f"import {module}"
        else:
            yield f"exec(compile(open({value!r}).read(), {value!r}, 'exec'), globals())"


# --- what is done -----------------------------------------------------------------------------------------------------

def run(world, jobs):
    lines = "".join(json.dumps(job) + "\n" for job in jobs)
    done = subprocess.run([world.python, str(HERE / "consume.py"), *world.name.split()], input=lines,
                          stdout=subprocess.PIPE, text=True, cwd=objects.SURVEY, check=True,
                          env={**os.environ, "MVIEW_VERDICTS": str(BUILT)})
    return [json.loads(line) for line in done.stdout.splitlines()]


def split(jobs, count):
    return [jobs[start::count] for start in range(count)]


def run_all(world, jobs):
    count = os.cpu_count() or 1
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        parts = list(pool.map(lambda part: run(world, part), split(jobs, count)))
    results = [None] * len(jobs)
    for start, part in enumerate(parts):
        results[start::count] = part
    return results


# --- the difference ---------------------------------------------------------------------------------------------------

TRIED = {"Cython": set(elements.CYTHON + elements.CYTHON_RECORDS), "pybind11": set(elements.CXX + elements.CXX_RECORDS),
         "nanobind": set(elements.CXX), "PyO3": {"u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "usize", "isize", "f32", "f64"}}


def by_layout(row, types):
    """Cython cares for no names."""
    return {elements.layout(name) if "{" in name and row.startswith("Cython") else name for name in types}


def differences(said, does):
    for row, result in does["rows"].items():
        mine = said[row]
        if mine["reads"] != result["reads"]:
            yield row, f"said {'yes' if mine['reads'] else 'no'} ({mine['why']}), but: {result['why'] or 'it reads'} {result['types'] or ''}"
        elif result["killed"] and not re.search("crash|past the|hangs", mine["why"] or ""):
            yield row, f"kills the process, which '{mine['why']}' does not say"
        elif result["types"] is not None:
            types, fit, tried = (by_layout(row, names) for names in (mine["types"], result["types"], TRIED[row.split()[0]]))
            if types and row.startswith("Cython") and not any("{" in name for name in mine["types"]):
                fit = fit & (types | set(elements.CYTHON))  # a structure of one member fits a number, too
            fit = {name for name in fit if name in types or not any(elements.alike(name, other) for other in types)}
            for name in sorted(types ^ fit, key=str):
                yield row, f"{name}: " + ("not compiled" if name not in tried else "said to fit" if name in types else "fits, and is not named")
    for row, remedy, why in does["useless"]:
        yield row, f"{remedy} does not help: {why}"


def remedies(said):
    return [(name, remedy) for name, row in said.items() if row["remedy"] for remedy in row["remedy"].split(", or ")]


def read_explained():
    for line in (HERE / "explained.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            row, expression, why = line.split(" | ")
            yield "|".join(".*".join(map(re.escape, text.split("*"))) for text in (row + "\t" + expression,)), why


def is_explained(row, expression, table):
    return any(re.fullmatch(pattern, f"{row}\t{expression}", re.S) for pattern, _ in table)


class Sum:
    objects = verdicts = explained = failed = 0


def compare(cases, table, total, world=HERE_AND_NOW):
    """Ask and run, and tell the differences; with the old NumPy, what it has no object of is left out."""
    asked = [(case, *answer) for case, answer in zip(cases, ask_all(cases, world))]
    for case, _, problem in asked:
        if problem and world is not OLD:
            print(f"{case[1]}: {problem}")
            total.failed += 1
    asked = [(case, said) for case, said, problem in asked if not problem]
    jobs = [{"setup": list(setup(options)), "expression": expression, "rows": list(said), "remedies": remedies(said)}
            for (options, expression), said in asked]
    for (case, said), does in zip(asked, run_all(world, jobs)):
        total.objects += 1
        total.verdicts += len(said)
        for row, what in differences(said, does):
            row = world.call(row)
            if is_explained(row, case[1], table):
                total.explained += 1
            else:
                total.failed += 1
                print(f"{case[1]}: {row}: {what}", flush=True)


def has_old_numpy():
    return (BUILT / "old" / "numpy").is_dir()


def main():
    wanted = sys.argv[1:]
    table, total = list(read_explained()), Sum()

    def chosen(cases):
        return [case for case in cases if not wanted or any(text in case[1] for text in wanted)]

    compare(chosen(objects.all_objects()), table, total)
    if has_old_numpy():
        compare(chosen(objects.for_old_numpy()), table, total, OLD)
    else:
        print("# SKIP NumPy before 2.0: there is none for this Python")
    if WITH_TORCH.python:
        compare(chosen(objects.for_torch()), table, total, WITH_TORCH)
    else:
        print("# SKIP torch: make check-real makes the environment that has it")
    print(f"{total.objects} objects, {total.verdicts} verdicts, {total.explained} explained differences, "
          f"{total.failed} others")
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
