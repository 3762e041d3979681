# Shared by the bats files: the program under test, and what is expected of it.

bats_require_minimum_version 1.5.0
: "${MVIEW:=$PWD/build/mview-inspect}"
: "${MVIEW_PYTHON:=/usr/bin/python3}"

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    unset VIRTUAL_ENV PYTHONPATH PYTHONHOME PYTHONSAFEPATH NO_COLOR
}

inspect() {
    run --separate-stderr "$MVIEW" "$@"
}

# expect CODE [STDOUT]: the last inspect's outcome; nothing on standard error.
expect() {
    [ "$status" -eq "$1" ] || { echo "status $status, stderr: $stderr" && return 1; }
    [ $# -lt 2 ] || [ "$output" = "$2" ] || { echo "output: $output" && return 1; }
    [ -z "$stderr" ] || { echo "stderr: $stderr" && return 1; }
}

# refuses REGEX: exit 2, nothing on standard output, one line on standard error that matches.
refuses() {
    [ "$status" -eq 2 ] || { echo "status $status, not 2; stderr: $stderr" && return 1; }
    [ -z "$output" ] || { echo "standard output: $output" && return 1; }
    [ "$(printf '%s\n' "$stderr" | wc -l)" -eq 1 ] || { echo "not one line: $stderr" && return 1; }
    [[ "$stderr" == "mview-inspect: "* ]] || { echo "no prefix: $stderr" && return 1; }
    [[ "$stderr" =~ $1 ]] || { echo "stderr: $stderr" && return 1; }
}

# Python of the build, without the user's environment.
python() {
    "$MVIEW_PYTHON" -I "$@"
}

# npy FILE DESCR ORDER SHAPE [VERSION]: a header as NumPy writes it; the data come from standard input.
npy() {
    python -c '
import struct, sys
path, descr, order, shape = sys.argv[1:5]
major = int(sys.argv[5]) if len(sys.argv) > 5 else 1
header = ("{%s: %s, %s: %s, %s: %s, }" % ("\x27descr\x27", descr, "\x27fortran_order\x27", order, "\x27shape\x27", shape)).encode("utf-8" if major == 3 else "latin-1")
size = 10 if major == 1 else 12
header += b" " * (-(len(header) + 1 + size) % 64) + b"\n"
length = struct.pack("<H" if major == 1 else "<I", len(header))
open(path, "wb").write(b"\x93NUMPY" + bytes([major, 0]) + length + header + sys.stdin.buffer.read())
' "$@"
}

# needs MODULE: skip the test where the Python of the build has no such module.
needs() {
    python -c "import $1" 2>/dev/null || skip "no $1 for $MVIEW_PYTHON"
}

# The program with its engine, as they are installed, in a folder.
place_program() {
    mkdir -p "$1/bin"
    cp -L "$MVIEW" "$1/bin/mview-inspect"
    cp -R "$(dirname "$MVIEW")/libexec" "$1/"
}
