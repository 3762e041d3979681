#!/usr/bin/env bats
# --check and --requests: verdicts, and what no exporter may do to the program.

load helper

setup_file() {
    export EXPORTERS=${MVIEW_BUILD:-$PWD/build}
}

check() {
    inspect --check -I "$EXPORTERS" -i exporters "$@"
}

# Is this Python of at least this minor version?
since() {
    python -c "import sys; sys.exit(sys.version_info < (3, $1))"
}

# finds CODE LINE...: the exit code, and these lines (grep's patterns) among the findings.
finds() {
    local code=$1
    shift
    [ "$status" -eq "$code" ] || { echo "status $status; output: $output; stderr: $stderr" && return 1; }
    for line; do
        grep -q -- "$line" <<<"$output" || { echo "no '$line' in: $output" && return 1; }
    done
}

# finds_below ROW LINE: a row of --requests (an extended pattern) and, before the next one, this line.
finds_below() {
    row="^$1" line="^ +$2" awk '
        /^[^ ]/ { below = $0 ~ ENVIRON["row"] }
        below && $0 ~ ENVIRON["line"] { found = 1 }
        END { exit !found }' <<<"$output" || { echo "no '$2' below '$1' in: $output" && return 1; }
}

@test "what Python brings along is right" {
    for expression in "b'abc'" "b''" "bytearray(b'abc')" "memoryview(bytearray(12)).cast('i', [1, 3])" \
        "memoryview(b'abcdef')[::-2]" "array.array('d', [1, 2])" "io.BytesIO(b'abc').getbuffer()" \
        "mmap.mmap(-1, 4096)" "mmap.mmap(-1, 4096, access=mmap.ACCESS_READ)" "pickle.PickleBuffer(b'abc')" \
        "pickle.PickleBuffer(bytearray(3))"; do
        inspect --check -i array -i io -i mmap -i pickle -e "$expression"
        expect 0 "$expression: 36 requests, 0 errors, 0 warnings"
    done
}

@test "an exporter that refuses everything is not judged, and its own exception told" {
    printf 'm = memoryview(b"abc")\nm.release()\n' >closed.py
    inspect --check -x closed.py -e m
    refuses "ValueError: operation forbidden on released memoryview object"
    # Its base is freed, too.
    printf 'import mmap\nm = memoryview(mmap.mmap(-1, 100))\nm.release()\n' >orphan.py
    inspect --check -x orphan.py -e m
    refuses "ValueError: operation forbidden on released memoryview object"
}

@test "what exports no buffer is refused" {
    inspect --check -e 42
    refuses "int"
    inspect --check -e "1 +"
    refuses "SyntaxError"
}

@test "a finding names its rule, the requests and what was seen" {
    check -e "exporters.wrong('no strides')"
    expect 1 "error  strides-present-when-requested  NULL in all 28 requests that ask for strides (STRIDES, STRIDES|WRITABLE, STRIDES|FORMAT, …)
exporters.wrong('no strides'): 36 requests, 1 error, 0 warnings"
}

@test "ctypes' true defects are found" {
    inspect --check -i ctypes -e "((ctypes.c_double * 3) * 2)()"
    finds 1 "^error  format-null-unless-requested" "^error  shape-null-unless-requested" \
        "^error  strides-present-when-requested" "^error  f-contiguous-honoured" \
        "36 requests, 4 errors, 0 warnings$"
}

@test "--info shows information, --strict counts warnings" {
    check -e "exporters.wrong('readonly 2')"
    finds 0 "^warning  readonly-is-boolean  readonly is 2" ", 0 errors, 1 warning$"
    check --strict -e "exporters.wrong('readonly 2')"
    finds 1 ", 0 errors, 1 warning$"
    check -e "exporters.wrong('has a release')"
    expect 0 "exporters.wrong('has a release'): 36 requests, 0 errors, 0 warnings"
    check --info -e "exporters.wrong('has a release')"
    finds 0 "^info  has-releasebuffer  "
}

@test "a crash is a finding, and what it hid is asked again" {
    check -j -e "exporters.wrong('SIGSEGV')"
    [ "$status" -eq 1 ]
    python -c '
import json, sys
answer = json.loads(sys.argv[1])
assert [r["request"] for r in answer["requests"] if r["outcome"] == "crashed"] == [
    "ND", "ND|WRITABLE", "ND|FORMAT", "ND|WRITABLE|FORMAT"], answer
assert {r["exception"] for r in answer["requests"] if r["outcome"] == "crashed"} == {"SIGSEGV"}, answer
assert sum(r["outcome"] == "granted" for r in answer["requests"]) == 32
assert [f["rule"] for f in answer["findings"] if f["severity"] == "error"] == ["no-crash"]
' "$output"
}

