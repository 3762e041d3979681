#!/usr/bin/env bats
# --check --consumer: what it says, and what no consumer may do to the program.

load helper

setup_file() {
    export CONSUMERS=${MVIEW_BUILD:-$PWD/build}
}

try() {
    inspect --check -I "$CONSUMERS" -i consumers --consumer "$@"
}

# has TEXT: among the last output's lines.
has() {
    grep -qF -- "$1" <<<"$output" || { echo "no '$1' in: $output; stderr: $stderr" && return 1; }
}

@test "a right consumer has no finding" {
    inspect --check -i zlib --consumer 'zlib.crc32(_)'
    expect 0 "zlib.crc32(_): 106 buffers, 0 errors, 0 warnings"
}

@test "a finding names the buffer, in words and as an expression" {
    try 'consumers.ignores_strides(_)'
    [ "$status" -eq 1 ]
    has "given format 'B', shape (12,), every second item: numpy.arange(24, dtype='u1')[::2] (and"
    [[ "${lines[-1]}" == "consumers.ignores_strides(_): "*" buffers, "*" error"*", 0 warnings" ]]
}

@test "a fault is explained by what lay there" {
    try 'consumers.reads_past_the_end(_)'
    has "error  consumer-keeps-to-items  read right past the end of the items"
    try 'consumers.reads_before_the_beginning(_)'
    has "read 1 bytes before the beginning of the items"
    try 'consumers.writes_readonly(_)'
    has "write at byte 0 of the items, which are read-only"
    try 'consumers.reads_after_release(_)'
    has " of the items, which are released"
    try 'consumers.counts_after_release(_)'
    has "read at byte 0 of shape, which is released"
    try 'consumers.reads_format_after_release(_)'
    has " of format, which is released"
    try 'consumers.reads_the_last_shape(_)'
    has " of a view of another buffer, which is released"
    try 'consumers.reads_pairs(_)'
    has "read right past the end of the items, given format 'd', shape (7,): numpy.arange(7, dtype='f8')"
    inspect --check --consumer 'len(memoryview(_)) if memoryview(_).ndim > 0 else 0'
    has "gives 0, as for a buffer without items, given format"
    try 'consumers.flattens_shape(_)'
    has "write at byte 0 of shape"
    try 'consumers.uses_shape_unasked(_)'
    has "read at NULL after SIMPLE, which leaves NULL: shape, strides, suboffsets, format"
    try 'consumers.expects_an_item(_)'
    has "read at the items, of which there are none"
}

@test "a crash, an exit and a hang are survived and named" {
    try 'consumers.aborts(_)'
    has "error  consumer-no-crash  SIGABRT, given format"
    try 'consumers.exits(_)'
    has "error  consumer-no-crash  exit(3), given format"
    try 'consumers.hangs(_)' --timeout 0.2
    has "error  consumer-no-crash  no answer within 0.2 s, given format"
    printf 'import os\nclass Result:\n    def __init__(self, buffer): self.bytes = bytes(buffer)\n    __repr__ = lambda self: os.abort()\n' >result.py
    inspect --check --info -x result.py --consumer 'Result(_)'
    has "error  consumer-no-crash  SIGABRT when its result is looked at, given format"
    [[ "$output" != *"not compared"* ]]
    inspect --check -i os --consumer '(os.fork(), bytes(_))[1]'
    [ "$status" -eq 0 ]
    has "0 errors"
}

@test "who imports on its way has not come to a standstill" {
    for i in 1 2 3 4 5 6; do
        echo 'import time; time.sleep(0.2)' >"slow$i.py"
    done
    cat >lazy.py <<'END'
def size(buffer):
    import slow1, slow2, slow3, slow4, slow5, slow6
    return len(bytes(buffer))
END
    inspect --check --timeout 0.6 -I . -x lazy.py --consumer 'size(_)'
    expect 0 "size(_): 157 buffers, 0 errors, 0 warnings"
}

@test "a check ends within 30 seconds, and says what was not tried" {
    inspect --check -i time --timeout 5 --consumer '(bytes(_), time.sleep(9))'
    [ "$status" -eq 1 ]
    has "warning  consumer-no-crash  not tried: the time for the whole check was over (--format and --shape offer less), given "
}

@test "warnings count with --strict only, information is shown with --info only" {
    try 'consumers.asks_for_format_alone(_)'
    [ "$status" -eq 0 ]
    has "warning  consumer-asks-documented  asks with flags 0x4"
    try 'consumers.asks_for_format_alone(_)' --strict
    [ "$status" -eq 1 ]
    try 'consumers.right_holder(_)'
    expect 0 "consumers.right_holder(_): 157 buffers, 0 errors, 0 warnings"
    try 'consumers.right_holder(_)' --info
    has "info  consumer-holds  its result keeps 1 view, until it is gone"
}

@test "what each call adds to something of Python's is kept, and said by whom" {
    printf 'seen = []\ncaches = {"a b": seen}\n' >state.py
    inspect --check --info -x state.py --consumer 'caches["a b"].append(memoryview(_))'
    has "info  consumer-holds  each call leaves 1 view that is kept: __main__.seen"
    inspect --check --info -x state.py --consumer 'seen.append(_)'
    has "info  consumer-holds  each call leaves 1 reference to the exporter that is kept: __main__.seen"
    inspect --check -x state.py --consumer 'seen.append(memoryview(_))'
    [ "$output" = "seen.append(memoryview(_)): 157 buffers, 0 errors, 0 warnings" ]
}

