#!/usr/bin/env bats
# The forms of output: the dump against hexdump -C, bytes, JSON, the description.

load helper

# The bytes of a view in C index order, by Python itself.
logical() {
    python -c "import sys; sys.stdout.buffer.write(memoryview($1).tobytes())"
}

@test "-d is hexdump -C, byte for byte, for any view" {
    for expr in "b''" "b'a'" "bytes(range(256))" "bytes(1000)" "b'A'*16+b'A'*16+b'A'*15" "memoryview(bytes(range(200)))[::3]" \
        "memoryview(bytes(range(200)))[::-1]" "memoryview(bytes(range(240))).cast('B',[2,3,40])" \
        "memoryview(bytes(range(64))).cast('i')[::-2]" "memoryview(b'x'*4).cast('i').cast('B').cast('i',[])"; do
        inspect -d -e "$expr"
        expect 0
        logical "$expr" | hexdump -C >expected
        [ "$output" = "$(cat expected)" ]
        inspect -d -v -e "$expr"
        expect 0
        logical "$expr" | hexdump -C -v >expected
        [ "$output" = "$(cat expected)" ]
    done
}

@test "-b is bytes(memoryview), exactly" {
    for expr in "b''" "bytes(range(256))" "memoryview(bytes(range(200)))[::-3]" "memoryview(bytes(range(240))).cast('h')[::5]"; do
        "$MVIEW" -b -e "$expr" >got
        logical "$expr" >expected
        cmp got expected
    done
}

@test "-s and -n choose bytes" {
    python -c "import sys; sys.stdout.buffer.write(bytes(range(256))*4)" >bytes
    "$MVIEW" -d -s 100 -n 77 -e "bytes(range(256))*4" >got
    hexdump -C -s 100 -n 77 bytes >expected
    cmp got expected
    "$MVIEW" -b -s 1000 -e "bytes(range(256))*4" | cmp - <(tail -c 24 bytes)
    "$MVIEW" -b -s 5000 -e "bytes(range(256))*4" | cmp - /dev/null
    inspect -d -n 0 -e "b'abc'"
    expect 0 ""
}

@test "JSON is one line, and says what -f says" {
    inspect -j -e "memoryview(bytes(24)).cast('i',[2,3])"
    expect 0
    [ "$(printf '%s\n' "$output" | wc -l)" -eq 1 ]
    printf '%s\n' "$output" >json
    [ "$(jq -c '[.schema,.name,.source,.type,.format,.itemsize,.ndim,.shape,.strides,.suboffsets,.nbytes,.readonly,.c_contiguous,.f_contiguous,.contiguous,.dtype,.offset,.copied,.notes]' json)" = \
        '[1,"memoryview(bytes(24)).cast('"'i'"',[2,3])","eval","memoryview","i",4,2,[2,3],[12,4],null,24,true,true,false,true,null,null,null,[]]' ]
    [ "$(jq -c '[.fields[]|[.name,.offset,.size,.format,.shape]]' json)" = '[[null,0,4,"i",[]]]' ]
    [[ "$(jq -r .address json)" == 0x* ]]
    [ "$(jq 'has("data")' json)" = false ]
}

@test "JSON data is a hex string, shaped by -s and -n" {
    inspect -j -n all -e "bytes(range(5))"
    expect 0
    [ "$(jq -r .data <<<"$output")" = 0001020304 ]
    inspect -j -n 2 -s 1 -e "bytes(range(5))"
    [ "$(jq -r .data <<<"$output")" = 0102 ]
    inspect -j -n 0 -e "bytes(range(5))"
    [ "$(jq -r .data <<<"$output")" = "" ]
}

@test "JSON keeps odd text exactly, and shows no bidi or control character raw" {
    inspect -j -e $'len("\xe2\x80\xae\x1b\xc3\xa9") and b""'
    expect 0
    [ "$(jq -r .name <<<"$output")" = $'len("\xe2\x80\xae\x1b\xc3\xa9") and b""' ]
    [[ "$output" != *$'\xe2\x80\xae'* ]]
    [[ "$output" == *$'\xc3\xa9'* ]]
}

@test "text escapes what would drive a terminal" {
    inspect -f name -e $'len("""\x1b[2J\xe2\x80\xae\n\t""") and b""'
    expect 0 'len("""\x1b[2J\u202e\x0a\x09""") and b""'
    inspect -e $'len("\x1b[2J") and b"abc"'
    expect 0
    [[ "$output" != *$'\x1b'* ]]
}

@test "the default: description, then the first 256 bytes, saying of how many" {
    inspect -e "bytes(range(256))*2"
    expect 0
    [[ "$output" == *"first 256 of 512 bytes, in C index order:"* ]]
    [[ "$output" == *"000000f0  f0 f1"* ]]
    [[ "$output" != *"00000100  00 01"* ]]
    inspect -e "b'abc'"
    [[ "$output" == *"all 3 bytes"* ]]
    inspect -e "b''"
    expect 0
    [[ "$output" != *"bytes, in C"* ]]
}

@test "a struct is laid out with offsets, sizes, holes and padding" {
    cat >point.py <<'END'
import ctypes
class Point(ctypes.Structure):
    _fields_ = [("tag", ctypes.c_char), ("x", ctypes.c_double), ("n", ctypes.c_int)]
END
    if ! python -c "import sys; sys.exit(sys.version_info < (3, 12))"; then skip "ctypes names no padding before 3.12"; fi
    inspect -x point.py -e "(Point * 2)()"
    expect 0
    [[ "$output" == *"1        7  --- hole"* ]]
}

@test "values are not told by a format that does not fit" {
    echo 'import ctypes
class P(ctypes.Structure):
    _fields_ = [("a", ctypes.c_char), ("b", ctypes.c_double)]' >fit.py
    python -c "import sys; sys.exit(sys.version_info < (3, 12))" && skip "ctypes names its padding since 3.12"
    inspect -l -x fit.py -e "P(b'x', 1.5)"
    refuses "describes 9 bytes, but itemsize is 16"
}

@test "--list-fields, --version, --help" {
    inspect --list-fields
    expect 0
    [[ "$output" == *"format "* && "$output" == *"notes "* ]]
    inspect --version
    expect 0
    [[ "$output" =~ ^mview-inspect\ [0-9.]+,\ with\ Python\ 3\.[0-9a-z.+]+\ \(/[^\ ]*\)(,\ commit\ [0-9a-f]{12}\+?)?$ ]]
    inspect --help
    expect 0
    [[ "$output" == *"--contiguous C|F|A"* ]]
}

@test "a list is cut to the terminal's width, and only there" {
    python -c "import pickle; open('wide.pkl', 'wb').write(pickle.dumps({'key': 'x' * 150, 'k\u00e9' * 30: 1}))"
    cat >terminal.py <<'END'
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    os.execv(sys.argv[1], sys.argv[1:])
said = b""
while True:
    try:
        more = os.read(fd, 4096)
    except OSError:
        break
    if not more:
        break
    said += more
lines = said.decode().splitlines()
rows = lines[lines.index("") + 1:]
assert len(rows) == 2 and all(len(row) == 40 and row.endswith("...") for row in rows), lines
END
    python terminal.py "$MVIEW" wide.pkl
    inspect wide.pkl
    expect 0
    [[ "$output" == *"$(printf 'x%.0s' {1..150})'"* ]]
}