@test "exit() and _exit() of the exporter's are findings too" {
    check -e "exporters.wrong('exit')"
    finds 1 "^error  no-crash  exit(0) in the request, in 4 of 36 requests (ND, "
    check -e "exporters.wrong('_exit')"
    finds 1 "^error  no-crash  exit(3) in the request"
}

@test "a release that does not come back is named as such" {
    check -e "exporters.wrong('abort in release')"
    finds 1 "^error  no-crash  SIGABRT in the release after the request, in 4 of 36 requests (ND, "
}

@test "an endless request is ended by --timeout" {
    check --timeout 0.3 -e "exporters.wrong('endless')"
    finds 1 "^error  no-crash  no answer within 0.3 s in the request, in 1 of 36 requests (ND)$"
}

@test "a whole check has its end, and says what was not sent" {
    begin=$SECONDS
    check --timeout 4 -e "exporters.wrong('always endless')"
    [ $((SECONDS - begin)) -le 16 ]
    finds 1 "^error  no-crash  no answer within 4 s" "not sent any more"
}

@test "what an exporter says goes to standard error, once" {
    check -e "exporters.wrong('talks')"
    finds 1 "^error  rc-is-0-or-minus-1"
    [ "$(grep -c '^talk$' <<<"$stderr")" -eq 36 ]
    [ "$(grep -c 'a request:' <<<"$stderr")" -eq 36 ]
    run ! grep -q '^talk$' <<<"$output"
}

@test "--mutate: a right exporter refuses while a view is held" {
    inspect --check --mutate "_.append(1)" -i array -e "array.array('b', [1, 2])"
    expect 0 "array.array('b', [1, 2]): 36 requests, 0 errors, 0 warnings"
    inspect --check --mutate "_.extend(b'x' * 100)" -e "bytearray(b'abc')"
    expect 0 "bytearray(b'abc'): 36 requests, 0 errors, 0 warnings"
    check --mutate "_.resize(50)" -e "exporters.right('ints, releasing')"
    expect 0 "exporters.right('ints, releasing'): 36 requests, 0 errors, 0 warnings"
}

@test "--mutate: an expression that resizes nothing is no verdict" {
    inspect --check --mutate "len(_)" -e "bytearray(b'abc')"
    refuses "--mutate changes neither the place of the memory nor its size"
    inspect --check --mutate "_.__setitem__(0, 1)" -e "bytearray(b'abc')"
    refuses "--mutate changes neither the place of the memory nor its size"
}

@test "--mutate: a wrong expression is no verdict" {
    inspect --check --mutate "_.no_such_thing()" -e "bytearray(b'abc')"
    refuses "AttributeError: 'bytearray' object has no attribute 'no_such_thing'"
    inspect --check --mutate "_.append(" -e "bytearray(b'abc')"
    refuses "SyntaxError"
}

# What --stress says of the GIL, by the Python that the program embeds.
gil() {
    python -c '
import sys
print("taking turns by the GIL" if getattr(sys, "_is_gil_enabled", lambda: True)() else "without a GIL")'
}

@test "--stress: a right exporter stands it, and it says whether threads met" {
    inspect --check --info --stress 4 --mutate "_.append(1)" -e "bytearray(b'abc')"
    finds 0 "^info  export-count-thread-safe  4 threads acquired and released [0-9]* views, $(gil)$" ", 0 errors, 0 warnings$"
}

@test "text that came from outside is escaped" {
    printf 'class E(Exception): pass\nclass B(bytearray): pass\nB.__name__ = B.__qualname__ = "\\u202ex"\n' >names.py
    inspect --requests -x names.py -e "B(b'abc')"
    [ "$status" -eq 0 ]
    run ! grep -q $'\u202e' <<<"$output"
}

