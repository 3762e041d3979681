#!/usr/bin/env python3
"""Measure mview-inspect against its peers, and print a table of ratios.

usage: run.py [GOAL]...    all goals, or those whose name begins so

Each goal runs its two commands in turns, BENCH_ROUNDS times (5), and compares
the medians.  BENCH_CLOCK=cpu compares the processor time (user and system) of
the commands instead of the time that passed: for machines that are at work.
MVIEW is the program; the data lie in MVIEW_BUILD/bench.  BENCH_TORCH is a Python that has torch, where
`make check-real` did not make one.
"""

import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

import data

HERE = os.path.dirname(os.path.abspath(__file__))
MVIEW = os.environ.get("MVIEW", "build/mview-inspect")
FOLDER = os.path.join(os.environ.get("MVIEW_BUILD", "build"), "bench")
PYTHON = os.environ.get("MVIEW_PYTHON") or sys.executable
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
CLOCK = os.environ.get("BENCH_CLOCK", "wall")
TORCH = os.environ.get("BENCH_TORCH", os.path.join(os.environ.get("MVIEW_BUILD", "build"), "real/bin/python"))
TENSOR = "torch.zeros(2, 3)"
DEMO = os.path.join(HERE, "..", "data", "demo.pkl")
REQUESTS = 300_000
RSS_LIMIT = 16  # MiB over a tiny input's

# Spawns its arguments and prints their peak RSS in KiB.  A process inherits its parent's peak: this one is small.
PEAK = """import os, sys
null = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=null)
_, status, usage = os.wait4(pid, 0)
print(usage.ru_maxrss)
sys.exit(status != 0)"""


class Absent(Exception):
    """A program or module that a command needs."""


@dataclass
class Command:
    """Something to run; `work` is how much of it is done in one run, in units that both commands of a goal share."""

    words: list
    work: float = 1
    piped: bool = False  # into cat, else to /dev/null
    times: int = 1       # runs that make one measurement
    module: str = ""     # that Python must have
    tells: bool = False  # it prints its seconds itself

    def need(self):
        if not shutil.which(self.words[0]):
            raise Absent(self.words[0])
        if self.module and subprocess.run([self.words[0], "-c", f"import {self.module}"],
                                          stderr=subprocess.DEVNULL).returncode:
            raise Absent(self.module)

    def measure(self):
        """Seconds for one unit of work."""
        if self.tells:
            return float(subprocess.check_output(self.words)) / self.work
        words = ["sh", "-c", '"$@" | cat >/dev/null', "sh", *self.words] if self.piped else self.words
        output = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
        seconds = 0
        for _ in range(self.times):
            start = time.perf_counter()
            pid = os.posix_spawnp(words[0], words, os.environ, file_actions=output)
            _, status, usage = os.wait4(pid, 0)
            seconds += time.perf_counter() - start if CLOCK == "wall" else usage.ru_utime + usage.ru_stime
            if status != 0:
                sys.exit(f"bench: failed with {status}: {' '.join(self.words)[:200]}")
        return seconds / self.times / self.work

    def peak(self):
        """MiB of peak RSS."""
        return int(subprocess.check_output([sys.executable, "-I", "-S", "-c", PEAK, *self.words])) / 1024


@dataclass
class Goal:
    name: str
    ours: Command
    peer: Command
    wanted: float  # None: for information
    kind: str = "faster"  # at least so many times as fast; "within" so many times the time; "memory", MiB over;
                          # "each", microseconds more for one unit of work


def path(name):
    return os.path.join(FOLDER, name)


def mview(*words, **more):
    return Command([MVIEW, *words], **more)


def raw(name, *words, **more):
    return mview("-t", "raw", *words, path(name), **more)


# What is in them, file, ratio, and the module that loading needs.
PICKLES = [
    ("a million numbers", "numbers.pkl", 2),
    ("200,000 small dicts", "dicts.pkl", 2),
    ("200,000 small objects", "objects.pkl", 2),
    ("320 MB of arrays", "arrays.pkl", 30, "numpy"),
]


def loads(name, module=""):
    """Python's own unpickler on a pickle, in a process of its own."""
    return Command([PYTHON, "-I", os.path.join(HERE, "unpickle.py"), path(name)], module=module)