@test "JSON has every call, with its requests" {
    try 'consumers.leaks(_)' -j
    [ "$status" -eq 1 ]
    python -c '
import json, sys
answer = json.loads(sys.argv[1])
assert set(answer) == {"schema", "name", "calls", "findings", "errors", "warnings"}, set(answer)
call = answer["calls"][0]
assert set(call) == {"buffer", "outcome", "exception", "requests", "releases", "held"}, set(call)
assert {"format", "shape", "strides", "suboffsets", "readonly"} <= set(call["buffer"]), call
assert (call["outcome"], call["releases"], call["held"]) == ("returned", 0, 1), call
assert call["requests"] == [{"request": "SIMPLE", "flags": 0, "outcome": "granted"}], call
assert {c["outcome"] for c in answer["calls"]} == {"returned", "raised"}
assert any(c["buffer"]["suboffsets"] for c in answer["calls"])
assert {f["rule"] for f in answer["findings"] if f["severity"] == "error"} == {"consumer-releases"}
assert answer["errors"] == 1 and answer["warnings"] == 0
' "$output"
}

@test "--format and --shape narrow the battery" {
    try 'consumers.right_table(_)' -j --format d --shape 2,5
    [ "$status" -eq 0 ]
    python -c '
import json, sys
calls = json.loads(sys.argv[1])["calls"]
assert {c["buffer"]["format"] for c in calls} == {"d"}
assert {tuple(c["buffer"]["shape"]) for c in calls} == {(2, 5)}
assert len({tuple(c["buffer"]["strides"]) for c in calls}) > 4
' "$output"
    inspect --check --consumer 'bytes(_)' --format 'T{i:a:d:b:}'
    [ "$status" -eq 0 ]
}

@test "what cannot be offered is refused" {
    inspect --check --consumer 'bytes(_)' --format O
    refuses "pointers and objects cannot be made up"
    inspect --check --consumer 'bytes(_)' --format 'z9'
    refuses "format 'z9'"
    inspect --check --consumer 'bytes(_)' --shape 3,-1
    refuses "every extent is to be given"
    inspect --check --consumer 'bytes(_)' --shape 100000,100000
    refuses "too large"
    inspect --check --consumer 'bytes(_)' -e 1
    refuses "not with -e or files"
    inspect --consumer 'bytes(_)'
    refuses "goes with --check"
    inspect --check --consumer 'bytes(_)' --mutate '_.x()'
    refuses "not with --consumer"
}

@test "an expression that is no consumer is told so in one line" {
    inspect --check --consumer '1 + 1'
    refuses "does not use '_'"
    inspect --check --consumer '(lambda _: 1)(2)'
    refuses "does not use '_'"
    inspect --check --consumer 'eval("bytes(_)")'
    expect 0 'eval("bytes(_)"): 157 buffers, 0 errors, 0 warnings'
    inspect --check --consumer 'bytes(_'
    refuses "SyntaxError"
    inspect --check --consumer 'zlib.crc32(_)'
    refuses "NameError: name 'zlib' is not defined.*-i zlib imports the module"
    inspect --check --consumer '_ + 1'
    refuses "refuses every buffer.*TypeError.*asks for no buffer"
    inspect --check --consumer 'id(_)'
    refuses "asks '_' for no buffer"
    inspect --check --consumer 'len(_)'
    expect 0
    try 'consumers.right_doubles(bytes(_))'
    refuses "refuses every buffer that it is offered: TypeError: a row of doubles is wanted"
}

@test "results of chance and of what went before are no findings" {
    inspect --check --info -i os --consumer '(bytes(_), os.urandom(8))[1]'
    [ "$status" -eq 0 ]
    has "0 errors, 0 warnings"
    inspect --check -i itertools -x <(echo 'import itertools; count = itertools.count()') \
        --consumer 'next(count) + sum(bytes(_))'
    [ "$status" -eq 0 ]
    has "0 errors, 0 warnings"
    cat >chance.py <<'END'
import random
calls = [b""]
def rarely(buffer):
    return bytes(buffer) if random.random() < 0.95 else 0
def shuffle(buffer):  # two rows: half of the time they stay where they are
    view = memoryview(buffer)
    if view.ndim == 1 and random.random() < 0.5:
        view[0], view[1] = view[1], view[0]
def last(buffer):
    calls.append(bytes(buffer))
    return calls[-2]
def count(buffer):
    calls.append(0)
    return len(calls) % 3, bytes(buffer)
END
    for call in rarely shuffle last count; do
        inspect --check --info -x chance.py --consumer "$call(_)"
        [ "$status" -eq 0 ]
        has "info  consumer-follows-strides  not compared: another result each time"
        has "0 errors, 0 warnings"
    done
    inspect --check --info --consumer 'id(memoryview(_).tobytes())'
    [ "$status" -eq 0 ]
    inspect --check --info --consumer '(memoryview(_), object())[1]'
    [ "$status" -eq 0 ]
    has "0 errors, 0 warnings"
}