@test "exporters written in Python are judged by their own rules" {
    since 12 || skip "Python 3.12 and later have __buffer__"
    cat >dunder.py <<'END'
class Right:
    def __init__(self):
        self.data = bytearray(b"abc")
    def __buffer__(self, flags):
        return memoryview(self.data)
    def __release_buffer__(self, view):
        view.release()
class Wrong(Right):
    def __buffer__(self, flags):
        return b"abc"
class Refuses(Right):
    def __buffer__(self, flags):
        if flags & 1:
            raise ValueError("no")
        return memoryview(self.data)
class Signature(Right):
    def __release_buffer__(self):
        pass
class Raises(Right):
    def __release_buffer__(self, view):
        raise RuntimeError("no")
END
    inspect --check -x dunder.py -e "Right()"
    expect 0 "Right(): 36 requests, 0 errors, 0 warnings"
    inspect --check -x dunder.py -e "Wrong()"
    finds 1 "^error  dunder-buffer-returns-memoryview  TypeError" ", 1 error, 0 warnings$"
    inspect --check -x dunder.py -e "Refuses()"
    finds 0 "^warning  dunder-buffer-refuses-with-buffererror  ValueError: no"
    inspect --check -x dunder.py -e "Signature()"
    finds 0 "^warning  dunder-release-signature  __release_buffer__ raised TypeError"
    inspect --check -x dunder.py -e "Raises()"
    finds 0 "^warning  dunder-release-pairing  __release_buffer__ raised RuntimeError: no"
}

@test "--requests has 36 rows and a row per consumer, whatever the exporter does" {
    check_rows() { # LESS: C- and F-contiguous typed memoryviews of one dimension are the same
        [ "$status" -eq 0 ]
        [ "$(grep -cE '^ *[A-Z_|]+ +(granted|refused|crashed)' <<<"$output")" -eq 36 ]
        [ "$(grep -cE '^[^ ].* (yes|no)  ' <<<"$output")" -eq "$(($("$MVIEW" --list-consumers | wc -l) - $1))" ]
    }
    inspect --requests -e "b'abc'"
    check_rows 1
    inspect --requests -I "$EXPORTERS" -i exporters -e "exporters.wrong('SIGSEGV')"
    check_rows 1
    grep -qE '^ND +crashed' <<<"$output"
    inspect --requests -I "$EXPORTERS" -i exporters -e "exporters.wrong('ValueError')"
    check_rows 0
}

@test "--requests says why a consumer cannot read" {
    inspect --requests -i ctypes -e "ctypes.c_int(3)"
    finds_below "memoryview +no" "cannot index '<i': byte order mark"
    finds_below "Cython T\[:\] +no" "ndim is 0, and there"
}

@test "--requests names the T that fit, and what helps where none does" {
    inspect --requests -e "memoryview(bytes(24)).cast('q', [1, 3, 1])"
    finds 0 "^file.write  *yes  *SIMPLE$"
    finds_below "Cython T\[:, :, :\] +no" "try const T\[:, :, :\]$"
    finds_below "Cython const T\[:, :, :\] +yes" "T: .*long long, .*int64_t$"
    finds_below "PyO3 PyBuffer +yes" "T: i64, isize$"
    inspect --requests -j -e "memoryview(bytearray(24)).cast('l')[::2]"
    rows() { jq -c ".consumers[] | select(.name == \"$1\") | $2" <<<"$output"; }
    [ "$(rows 'Cython T[::1]' '[.types, .remedy]')" = '[[],"numpy.ascontiguousarray(EXPR)"]' ]
    [ "$(rows 'Cython T[:]' .not_on_windows)" = '["long"]' ]
    [ "$(rows 'pybind11 array_t noconvert' '[.asks, .types]')" = '[null,[]]' ]
    [ "$(rows hashlib '[.types, .not_on_windows]')" = '[null,null]' ]
    inspect -r "Cython T[:, :, ::1]" -f shape -e "memoryview(bytearray(24)).cast('q', [1, 3, 1])"
    expect 0 "1 3 1"
    inspect -r "pybind11 array_t noconvert" -e "b'abc'"
    refuses "'pybind11 array_t noconvert' sends no request: it looks at the type alone"
}

@test "consumers can be named in --request" {
    inspect -r "Cython T[::1]" -f format,shape,strides -e "bytearray(3)"
    expect 0 $'B\t3\t1'
    inspect -r bytes -f readonly -e "b'abc'"
    expect 0 true
    inspect -r "struct.unpack_frm" -e "b'abc'"
    refuses "did you mean 'struct.unpack_from'"
}

@test "an exporter whose end crashes or hangs loses no answer" {
    cat >ends.py <<'END'
import os, time
class Crashes(bytearray):
    def __del__(self): os.abort()
class Hangs(bytearray):
    def __del__(self): time.sleep(1000)
END
    inspect --check -x ends.py -e 'Crashes(3)'
    finds 1 "^error  exporter-kept-alive  SIGABRT after the last reference" "^Crashes(3): 36 requests, 1 error, 0 warnings"
    inspect --check --timeout 0.5 -x ends.py -e 'Hangs(3)'
    finds 1 "^error  exporter-kept-alive  no answer within 0.5 s after the last reference" "^Hangs(3): 36 requests, 1 error, 0 warnings"
    inspect --requests -x ends.py -e 'Crashes(3)'
    finds 0 "^SIMPLE  *granted"
    inspect -l -x ends.py -e 'Crashes(b"ab")'
    [ "$output" = $'0\t97\n1\t98' ]
}

