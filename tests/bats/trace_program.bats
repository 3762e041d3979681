#!/usr/bin/env bats
# --trace: the program runs as without, and its end is the trace's.

load helper
load tracing

@test "the program's arguments stand behind --, its output goes to standard error" {
    cat >app.py <<'end'
import os, sys
print(sys.argv)
os.write(1, b"raw\n")
end
    trace -j -x app.py -- -e 'a b' --trace
    [ "$status" -eq 0 ]
    answers 't["name"] == "app.py"'
    [ "$stderr" = "['app.py', '-e', 'a b', '--trace']
raw" ] || [ "$stderr" = "raw
['app.py', '-e', 'a b', '--trace']" ]
}

@test "a program sees the same Python as without" {
    cat >app.py <<'end'
import locale, os, signal, sys
print(sys.flags, sys.warnoptions, hash("text"), sys.getfilesystemencoding(), sys.stdout.encoding.lower(), __name__,
      __loader__.path, __cached__, (lambda: 0).__code__.co_filename, sorted(globals()), locale.setlocale(locale.LC_CTYPE), locale.getpreferredencoding(), sys.stdin.errors, sys.prefix, __file__,
      sys.getrecursionlimit(), signal.getsignal(2), signal.getsignal(13), {k: v for k, v in os.environ.items() if k[:2] == "LC"},
      file=sys.stderr, sep="\n")
end
    for settings in A=1 LC_ALL=C LANG=C LC_ALL=C.UTF-8 PYTHONUTF8=1 PYTHONDEVMODE=1; do
        export PYTHONHASHSEED=7 PYTHONDONTWRITEBYTECODE=1
        env "$settings" "$MVIEW_PYTHON" app.py 2>without
        env "$settings" "$MVIEW" --trace -x app.py 2>with >/dev/null
        diff without with
    done
}

@test "code of the program is found when it has gone elsewhere, and is told as the command line has it" {
    mkdir sub
    cat >sub/app.py <<'end'
import inspect, os, sys, warnings
def keep():
    view = memoryview(bytearray(3))
    yield view
def show(): return 1
os.chdir("/")
held = keep()
next(held)
warnings.warn("here")
sys.stderr.write(inspect.getsource(show) + str("app.py" in str([os.path.realpath("/proc/self/fd/%d" % n) for n in range(9)])))
end
    "$MVIEW_PYTHON" sub/app.py 2>without
    "$MVIEW" --trace -x sub/app.py >report 2>with
    diff without with
    grep -qxF "    at sub/app.py:3 in keep" report
    grep -qxF "    kept by local 'view' of generator keep at sub/app.py:4, suspended, in __main__.held" report
}

@test "a file's own folder is searched for modules, and it runs before the expression" {
    mkdir folder
    echo 'value = 7' >folder/beside.py
    echo 'import beside' >folder/app.py
    trace -x folder/app.py -e 'print(beside.value, __name__)'
    [ "$status" -eq 0 ]
    [ "$stderr" = "7 __main__" ]
}

@test "the exit status is the program's" {
    trace -e 'exit(7)'
    expect 7
    trace -e '__import__("sys").exit("no more")'
    [ "$status" -eq 1 ] && [ "$stderr" = "no more" ] && has "nothing is held"
    trace -e '1 / 0'
    [ "$status" -eq 1 ]
    [[ "$stderr" == "Traceback"*"ZeroDivisionError: division by zero" ]]
    has "nothing is held"
}

@test "the exit status and words are Python's where output fails, or what is to be said does" {
    cat >app.py <<'end'
import sys
class Broken:
    def write(self, text): return len(text)
    def flush(self): raise OSError("gone")
    def __repr__(self): return "Broken"
    def __str__(self): raise ValueError("no words")
if sys.argv[1] == "output":
    sys.stdout = Broken()
elif sys.argv[1] == "words":
    sys.exit(Broken())
end
    for how in output words none; do
        without=0 with=0
        "$MVIEW_PYTHON" app.py "$how" 2>without.txt || without=$?
        "$MVIEW" --trace -x app.py -- "$how" 2>with.txt >/dev/null || with=$?
        [ "$without" -eq "$with" ] || { echo "$how: $without, $with" && false; }
        # what Python says about words that fail differs from version to version
        [ "$how" = words ] || diff without.txt with.txt
    done
}

@test "threads are waited for, atexit functions run, before the report" {
    cat >app.py <<'end'
import atexit, threading
data = bytearray(10)
view = memoryview(data)
go = threading.Event()
def late():
    go.wait()
    for i in range(100):
        memoryview(data).release()
threading.Thread(target=late).start()
atexit.register(view.release)
go.set()
end
    trace -j -x app.py
    answers 't["held"] == [] and [c["count"] for c in t["calls"] if "late" in str(c["where"])] == [100]'
}

@test "wrong usage is refused" {
    trace
    refuses "--trace runs a program: give -x FILE, -e EXPR, or both"
    trace app.py
    refuses "--trace runs a program: give -x FILE"
    trace -e 1 app.py
    refuses "its arguments stand behind --"
    inspect --trace=all -e 1
    refuses "--trace: no 'all': there is only events"
    trace -x missing.py
    refuses "^mview-inspect: missing.py: No such file or directory$"
    trace -i missing_module -e 1
    refuses "ModuleNotFoundError"
    trace --requests -e 1
    refuses "--trace goes with --check"
    trace -f name -e 1
    refuses "--field tells fields of what is shown: not with --trace"
    trace -S 0 -e 1
    refuses "not with --trace"
}

# held_at_end STATUS: the last report has what app.py holds, and the program ended so.
held_at_end() {
    [ "$status" -eq "$1" ] || { echo "status $status; stderr: $stderr" && return 1; }
    answers '[h["exporter"]["type"] for h in t["held"]] == ["bytearray"]'
}

@test "the report comes, whatever ends the program" {
    cat >app.py <<'end'
import ctypes, os, signal, sys, time
view = memoryview(bytearray(5))
exec(sys.argv[1])
end
    trace -j -x app.py -- 'os._exit(5)'
    held_at_end 5
    trace -j -x app.py -- 'ctypes.PyDLL(None).exit(6)'
    held_at_end 6
    trace -j -x app.py -- 'ctypes.CDLL(None).exit(6)'
    held_at_end 6
    answers '"Python could not be asked any more" in str(t["notes"])'
    trace -j -x app.py -- 'raise KeyboardInterrupt'
    held_at_end 130
    trace -j -x app.py -- 'os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)'
    held_at_end 143
    answers '"ended by signal 15" in str(t["notes"]) and "could not be asked" not in str(t["notes"])'
    trace -j -x app.py -- 'os.execvp("sh", ["sh", "-c", "echo other >&2; exit 9"])'
    held_at_end 9
    [ "$stderr" = other ]
    answers '"another program" in str(t["notes"]) and "could not be asked" not in str(t["notes"])'
    trace -j -x app.py -- 'import subprocess; subprocess.run(["true"]); os.posix_spawn("/bin/true", ["true"], {}); os.system("true")
try: os.execv("/nowhere", ["x"])
except FileNotFoundError: sys.exit(7)'
    held_at_end 7
    answers 'not any("another program" in note for note in t["notes"])'
    trace -j -x app.py -- 'ctypes.string_at(1)'
    held_at_end 139
    answers '"ended by signal 11" in str(t["notes"])'
}

@test "a signal finds a program that waits, or is busy" {
    cat >app.py <<'end'
import sys, time
view = memoryview(bytearray(5))
def go():
    open("ready", "w").close()
exec(sys.argv[1])
end
    for what in 'go(); time.sleep(60)' 'go()
while True: pass'; do
        mkfifo ready
        "$MVIEW" --trace -j -x app.py -- "$what" >report &
        timeout 20 cat ready
        rm ready
        kill -TERM $!
        status=0
        wait $! || status=$?
        output=$(cat report)
        held_at_end 143
    done
}

@test "handlers and children of the program are its own" {
    cat >app.py <<'end'
import os, signal, subprocess, sys
assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
caught = []
signal.signal(signal.SIGUSR1, lambda *_: caught.append(1))
os.kill(os.getpid(), signal.SIGUSR1)
assert caught == [1]
if os.fork() == 0:
    os.kill(os.getpid(), signal.SIGTERM)
assert os.wait()[1] == signal.SIGTERM
if os.fork() == 0:
    memoryview(b"not seen")
    os._exit(3)
assert os.wait()[1] >> 8 == 3
assert subprocess.run([sys.executable, "-c", "exit(4)"]).returncode == 4
end
    trace -j -x app.py
    [ "$status" -eq 0 ] && [ -z "$stderr" ]
    answers 't["notes"] == ["processes forked off, which are not followed: 2"] or "forked off" in str(t["notes"])'
    [ "$(wc -l <<<"$output")" -eq 1 ]
}

@test "a program that closes all descriptors gets no report, and is told why" {
    trace -e '__import__("os").closerange(3, 1000)'
    refuses "closed the report's way out"
    cat >app.py <<'end'
import os
os.closerange(3, 1000)
for i in range(200):
    os.open("file", os.O_WRONLY | os.O_CREAT)
end
    trace -x app.py
    refuses "closed the report's way out"
    [ ! -s file ]
}
