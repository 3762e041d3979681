#!/usr/bin/env bats
# --trace: what it sees of a program.

load helper
load tracing

@test "what is held comes first, then a row of requests" {
    cat >app.py <<'end'
data = bytearray(100)
view = memoryview(data)
for i in range(10):
    b"".join([data, b"x"])
end
    trace -x app.py
    expect 0
    [[ "${lines[0]}" == "bytearray at 0x"*", 100 bytes: 1 export held" ]]
    has "  INDIRECT|FORMAT asked by "
    has "    at app.py:2 in <module>"
    grep -Eq '^10 +- +- +bytearray +SIMPLE +app.py:4 in <module>' <<<"$output"
}

@test "rows of the program's own lines come before those of libraries, which are told shortly" {
    mkdir -p venv/site-packages/package
    printf 'def f(data):\n    for i in range(9): b"".join([data, data])\n' >venv/site-packages/package/inner.py
    cat >app.py <<'end'
import package.inner
package.inner.f(bytearray(3))
memoryview(bytearray(4))
end
    trace -I "$PWD/venv/site-packages" -x app.py
    expect 0
    rows=$(sed -n '/^COUNT/,$p' <<<"$output")
    [[ "$(sed -n 2p <<<"$rows")" == "1 "*" app.py:3 in <module> "*" PyMemoryView_FromObject" ]]
    grep -Eq '^18 .* package/inner.py:2 in f ' <<<"$rows"
    [[ "$rows" != *".so"* ]]
    trace -j -I "$PWD/venv/site-packages" -x app.py
    answers '"site-packages/package/inner.py:2 in f" in str(t["calls"])'
}

@test "files are told from the program's folder on" {
    mkdir -p far/away
    echo 'def f(data): return bytes(data)' >far/away/helper.py
    printf 'import helper\nhelper.f(bytearray(3))\nmemoryview(b"")\n' >far/away/app.py
    trace -x "$PWD/far/away/app.py"
    expect 0
    grep -Eq '^1 .* app.py:3 in <module> ' <<<"$output"
    grep -Eq '^1 .* helper.py:1 in f ' <<<"$output"
    [[ "$output" != *"$PWD"* ]]
}

@test "rows fit on the terminal, and say where something is missing" {
    cat >app.py <<'end'
class AClassWithALongNameThatTellsMuch(bytearray): pass
def a_function_whose_name_is_long_as_well_and_tells_more_than_needed(data):
    data.append(1)
data = AClassWithALongNameThatTellsMuch(3)
view = memoryview(data)
try:
    a_function_whose_name_is_long_as_well_and_tells_more_than_needed(data)
    memoryview(memoryview(b"abc")[::2]).cast("B")
except BufferError:
    pass
bytes(data)
def a_function_whose_name_is_longer_than_the_terminal_is_wide_and_then_some_more(data): bytes(data)
a_function_whose_name_is_longer_than_the_terminal_is_wide_and_then_some_more(data)
end
    for columns in 60 80 100 200; do
        output=$(python - "$columns" "$MVIEW" --trace -x app.py <<'end'
import fcntl, os, pty, struct, sys, termios
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("4H", 50, int(sys.argv[1]), 0, 0))
    os.execv(sys.argv[2], sys.argv[2:])
said = b""
try:
    while piece := os.read(terminal, 4096):
        said += piece
except OSError:
    pass
print(said.decode().replace("\r", ""), end="")
end
        )
        rows=$(sed -n '/^COUNT/,$p' <<<"$output")
        [ "$(wc -l <<<"$rows")" -ge 4 ]
        longest=$(awk '{ if (length($0) > most) most = length($0) } END { print most }' <<<"$rows")
        [ "$longest" -le "$columns" ] || { echo "$columns: $rows" && false; }
        [ "$columns" -eq 200 ] || has "..."
    done
    [[ "$rows" == *"app.py:12 in a_function_whose_name_is_longer_than_the_terminal_is_wide_and_then_some_more "* ]]
}

@test "JSON has the fields that were promised" {
    echo 'view = memoryview(bytearray(8))' >app.py
    trace -j -x app.py
    expect 0
    answers 't["schema"] == 1 and t["name"] == "app.py" and len(t["held"]) == 1'
    answers 't["held"][0]["exporter"]["type"] == "bytearray" and t["held"][0]["exporter"]["nbytes"] == 8'
    answers 't["held"][0]["exporter"]["address"].startswith("0x") and t["held"][0]["request"] == "INDIRECT|FORMAT"'
    answers 't["held"][0]["where"] == ["app.py:1 in <module>"] and "!" in t["held"][0]["native"]'
    answers '[(c["type"], c["count"], c["refused"], c["held"], c["exception"]) for c in t["calls"]] == [("bytearray", 1, 0, 1, None)]'
}

@test "refusals are counted, with the first exception" {
    cat >app.py <<'end'
import io
for i in range(3):
    try:
        io.BytesIO(b"abc").readinto(b"read-only")
    except TypeError:
        pass
end
    trace -j -x app.py
    answers '[(c["count"], c["refused"], c["exception"]) for c in t["calls"] if c["refused"]] == [(3, 3, "BufferError: Object is not writable.")]'
}