@test "what an expression leaves behind and never ends is not waited for" {
    cat >lasts.py <<'END'
import atexit, os, threading, time
pid = os.getpid()
def thread():
    threading.Thread(target=time.sleep, args=(1000,)).start()
    return b"ab"
def function():
    atexit.register(time.sleep, 1000)
    return b"ab"
class Last(bytearray):
    def __del__(self):
        while os.getpid() == pid:
            time.sleep(1)
def slow():
    atexit.register(lambda: (time.sleep(1), os.write(2, b"all done")))
    return b"ab"
END
    begin=$SECONDS
    for expression in "thread()" "function()" "Last(2)"; do
        inspect --check -x lasts.py -e "$expression"
        [ "$status" -eq 0 ] && [ "$output" = "$expression: 36 requests, 0 errors, 0 warnings" ]
        grep -q "does not end: ended without it$" <<<"$stderr"
    done
    inspect -f nbytes -x lasts.py -e "Last(2)"
    [ "$status" -eq 0 ] && [ "$output" = 2 ]
    inspect -f nbytes -x lasts.py -e "thread() and 1 / 0"
    [ "$status" -eq 2 ] && grep -q "ZeroDivisionError" <<<"$stderr"
    [ $((SECONDS - begin)) -le 40 ]
    inspect -f nbytes -x lasts.py -e "slow()"
    [ "$status" -eq 0 ] && [ "$output" = 2 ] && [ "$stderr" = "all done" ]
}

@test "--mutate: a view that was there before is told, and who holds it" {
    cat >held.py <<'END'
import gc, io, mmap
gc.disable()
by_name, by_slice, by_frame, by_error, by_cycle, by_method, in_dict = (bytearray(8) for _ in range(7))
view = memoryview(by_name)
part = memoryview(by_slice)[2:4]
def suspended():
    local = memoryview(by_frame)
    yield local[0]
running = suspended()
next(running)
def fails():
    local = memoryview(by_error)
    raise ValueError(len(local))
try:
    fails()
except ValueError as error:
    caught = error
class Node: pass
node = Node()
node.me, node.view = node, memoryview(by_cycle)
del node
method = memoryview(by_method).tobytes
kept = {"it's": [memoryview(in_dict)]}
stream = io.BytesIO(b"abc")
mapping = mmap.mmap(-1, 4096)
mapped = memoryview(mapping)
END
    holds() {
        inspect --check -x held.py -e "$1" --mutate "$2"
        refuses "--mutate fails, for a view was there before the check began: BufferError: "
        grep -q "; it is held by $3$" <<<"$stderr" || { echo "$stderr" && return 1; }
    }
    holds by_name '_.append(1)' "__main__\.view"
    holds by_name 'by_name.append(1)' "__main__\.view"
    holds by_slice '_.append(1)' "__main__\.part"
    holds by_frame '_.append(1)' "local 'local' of generator suspended at held\.py:[0-9]*, suspended, in __main__\.running"
    holds by_error '_.append(1)' "local 'local' of fails at held\.py:[0-9]*, in the traceback of __main__\.caught"
    holds by_method '_.append(1)' "__main__\.method\.__self__"
    holds in_dict '_.append(1)' "__main__\.kept\[\"it's\"\]\[0\]"
    holds mapping '_.close()' "__main__\.mapped"
    inspect --check -x held.py -e by_cycle --mutate '_.append(1)'
    expect 0 "warning  evaluation-balances  a view was held by garbage that had not been collected
by_cycle: 36 requests, 0 errors, 1 warning"
}

@test "--mutate: objects of C code are named that hold a view in their own way" {
    cat >keepers.py <<'END'
import consumers
kept = {}
def keep(how):
    data = bytearray(8)
    kept[how] = consumers.Keeper(how, data)
    return data
inside, pointed, untold = keep("inside"), keep("heap"), keep("untold")
variable = bytearray(8)
consumers.keep_in_variable(variable)
END
    local how kinds="inside=inside heap=pointed"
    grep -q __asan_init "$MVIEW" && kinds=inside=inside # its malloc does not tell where blocks end
    for how in $kinds; do
        inspect --check -I "$EXPORTERS" -x keepers.py -e "${how#*=}" --mutate '_.append(1)'
        refuses "it is held by __main__\.kept\['${how%=*}'] \(a Keeper\)"
    done
    inspect --check -I "$EXPORTERS" -x keepers.py -e untold --mutate '_.append(1)'
    refuses "it is held by __main__\.kept\['untold'] \(a Keeper\)"
    inspect --check -I "$EXPORTERS" -x keepers.py -e variable --mutate '_.append(1)'
    refuses "it is held by a C variable of consumers.so"
}