def goals():
    small = sorted(entry.path for entry in os.scandir(path("small")))
    offset = len(data.header("<f8", (data.SIDE, data.SIDE), True))
    tiny = path("tiny.npy")
    shape = mview("-f", "shape", tiny, times=20)
    dump = raw("random-256", "-d", work=256)
    checkpoint = mview("-f", "name,shape", path("checkpoint.pt"), times=5)
    asking = os.path.join(HERE, "asking.py")
    load = [os.path.join(HERE, "load.py"), path("checkpoint.pt")]
    return [
        Goal("random to /dev/null, xxd", dump, Command(["xxd", path("random-32")], 32), 45),
        Goal("random to /dev/null, hexdump -C", dump, Command(["hexdump", "-C", path("random-8")], 8), 500),
        Goal("random to /dev/null, hexyl", dump, Command(["hexyl", "--color=always", path("random-8")], 8), 150),
        Goal("random into a pipe, cat of the output", raw("random-64", "-d", piped=True),
             Command(["cat", path("random-64.text")], piped=True), 1.15, "within"),
        Goal("1 GiB of zeros, hexdump -C", raw("zeros", "-d"), Command(["hexdump", "-C", path("zeros")]), 10),
        Goal("C order of a Fortran file, cat of it", mview("-b", path("fortran.npy")),
             Command(["cat", path("fortran.npy")], piped=True), 2.5, "within"),
        Goal("C order of a Fortran file, GetContiguous", mview("-b", path("fortran.npy")),
             Command([PYTHON, "-I", "-S", os.path.join(HERE, "contiguous.py"), path("fortran.npy"), str(data.SIDE),
                      str(offset)], module="ctypes"), None),
        Goal("items, od -t f8", raw("doubles", "--format", "<d", "--items"),
             Command(["od", "-t", "f8", path("doubles")]), 1.5),
        Goal("colour, without", raw("random-256", "-d", "--color=always"), raw("random-256", "-d"), 2, "within"),
        Goal("start: -f shape, python3 -c pass", shape, Command([PYTHON, "-I", "-S", "-c", "pass"], times=20), 0.75,
             "within"),
        Goal("listing a small pickle, python3 -c pass", mview("-f", "name", DEMO, times=20),
             Command([PYTHON, "-I", "-S", "-c", "pass"], times=20), 0.5, "within"),
        Goal("10,000 files, NumPy", mview("-f", "shape", *small),
             Command([PYTHON, os.path.join(HERE, "many.py"), path("small")], module="numpy"), 12),
        Goal("shape of a torch tensor, python -c", mview("-f", "shape", "--python", TORCH, "-i", "torch", "-e", TENSOR),
             Command([TORCH, "-c", f"import torch; print({TENSOR}.shape)"], module="torch"), 1.05, "within"),
        Goal("--check of bytes, -f shape of it", mview("--check", "-e", "b'x'", times=5),
             mview("-f", "shape", "-e", "b'x'", times=5), 5, "within"),
        Goal("--check of zlib.crc32, -f shape of bytes",
             mview("--check", "-i", "zlib", "--consumer", "zlib.crc32(_)"), mview("-f", "shape", "-e", "b'x'"), 25,
             "within"),
        *[Goal(f"--trace, a request ({how}), without",
               mview("--trace", "-x", asking, "--", how, str(REQUESTS), work=REQUESTS),
               Command([PYTHON, asking, how, str(REQUESTS)], work=REQUESTS), 5, "each")
          for how in ("C", "memoryview", "deep")],
        Goal("listing an .npz, a .npy", mview("-f", "name,shape", path("tiny.npz"), times=20), shape, 1.3, "within"),
        Goal("open 1 TiB sparse, a tiny file", mview("-f", "shape", path("sparse.npy"), times=20), shape, 1.2, "within"),
        *(Goal(f"{what}, pickle.load", mview(path(name)), loads(name, *module), wanted)
          for what, name, wanted, *module in PICKLES),
        *(Goal(f"memory: {what}, pickle.load", mview(path(name)), loads(name, *module), 0, "memory")
          for what, name, _, *module in PICKLES),
        Goal("memory: 320 MB of arrays, a tiny pickle", mview("-f", "name", path("arrays.pkl")),
             mview("-f", "name", path("tiny.pkl")), RSS_LIMIT, "memory"),
        Goal("torch state_dict of 1 GiB, torch.load", checkpoint, Command([TORCH, *load], module="torch"), 50),
        Goal("that, without torch's import", checkpoint, Command([TORCH, *load], module="torch", tells=True), 5),
        Goal("memory: torch state_dict of 1 GiB, a tiny one", checkpoint, mview("-f", "name,shape", path("tiny.pt")),
             RSS_LIMIT, "memory"),
        Goal("memory: --check of a GiB of tensors, a tiny one", mview("--check", path("checkpoint.pt")),
             mview("--check", path("tiny.pt")), RSS_LIMIT, "memory"),
        Goal("memory: a deflated member of 1 GiB, a tiny one", mview("-f", "shape", "-m", "a", path("deflated.npz")),
             mview("-f", "shape", "-m", "b", path("deflated.npz")), RSS_LIMIT, "memory"),
        Goal("memory: dump of 1 GiB, a tiny file", raw("zeros", "-d", "-v"), mview("-d", tiny), RSS_LIMIT, "memory"),
        Goal("memory: C order of Fortran, a tiny file", mview("-b", path("fortran.npy")), mview("-b", tiny), RSS_LIMIT,
             "memory"),
        Goal("memory: dump of 1 TiB sparse, a tiny file", mview("-d", path("sparse.npy")), mview("-d", tiny),
             RSS_LIMIT, "memory"),
    ]