@test "events are told one by one, in order" {
    trace=$("$MVIEW" --trace=events -e 'memoryview(bytearray(3)).release()')
    [ "$(wc -l <<<"$trace")" -eq 2 ]
    output=$(sed -n 1p <<<"$trace")
    answers '(t["event"], t["number"], t["type"], t["outcome"], t["nbytes"]) == ("request", 1, "bytearray", "granted", 3)'
    output=$(sed -n 2p <<<"$trace")
    answers '(t["event"], t["number"], t["match"]) == ("release", 2, "held")'
}

@test "a function of C++ is told as it was written" {
    [ -f "$CONSUMERS/by_pybind11.so" ] || skip "no pybind11"
    trace -j -I "$CONSUMERS" -e '__import__("by_pybind11").leaks(bytearray(12))'
    answers '[h["native"] for h in t["held"]] == ["by_pybind11.so!leaks"]'
}

@test "a function of Cython is told as it was written, with symbols and without" {
    [ -f "$CONSUMERS/by_cython.so" ] || skip "no Cython"
    cp "$CONSUMERS/by_cython.so" .
    for how in with without; do
        [ "$how" = with ] || strip by_cython.so
        trace -j -i array -I . -e '__import__("by_cython").right_contiguous(array.array("i", [1]))'
        answers '[c["native"] for c in t["calls"] if c["type"] == "array.array"] == ["by_cython.so!by_cython.right_contiguous"]'
        trace -j -I . -e '__import__("by_cython").leaks(bytearray(12))'
        answers '[h["native"] for h in t["held"]] == ["by_cython.so!by_cython.leaks"]'
    done
}

@test "--check fails where a consumer leaks, or releases twice" {
    cat >app.py <<'end'
import sys, consumers
for exporter in bytearray(9), b"123456789":
    for i in range(3):
        getattr(consumers, sys.argv[1])(exporter)
end
    trace --check -j -I "$CONSUMERS" -x app.py -- leaks
    [ "$status" -eq 1 ]
    answers 'all((h["state"], h["kept_by"]) == ("leaked", []) for h in t["held"])'
    answers 'sum(h["times"] for h in t["held"]) == 6'
    answers '{(h["exporter"]["type"], h["native"]) for h in t["held"]} == {("bytearray", "consumers.so!leaks"), ("bytes", "consumers.so!leaks")}'
    trace -I "$CONSUMERS" -x app.py -- leaks
    expect 0
    has "  SIMPLE asked by consumers.so!leaks, 3 times"
    has "kept by no Python object: leaked by consumers.so!leaks"
    trace --check -j -I "$CONSUMERS" -x app.py -- releases_a_copy
    [ "$status" -eq 1 ]
    answers '[(m["type"], m["native"], m["count"], m["match"]) for m in t["wrong_releases"]] == [(k, "consumers.so!releases_a_copy", 3, "released-before") for k in ("bytearray", "bytes")]'
}

@test "--check has nothing against right consumers, --strict against what is held" {
    cat >app.py <<'end'
import sys, consumers
made = []
for name in dir(consumers):
    if name.startswith("right"):
        for exporter in bytearray(8), b"12345678":
            try:
                made.append(getattr(consumers, name)(exporter))
            except (BufferError, TypeError):
                pass
if sys.argv[1:]:
    del made
end
    trace --check -j -I "$CONSUMERS" -x app.py
    [ "$status" -eq 0 ]
    answers 't["wrong_releases"] == [] and "leaked" not in [h["state"] for h in t["held"]] and t["held"]'
    trace --check --strict -I "$CONSUMERS" -x app.py
    [ "$status" -eq 1 ]
    trace --check --strict -e 'memoryview(b"").release()'
    expect 0
    trace --check -e 'exit(4)'
    expect 4
}

@test "--strict has nothing against what the imports before the program hold" {
    echo 'view = memoryview(bytearray(5))' >keeper.py
    trace --check --strict -I . -i keeper -e 'memoryview(b"").release()'
    expect 0
    has "kept by keeper.view"
    trace --check --strict -I . -i keeper -e 'keeper.view.cast("B")'
    expect 0
    trace --check --strict -I . -i keeper -e 'setattr(keeper, "more", memoryview(keeper.view.obj))'
    [ "$status" -eq 1 ]
    trace --check --strict -I . -e '__import__("keeper")'
    [ "$status" -eq 1 ]
    echo 'import os; view = memoryview(b""); os._exit(0)' >ends.py
    trace --check --strict -I . -i ends -e 1
    expect 0
    echo 'import keeper; view = memoryview(b"")' >app.py
    trace --check --strict -I . -i keeper -x app.py
    [ "$status" -eq 1 ]
}