@test "--mutate: a view that no Python object holds is told as such" {
    cat >leaks.py <<'END'
import ctypes
def leak(exporter):
    view = ctypes.create_string_buffer(80)
    ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(exporter), view, 0)
    return exporter
END
    inspect --check -x leaks.py -e 'leak(bytearray(8))' --mutate '_.append(1)'
    refuses "no Python object is seen to hold it"
    inspect --check -x leaks.py -e 'bytearray(8)' --mutate '_.no_such(1)'
    refuses "--mutate fails with no view there that is known of: AttributeError: "
}

@test "--mutate: an expression that is itself the view is judged" {
    cat >streams.py <<'END'
import ctypes, io
stream = io.BytesIO(b"abc")
numbers = (ctypes.c_char * 10)()
data = bytearray(8)
END
    inspect --check -x streams.py -e 'stream.getbuffer()' --mutate 'stream.write(b"x" * 4096)'
    expect 0 "stream.getbuffer(): 36 requests, 0 errors, 0 warnings"
    inspect --check -x streams.py -e 'memoryview(data)' --mutate 'data.append(1)'
    expect 0 "memoryview(data): 36 requests, 0 errors, 0 warnings"
    inspect --check -x streams.py -e 'memoryview(numbers)' --mutate 'ctypes.resize(numbers, 4000)'
    finds 1 "^error  resize-refused-while-exported  the memory under a held view was changed: 10 bytes"
    inspect --check -x streams.py -e 'memoryview(data)' --mutate '_.obj.append(1)'
    refuses "the expression's value is itself a view, of type 'bytearray' underneath"
}

@test "evaluation-balances: what the expression names gains a reference each time" {
    cat >grows.py <<'END'
import ctypes
ctypes.pythonapi.Py_IncRef.argtypes = [ctypes.py_object]
class Owner: pass
owner = Owner()
def view(of):
    ctypes.pythonapi.Py_IncRef(of)
    return memoryview(b"abc")
def slow():
    import time
    time.sleep(0.3)
    return view(owner)
count = 0
def once():
    global count
    count += 1
    if count > 1:
        raise ValueError
    return b"abc"
END
    inspect --check -x grows.py -e 'view(owner)'
    expect 0 "warning  evaluation-balances  each evaluation of the expression leaves behind: 1 reference to an object of type 'Owner'
view(owner): 36 requests, 0 errors, 1 warning"
    for expression in 'view(Owner)' 'slow()' 'once()' 'b"abc"'; do
        inspect --check -x grows.py -e "$expression"
        expect 0 "$expression: 36 requests, 0 errors, 0 warnings"
    done
}

@test "--reproduce prints a script, or says why none can be" {
    inspect --check --reproduce shape-null-unless-requested -i ctypes -e "(ctypes.c_int * 3)()"
    [ "$status" -eq 0 ] && [ -z "$stderr" ] && [ "$(head -1 <<<"$output")" = "#!/usr/bin/env python3" ]
    run python - <<<"$output"
    [ "$status" -eq 1 ] && [ "${lines[0]}" = "shape-null-unless-requested: given in all 4 requests that do not ask for a shape (SIMPLE, SIMPLE|WRITABLE, SIMPLE|FORMAT, …)" ]
    inspect --check --reproduce shape-null-unless-requested -e "b'abc'"
    run python - <<<"$output"
    [ "$status" -eq 0 ] && [ -z "$output" ]
    inspect --check --reproduce format-parses -e "b'abc'"
    refuses "no script can show 'format-parses': Python's standard library has no parser"
    inspect --check --reproduce consumer-releases -e "b'abc'"
    refuses "it is a rule of consumers"
    inspect --check --reproduce slots-of-one-typ -e "b'abc'"
    refuses "did you mean"
    inspect --check --reproduce resize-refused-while-exported -e "b'abc'"
    refuses "give the expression that shows it, --mutate EXPR"
    inspect --check -j --reproduce no-leak -e "b'abc'"
    refuses "not with -j"
    inspect --reproduce no-leak -e "b'abc'"
    refuses "goes with --check"
}
