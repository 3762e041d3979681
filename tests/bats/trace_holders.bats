#!/usr/bin/env bats
# --trace: who holds what, at the end and when a BufferError is raised.

load helper
load tracing

@test "a BufferError that nobody catches is followed by who holds the exporter" {
    cat >app.py <<'end'
other, data = bytearray(7), bytearray(8)
views = memoryview(other), memoryview(data)
def grow(data):
    data.append(1)
grow(data)
end
    trace -x app.py
    [ "$status" -eq 1 ]
    [[ "$stderr" == "Traceback"*"
BufferError: Existing exports of data: object cannot be re-sized
mview-inspect: app.py: BufferError: Existing exports of data: object cannot be re-sized: at that moment
bytearray at 0x"*", 8 bytes: 1 export held
"*"at app.py:2 in <module>"* ]]
    [[ "$stderr" != *", 7 bytes:"* ]]
}

@test "so is one that a destructor loses, with any sys.unraisablehook, and at the very end" {
    cat >app.py <<'end'
import sys
class Owner:
    def __init__(self):
        self.data = bytearray(8)
        self.view = memoryview(self.data)
    def __del__(self):
        self.data.append(1)
if sys.argv[1] == "hook":
    sys.unraisablehook = lambda lost: print("hooked:", lost.exc_value, file=sys.stderr)
owner = Owner()
if sys.argv[1] != "end":
    del owner
    print("goes on", file=sys.stderr)
end
    for how in plain end; do
        trace -x app.py -- "$how"
        [ "$status" -eq 0 ]
        [[ "$stderr" == "Exception ignored in: <function Owner.__del__ at "*"BufferError: Existing exports "*"
mview-inspect: app.py: BufferError: Existing exports "*": at that moment
bytearray at 0x"*", 8 bytes: 1 export held
"* ]] || { echo "$stderr" && false; }
    done
    trace -x app.py -- hook
    [[ "$stderr" == "hooked: Existing exports of data: object cannot be re-sized
"*"mview-inspect: app.py: BufferError: Existing exports "*": at that moment
"* ]] || { echo "$stderr" && false; }
}

@test "so is one that a thread ends by" {
    cat >app.py <<'end'
import threading
data = bytearray(8)
view = memoryview(data)
worker = threading.Thread(target=lambda: data.append(1))
worker.start()
worker.join()
end
    trace -x app.py
    [ "$status" -eq 0 ]
    [[ "$stderr" == "Exception in thread "*"
BufferError: Existing exports of data: object cannot be re-sized
mview-inspect: app.py: BufferError: "*": at that moment
bytearray at 0x"*"    kept by __main__.view"* ]] || { echo "$stderr" && false; }
}

@test "who holds it is told of when it was raised, not of when nobody caught it" {
    cat >app.py <<'end'
import sys, threading
data, other = bytearray(8), bytearray(7)
kept = memoryview(other)
def plain():
    with memoryview(data) as view:
        data.append(1)
def inner(data):
    data.append(1)
def outer():
    with memoryview(data) as view:
        inner(data)
def attempt():
    view = memoryview(data)
    try:
        data.append(1)
    finally:
        view.release()
def caught_first():
    for i in range(3):
        try:
            plain()
        except BufferError:
            pass
    outer()
class Owner:
    def __del__(self):
        plain()
def destructor():
    owner = Owner()
    del owner
def thread():
    worker = threading.Thread(target=plain)
    worker.start()
    worker.join()
globals()[sys.argv[1]]()
end
    for how in plain outer attempt caught_first destructor thread; do
        trace -x app.py -- "$how"
        [[ "$stderr" == *"at that moment
bytearray at 0x"*", 8 bytes: 1 export held
"*"
    kept by local 'view' of "*" at app.py:"* ]] || { echo "$how: $stderr" && false; }
        [[ "$stderr" != *", 7 bytes:"* ]] || { echo "$how: $stderr" && false; }
        [[ "$output" == "bytearray at 0x"*", 7 bytes:"* ]]
        [[ "$how" == caught_first || "$output" != *", 8 bytes:"* ]]
    done
}

@test "what the error says tells which kind of exporter it is about" {
    cat >app.py <<'end'
import array, io, mmap, sys, threading
class Stream(io.BytesIO):
    pass
data, numbers, memory = bytearray(8), array.array("b", range(7)), mmap.mmap(-1, 4096)
stream, mine = io.BytesIO(b"12345"), Stream(b"123456")
views = [memoryview(data), memoryview(numbers), memoryview(memory), stream.getbuffer(), stream.getbuffer(),
         io.BytesIO(b"1234").getbuffer(), mine.getbuffer()]
changes = {"bytearray": (data, lambda it: it.append(1)), "array": (numbers, lambda it: it.append(1)),
           "close": (memory, lambda it: it.close()), "resize": (memory, lambda it: it.resize(8192)),
           "stream": (stream, lambda it: it.write(bytes(9))), "derived": (mine, lambda it: it.close())}
def caught(it, change):
    try:
        change(it)
    except BufferError:
        pass
if sys.argv[1] == "thread":
    worker = threading.Thread(target=numbers.append, args=(1,))
    worker.start()
    worker.join()
elif sys.argv[2:]:
    caught(*changes[sys.argv[1]])
else:
    it, change = changes[sys.argv[1]]
    change(it)
end
    told() { # EXPORTERS, of those told of
        grep -o '^[a-z_]*[.a-zA-Z_]* at 0x[0-9a-f]*, [0-9]* bytes: [0-9] exports* held' | sed 's/ at 0x[0-9a-f]*, / /; s/ bytes: / /; s/ exports* held//' | sort | paste -sd,
    }
    while read -r how exporters; do
        trace -x app.py -- "$how"
        [[ "$stderr" == *": at that moment
"* ]]
        [ "$(told <<<"${stderr%%Exception ignored*}")" = "$exporters" ] || { echo "$how: $stderr" && false; }
        [ "$how" != thread ] || continue
        trace -x app.py -- "$how" caught
        [ "$(sed -n '/ and caught, /,/^COUNT/p' <<<"$output" | told)" = "$exporters" ] || { echo "$how: $output" && false; }
    done <<'end'
bytearray bytearray 8 1
array array.array 7 1
close mmap.mmap 4096 1
resize mmap.mmap 4096 1
stream _io._BytesIOBuffer 5 1,_io._BytesIOBuffer 5 1
derived _io._BytesIOBuffer 6 1
thread array.array 7 1
end
}

@test "a destructor of C's tells whose error it is" {
    cat >app.py <<'end'
import gc, io, mmap
views = [memoryview(bytearray(9)), io.BytesIO(b"1234").getbuffer(), memoryview(mmap.mmap(-1, 4096))]
class Stream(io.BytesIO): pass
stream = Stream(b"123456")
stream.view = stream.getbuffer()
del stream
gc.collect()
end
    PYTHONDEVMODE=1 trace -x app.py
    [[ "$stderr" == *"Exception ignored "*": Existing exports of data"*": at that moment
_io._BytesIOBuffer at 0x"*", 6 bytes: 1 export held
"* ]] || { echo "$stderr" && false; }
    [[ "$stderr" != *", 4 bytes"* && "$stderr" != *", 9 bytes"* ]]
}

@test "who held it when somebody caught the error stands in the report" {
    cat >app.py <<'end'
import unittest
data = bytearray(8)
class Case(unittest.TestCase):
    def test(self):
        with memoryview(data) as view:
            data.append(1)
for i in range(3):
    unittest.main(argv=["-"], exit=False)
try:
    memoryview(b"").cast("B", (1, 2))
except TypeError:
    pass
def uncaught():
    with memoryview(data):
        data.append(1)
uncaught()
end
    trace -x app.py
    [[ "$output" == "nothing is held

BufferError: Existing exports of data: object cannot be re-sized: raised at"*" app.py:6 in "*"test and caught, 3 times: at that moment
bytearray at 0x"*", 8 bytes: 1 export held
"*"
    kept by local 'view' of "*"test at app.py:6, running

COUNT "* ]]
    trace -j -x app.py
    answers '[(e["exception"].split(":")[0], e["where"].split(" ")[0], e["count"], [h["exporter"]["nbytes"] for h in e["held"]]) for e in t["caught"]] == [("BufferError", "app.py:6", 3, [8])]'
    answers 't["held"] == []'
    cat >app.py <<'end'
class Reader:
    def __init__(self): self.data = bytearray(9)
    def grow(self): self.data.append(1)
def run(reader):
    view = memoryview(reader.data)
    try: reader.grow()
    except BufferError: view.release()
run(Reader())
end
    trace -j -x app.py
    answers '[h["kept_by"][0].split(" of ")[0] for e in t["caught"] for h in e["held"]] == ["local \x27view\x27"]'
}

@test "an error that nobody catches is not taken for one before it, whose place in memory it has" {
    cat >app.py <<'end'
data, other = bytearray(8), bytearray(7)
view = memoryview(other)
try:
    other.append(1)
except BufferError:
    pass
view = memoryview(data)
data.append(1)
end
    trace -x app.py
    [[ "$stderr" == *"at that moment
bytearray at 0x"*", 8 bytes: 1 export held
"* ]] || { echo "$stderr" && false; }
    [[ "$output" == *" app.py:4 in <module> and caught, 1 time: at that moment
bytearray at 0x"*", 7 bytes: 1 export held
"* ]] || { echo "$output" && false; }
}

@test "a program that raises and catches without end is not held up for long" {
    cat >app.py <<'end'
data = bytearray(8)
view = memoryview(data)
heap = [[i] for i in range(100000)]
for i in range(20000):
    try:
        data.append(1)
    except BufferError:
        pass
data.append(1)
end
    SECONDS=0
    trace -x app.py
    [ "$SECONDS" -lt 15 ]
    [[ "$stderr" == *"kept by __main__.view"* ]]
}

@test "many views of one exporter, and many exporters, are told soon, with what was left out" {
    cat >app.py <<'end'
data = bytearray(9)
views = [memoryview(data) for i in range(20000)]
others = [memoryview(bytearray(1)) for i in range(5000)]
data.append(1)
end
    SECONDS=0
    trace -x app.py
    [ "$status" -eq 1 ]
    [ "$SECONDS" -lt 40 ]
    [[ "$stderr" == *"kept by __main__.views["* ]]
    grep -q "^note: exports that are held and not listed: 20904$" <<<"$output" || { tail -3 <<<"$output"; false; }
}

@test "BufferErrors by which requests are refused, and which the asker clears, are not looked into" {
    cat >app.py <<'end'
import ctypes, sys
heap = [[i] for i in range(200000)]
view = memoryview(b"data")
for i in range(2000):
    try:
        (ctypes.c_char * 4).from_buffer(bytes(4))
    except TypeError:
        pass
    try:
        ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(view), ctypes.create_string_buffer(80), 1)
    except BufferError:
        pass
end
    SECONDS=0
    trace -x app.py
    [ "$status" -eq 0 ]
    [ "$SECONDS" -lt 10 ]
}

@test "what the traceback of that BufferError keeps is told so" {
    cat >app.py <<'end'
import sys
data = bytearray(8)
def inner(view):
    part = view[1:]
    data.append(1)
class Owner:
    def __init__(self):
        self.view = memoryview(data)
    def __del__(self):
        data.append(1)
if sys.argv[1:]:
    owner = Owner()
    del owner
else:
    inner(memoryview(data))
end
    trace -x app.py
    grep -Eq "kept by local 'view' of inner at app.py:5, (running|in the traceback of this BufferError)" <<<"$stderr"
    grep -Eq "kept by local 'part' of inner at app.py:5, (running|in the traceback of this BufferError)" <<<"$stderr"
    trace -x app.py -- destructor
    grep -Eq "kept by local 'self'.view of (Owner\.)?__del__ at app.py:10, (running|in the traceback of this BufferError)$" <<<"$stderr" || { echo "$stderr"; false; }
    [[ "$stderr" != *"what may be"* ]]
}

@test "at the very end the names are those from before" {
    cat >app.py <<'end'
class Owner:
    def __init__(self):
        self.data = bytearray(8)
    def __del__(self):
        self.data.append(1)
def start():
    owner = Owner()
    global view, keep
    view = memoryview(owner.data)[1:]
    keep = owner
start()
end
    trace -x app.py
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"kept by __main__.view
"* ]] || { echo "$stderr"; false; }
}

@test "where names end at something that only C code has, it is told so" {
    cat >app.py <<'end'
import ctypes, os
def lose():
    for owned in memoryview(bytearray(5)), [memoryview(bytearray(6))]:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(owned))
lose()
os._exit(0)
end
    trace -j -x app.py
    answers '[(h["state"], h["kept_by"]) for h in sorted(t["held"], key=lambda h: h["exporter"]["nbytes"])] == [("unnamed", [what + ", to which no Python object is seen to refer"]) for what in ("a memoryview", "<list object>[0]")]'
}

@test "a function that only C code has is told by its name and place" {
    cat >app.py <<'end'
import os, signal
class Watch:
    def start(self):
        view = memoryview(bytearray(5))
        def handle(number, frame):
            return view
        signal.signal(signal.SIGUSR1, handle)
Watch().start()
end
    trace -j -x app.py
    answers '[h["kept_by"] for h in t["held"]] == [["closure variable '"'view'"' of <function Watch.start.<locals>.handle at app.py:5>"]]'
}

@test "what keeps an export is named" {
    cat >app.py <<'end'
cache = {"x": memoryview(bytearray(1))}
class Model:
    pass
model = Model()
model.weights = memoryview(bytearray(2))
def generate():
    part = memoryview(bytearray(3))
    yield
going = generate()
next(going)
end
    trace -j -x app.py
    answers '"__main__.cache[\x27x\x27]" in [h["kept_by"] for h in t["held"] if h["exporter"]["nbytes"] == 1][0]'
    answers '"__main__.model.weights" in [h["kept_by"] for h in t["held"] if h["exporter"]["nbytes"] == 2][0]'
    answers '"local \x27part\x27 of generator generate" in str([h["kept_by"] for h in t["held"] if h["exporter"]["nbytes"] == 3])'
}

@test "what a value without a name has is told from there" {
    cat >app.py <<'end'
import os
class Box: pass
def box(size):
    made = Box()
    made.view = memoryview(bytearray(size))
    return made
(box(1), [box(2)], memoryview(bytearray(3)), os._exit(0))
end
    trace -j -x app.py
    answers 'all(" of an unnamed value of <module> at app.py:7, running" in h["kept_by"][0] for h in t["held"] if h["exporter"]["nbytes"] < 3)'
    answers 'sorted(h["kept_by"][0].replace("what may be ", "").split(" of ")[0] for h in t["held"]) == [".view", "[0].view", "an unnamed value"]'
}

@test "where the search for a holder was cut, the notes of what is held say so" {
    cat >app.py <<'end'
data = bytearray(3)
views = [memoryview(data)]
names = [{"view": views[0]} for i in range(20)]
other = memoryview(bytearray(4))
end
    trace -j -x app.py
    answers '[h["notes"] for h in t["held"] if h["exporter"]["nbytes"] == 4] == [[]]'
    answers '[h["notes"] for h in t["held"] if h["exporter"]["nbytes"] == 3] == [["more keep it than these"]]'
}
