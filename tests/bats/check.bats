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
    check_rows() {
        [ "$status" -eq 0 ]
        [ "$(grep -cE '^[A-Z_|]+ +(granted|refused|crashed)' <<<"$output")" -eq 36 ]
        [ "$(grep -cE ' (yes|no)( |$)' <<<"$output")" -eq "$("$MVIEW" --list-consumers | wc -l)" ]
    }
    inspect --requests -e "b'abc'"
    check_rows
    inspect --requests -I "$EXPORTERS" -i exporters -e "exporters.wrong('SIGSEGV')"
    check_rows
    grep -qE '^ND +crashed' <<<"$output"
    inspect --requests -I "$EXPORTERS" -i exporters -e "exporters.wrong('ValueError')"
    check_rows
}

@test "--requests says why a consumer cannot read" {
    inspect --requests -i ctypes -e "ctypes.c_int(3)"
    finds 0 "^memoryview .* no  *cannot index '<i': byte order mark$" "^Cython T\[:\] .* no  *ndim is 0, not 1$"
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