def amount(value, work, kind):
    """A measurement for people: memory, time, or speed where both commands are measured by the MiB."""
    if kind == "each":
        return f"{value * 1e6:.2f} us"
    if kind == "memory":
        return f"{value:.1f} MiB"
    if work > 1:
        return f"{1 / value:.1f} MiB/s" if 1 / value < 100 else f"{1 / value:.0f} MiB/s"
    return f"{value * 1e3:.1f} ms" if value < 1 else f"{value:.2f} s"


def judge(goal):
    """The goal's row, measured."""
    goal.peer.need()
    pairs = [(goal.ours.peak(), goal.peer.peak()) if goal.kind == "memory" else
             (goal.ours.measure(), goal.peer.measure()) for _ in range(ROUNDS)]
    ours, peer = (statistics.median(side) for side in zip(*pairs))
    if goal.kind == "memory":
        result, wanted, good = f"+{ours - peer:.1f}", f"<= +{goal.wanted}", ours - peer <= goal.wanted
    elif goal.kind == "each":
        result, wanted = f"+{(ours - peer) * 1e6:.2f}", f"<= +{goal.wanted}"
        good = (ours - peer) * 1e6 <= goal.wanted
    elif goal.kind == "within":
        result, wanted, good = f"{ours / peer:.2f}", f"<= {goal.wanted}", ours / peer <= goal.wanted
    elif goal.wanted is None:
        result, wanted, good = f"{peer / ours:.1f}", "", None
    else:
        result, wanted, good = f"{peer / ours:.1f}", f">= {goal.wanted}", peer / ours >= goal.wanted
    return (goal.name, amount(ours, goal.ours.work, goal.kind), amount(peer, goal.peer.work, goal.kind), result,
            wanted, {None: "", True: "ok", False: "short"}[good])


def machine():
    model = platform.machine()
    with open("/proc/cpuinfo") as file:
        model = next((line.partition(":")[2].strip() for line in file if line.startswith("model name")), model)
    return f"{model}, {len(os.sched_getaffinity(0))} processors, Linux {platform.release().split('-')[0]}"


def main():
    if CLOCK not in ("wall", "cpu"):
        sys.exit("bench: BENCH_CLOCK is wall or cpu")
    data.build(FOLDER)
    if not os.path.exists(path("random-64.text")):
        with open(path("random-64.text"), "wb") as file:
            subprocess.run(raw("random-64", "-d").words, stdout=file, check=True)
    print(f"{time.strftime('%Y-%m-%d')}, {machine()}, load {os.getloadavg()[0]:.1f}; "
          f"{'time passed' if CLOCK == 'wall' else 'processor time'}, medians of {ROUNDS}")
    line = "{:<42} {:>11} {:>11} {:>7} {:>8}  {}".format
    print(line("goal, peer", "ours", "peer", "ratio", "wanted", "").rstrip())
    for goal in goals():
        if len(sys.argv) < 2 or goal.name.startswith(tuple(sys.argv[1:])):
            try:
                print(line(*judge(goal)).rstrip(), flush=True)
            except Absent as absent:
                print(f"{goal.name:<42} skipped: no {absent}", flush=True)


main()