@test "consumers and exporters see what they see without" {
    cat >app.py <<'end'
import array, ctypes, io, mmap, struct, sys
class Bytes(bytes): pass
class Array(bytearray): pass
late = type("Late", (bytearray,), {})
exporters = [b"1234", Bytes(b"1234"), bytearray(b"1234"), Array(b"1234"), late(b"1234"), memoryview(b"1234"),
             array.array("B", b"1234"), (ctypes.c_char * 4)(), mmap.mmap(-1, 4)]
class Field(ctypes.Structure):
    _fields_ = [("a", ctypes.c_int)]
exporters.append(Field())
import fcntl, socket
a, b = socket.socketpair()
for exporter in exporters:
    count = sys.getrefcount(exporter)
    for consumer in (lambda x: fcntl.fcntl(0, fcntl.F_GETFD, x), lambda x: struct.unpack("4B", x), a.send, io.BytesIO,
                     io.BytesIO(b"abcd").readinto, lambda x: b"".join([x, b""]), lambda x: b"1" in x, memoryview, bytes,
                     lambda x: fcntl.ioctl(0, 0, x), lambda x: eval(x), int, float, lambda x: open(x)):
        try:
            result = consumer(exporter)
        except Exception as error:
            result = "%s: %s" % (type(error).__name__, error)
        print(type(exporter).__name__, "at 0x" in str(result) or result, file=sys.stdout)
    del result, consumer
    print(sys.getrefcount(exporter) - count)
end
    python app.py >without </dev/null
    "$MVIEW" --trace -x app.py 2>with >/dev/null </dev/null
    diff without with
}

@test "threads ask at once" {
    cat >app.py <<'end'
import threading
shared = bytearray(8)
def work(own):
    for i in range(2000):
        memoryview(shared).release()
        bytes(own)
workers = [threading.Thread(target=work, args=(bytearray(4),)) for i in range(8)]
for worker in workers: worker.start()
for worker in workers: worker.join()
shared.append(1)
end
    trace --check --strict -j -x app.py
    expect 0
    answers 'sorted(c["count"] for c in t["calls"] if "in work" in str(c["where"]))[-2:] == [16000, 16000]'
}

@test "another interpreter in the process is told of" {
    python -c 'import _xxsubinterpreters' || skip "this Python has none"
    trace -j -e '(lambda s: (s.run_string(s.create(), "memoryview(b\"\")")))(__import__("_xxsubinterpreters"))'
    [ "$status" -eq 0 ]
    answers '"other interpreters" in str(t["notes"])'
}

@test "what is held is told in the order in which it was asked for, wherever it lies" {
    cat >app.py <<'end'
data = [bytearray(n) for n in range(1, 30)]
order = [n * 7 % 29 for n in range(29)]
views = [memoryview(data[n]) for n in order] + [memoryview(data[order[3]])]
end
    trace -j -x app.py
    answers '[h["exporter"]["nbytes"] for h in t["held"]] == [n * 7 % 29 + 1 for n in range(3)] + [22, 22] + [n * 7 % 29 + 1 for n in range(4, 29)]'
}

@test "what another interpreter holds is not said to be leaked" {
    python -c 'import _xxsubinterpreters' || python -c 'import _interpreters' || skip "this Python has none"
    cat >app.py <<'end'
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
other = interpreters.create()
interpreters.run_string(other, "data = bytearray(41); view = memoryview(data)")
data = bytearray(42)
view = memoryview(data)
end
    trace --check -j -x app.py
    expect 0
    answers '[(h["exporter"]["nbytes"], h["state"], h["kept_by"]) for h in t["held"]] == [(41, "unknown", []), (42, "kept", ["__main__.view"])]'
    answers '"interpreter" in t["held"][0]["notes"][0]'
}

@test "a Py_buffer may be copied, as long as one copy is released" {
    cat >app.py <<'end'
import ctypes, sys
api = ctypes.pythonapi
data = bytearray(9)
for i in range(3):
    view = ctypes.create_string_buffer(80)
    api.PyObject_GetBuffer(ctypes.py_object(data), view, 0)
    copy = ctypes.create_string_buffer(view.raw, 80)
    memoryview(data).release()
    api.PyBuffer_Release(copy)
if sys.argv[1:]:
    api.PyBuffer_Release(view)
end
    trace --check --strict -x app.py
    expect 0
    trace --check -j -x app.py -- again
    answers '[(m["count"], m["match"]) for m in t["wrong_releases"]] == [(1, "released-before")]'
}

@test "a report that cannot be written is an error, said once" {
    [ -e /dev/full ] || skip "no /dev/full"
    stderr=$("$MVIEW" --trace -e 1 2>&1 >/dev/full) && status=0 || status=$?
    [ "$status" -eq 2 ] && [ "$stderr" = "mview-inspect: standard output: No space left on device" ]
}

@test "a function of more lines than there are rows is told soon, and right" {
    python - >app.py <<'end'
print("data = bytearray(4)\ndef long():")
for i in range(100000):
    print("    memoryview(data)")
print("for i in range(2): long()")
end
    timeout 30 "$MVIEW" --trace -j -x app.py >report
    python - <<'end'
import json
report = json.load(open("report"))
calls = report["calls"]
assert [c["where"][0] for c in calls] == ["app.py:%d in long" % (3 + i) for i in range(len(calls))]
assert {c["count"] for c in calls} == {2}
assert "requests in no row, because there are too many different ones: %d" % (200000 - 2 * len(calls)) in report["notes"]
end
}
