#!/usr/bin/env bats
# Which interpreter's environment is used, and what is refused as one.  Whole
# environments are compared with Python's own in tests/oracle/environments.py.

load helper

# The kind of CPython that the program is built for, "3.11", and another one.
setup_file() {
    : "${MVIEW_PYTHON:=/usr/bin/python3}"
    TAG=$("$MVIEW_PYTHON" -I -c "import sys; print('%d.%d' % sys.version_info[:2] + sys.abiflags)")
    export TAG
}

venv() {
    "$MVIEW_PYTHON" -m venv --without-pip "$@"
}

# A program called like an interpreter, and the folder of its modules: prefix FOLDER NAME [MODULES]
prefix() {
    mkdir -p "$1/bin" "$1/lib/${3:-$2}"
    cp /bin/true "$1/bin/$2"
    touch "$1/lib/${3:-$2}/os.py"
}

# A virtual environment around an interpreter, with a line more for pyvenv.cfg: around FOLDER INTERPRETER [LINE]
around() {
    mkdir -p "$1/bin"
    ln -s "$2" "$1/bin/python"
    printf 'home = %s\n%s\n' "$(dirname "$2")" "${3:-}" >"$1/pyvenv.cfg"
}

# module FILE NUMBER: one that exports as many bytes.
module() {
    mkdir -p "$(dirname "$1")"
    echo "data = bytes($2)" >"$1"
}

uses() {
    VIRTUAL_ENV=$1 inspect -f nbytes -i mymod -e mymod.data
}

@test "an active virtual environment is used" {
    venv env
    module "$(echo env/lib/python3*/site-packages)/mymod.py" 3
    uses "$PWD/env"
    expect 0 3
    uses ./env
    expect 0 3
    inspect -f nbytes -i mymod -e mymod.data
    refuses "No module named 'mymod'"
}

@test "--python counts more than an active virtual environment" {
    venv one
    venv two
    module "$(echo one/lib/python3*/site-packages)/mymod.py" 1
    module "$(echo two/lib/python3*/site-packages)/mymod.py" 2
    VIRTUAL_ENV=$PWD/one inspect -f nbytes --python two/bin/python -i mymod -e mymod.data
    expect 0 2
    VIRTUAL_ENV=/not/there inspect -f nbytes --python two/bin/python -i mymod -e mymod.data
    expect 0 2
}

@test "an environment in the current directory is not used unless it is named" {
    venv .venv
    module "$(echo .venv/lib/python3*/site-packages)/mymod.py" 3
    inspect -f nbytes -i mymod -e mymod.data
    refuses "No module named 'mymod'"
    inspect -f nbytes --python .venv/bin/python -i mymod -e mymod.data
    expect 0 3
}

@test "files are shown whatever environment is active" {
    printf abc >raw
    VIRTUAL_ENV=/not/there PYTHONHOME=/not/there inspect -f nbytes -t raw raw
    expect 0 3
}

@test "an empty VIRTUAL_ENV is none" {
    VIRTUAL_ENV='' inspect -f nbytes -e "b'abc'"
    expect 0 3
}

@test "an interpreter that is not there" {
    inspect --python /not/there -e "b''"
    refuses "--python: '/not/there': No such file or directory"
    inspect --python ./python3 -e "b''"
    refuses "--python: '$PWD/python3': No such file or directory"
    inspect --python python3.99 -e "b''"
    refuses "--python: there is no program 'python3.99' in PATH"
    inspect --python '' -e "b''"
    refuses "--python: there is no program '' in PATH"
    VIRTUAL_ENV=/not/there inspect -e "b''"
    refuses "VIRTUAL_ENV: '/not/there': No such file or directory"
    mkdir empty
    VIRTUAL_ENV=empty inspect -e "b''"
    refuses "VIRTUAL_ENV: '$PWD/empty/bin/python': No such file or directory"
}

@test "links that lead nowhere" {
    mkdir -p env/bin
    ln -s python3 env/bin/python
    ln -s /gone/bin/python3.11 env/bin/python3
    VIRTUAL_ENV=$PWD/env inspect -e "b''"
    refuses "'$PWD/env/bin/python' is a link to '/gone/bin/python3.11', which is not there"
    ln -s loop loop
    inspect --python ./loop -e "b''"
    refuses "'$PWD/loop': Too many levels of symbolic links"
}

@test "the folder of an environment stands for its interpreter" {
    venv .venv
    for folder in .venv ./.venv .venv/ "$PWD/.venv//"; do
        inspect --python "$folder" -b -i sys -e 'sys.prefix.encode()'
        expect 0 "$PWD/.venv"
    done
    rm .venv/bin/python
    inspect --python .venv -b -i sys -e 'sys.prefix.encode()'
    expect 0 "$PWD/.venv"
    rm .venv/bin/python3
    ln -s /gone .venv/bin/python3
    inspect --python .venv -e "b''"
    refuses "'$PWD/.venv/bin/python3' is a link to '/gone', which is not there"
    rm .venv/bin/python3
    inspect --python .venv -e "b''"
    refuses "'$PWD/.venv' is a directory without bin/python$"
    mkdir .venv/bin/python
    inspect --python .venv -e "b''"
    refuses "'$PWD/.venv/bin/python' is a directory$"
    inspect --python nowhere -e "b''"
    refuses "there is no program 'nowhere' in PATH"
}

@test "in an environment where the program is installed, that is the default" {
    venv env
    venv other
    place_program env
    ln -s ../env/bin/mview-inspect other/tool
    for program in env/bin/mview-inspect other/tool; do
        run --separate-stderr "$program" -b -i sys -e 'sys.prefix.encode()'
        expect 0 "$PWD/env"
    done
    VIRTUAL_ENV=$PWD/other run --separate-stderr env/bin/mview-inspect -b -i sys -e 'sys.prefix.encode()'
    expect 0 "$PWD/other"
    run --separate-stderr env/bin/mview-inspect --python other -b -i sys -e 'sys.prefix.encode()'
    expect 0 "$PWD/other"
    rm env/pyvenv.cfg
    run --separate-stderr env/bin/mview-inspect -b -i sys -e 'sys.prefix.encode()'
    [ "$status" -eq 0 ]
    [ "$output" != "$PWD/env" ]

    prefix base python3.99
    around gone "$PWD/base/bin/python3.99"
    place_program gone
    run --separate-stderr gone/bin/mview-inspect -e "b''"
    refuses "'$PWD/gone/bin/python' is Python 3.99, but the mview-inspect beside it is built for Python $TAG: install it anew there$"
    rm gone/bin/python
    run --separate-stderr gone/bin/mview-inspect -e "b''"
    refuses "^mview-inspect: '$PWD/gone/bin/python': No such file"
    printf abc | npy a.npy "'|S1'" False "(3,)"
    run --separate-stderr gone/bin/mview-inspect -f nbytes a.npy
    expect 0 3
}

@test "an interpreter that has to be started to be known is started once" {
    [ -n "$(find "$(dirname "$MVIEW")/libexec/" -name '*.so')" ] || skip "the engine is a program, and looks for itself"
    printf '#!/bin/sh\necho started >>"%s/starts"\nexec "%s" "$@"\n' "$PWD" "$MVIEW_PYTHON" >python-shim
    chmod +x python-shim
    inspect --python ./python-shim -f nbytes -e "b'abc'"
    expect 0 3
    [ "$(cat starts)" = started ]
}

@test "what is no program" {
    inspect --python ./ -e "b''"
    refuses "'$PWD' is a directory without bin/python$"
    mkfifo fifo
    inspect --python ./fifo -e "b''"
    refuses "is not a regular file"
    echo text >file
    [ "$(id -u)" -eq 0 ] || { inspect --python ./file -e "b''" && refuses "Permission denied"; }
    chmod +x file
    inspect --python ./file -e "b''"
    refuses "'$PWD/file' is not a Python interpreter$"
    inspect --python /bin/true -e "b''"
    refuses "'/bin/true' is not a Python interpreter that runs here"
}

@test "scripts: those that stand for an interpreter are followed, others are not run" {
    printf '#!/bin/sh\ntouch marker\n' >tool
    printf '#!/bin/sh\necho neither this nor that\n' >python-odd
    printf '#!/bin/sh\nexec "%s" "$@"\n' "$MVIEW_PYTHON" >python-shim
    chmod +x tool python-odd python-shim
    inspect --python ./tool -e "b''"
    refuses "'$PWD/tool' is a script, not a Python interpreter"
    [ ! -e marker ]
    inspect --python ./python-odd -e "b''"
    refuses "'$PWD/python-odd' is a script that leads to no Python interpreter"
    PATH=$PWD:$PATH inspect -b --python python-shim -i sys -e "sys.executable.encode()"
    expect 0 "$(python -c 'import sys; print(sys.executable)')"
}

@test "another version: both are named, and how to build for it" {
    prefix other python3.99
    inspect --python other/bin/python3.99 -e "b''"
    refuses "'$PWD/other/bin/python3.99' is Python 3.99, but this mview-inspect is built for Python $TAG: "
    [[ $stderr == *"'make PYTHON=$PWD/other/bin/python3.99' builds one for it"* ]]
    [[ $stderr == *"'make install PYTHONS=\""*" $PWD/other/bin/python3.99\"' installs both" ]]
}

@test "Pythons that are too old" {
    prefix old python3.8
    inspect --python old/bin/python3.8 -e "b''"
    refuses "is Python 3.8: mview-inspect needs CPython 3.9 or later"
}

@test "debug and free-threaded builds are not taken for the usual one" {
    prefix free python3.99t
    ln free/bin/python3.99t free/bin/python3.99
    ln -s python3.99 free/bin/python
    inspect --python free/bin/python -e "b''"
    refuses "is Python 3.99t, but"
    prefix debug python3.99d python3.99
    ln -s python3.99d debug/bin/python
    inspect --python debug/bin/python -e "b''"
    refuses "is Python 3.99d, but"
    prefix both python3.99td python3.99t
    around env "$PWD/both/bin/python3.99td"
    VIRTUAL_ENV=./env inspect -e "b''"
    refuses "is Python 3.99td, but"
}

@test "the version of a copy, which has no name of its own, is that of pyvenv.cfg" {
    prefix base python3.99
    mkdir -p env/bin env/lib/python3.99
    cp base/bin/python3.99 env/bin/python
    printf 'home = %s\nversion_info = 3.99.1.final.0\n' "$PWD/base/bin" >env/pyvenv.cfg
    VIRTUAL_ENV=./env inspect -e "b''"
    refuses "is Python 3.99, but"
    printf 'HOME=%s\nVersion=3.99.1\nexecutable = %s\n' "$PWD/base/bin" "/somewhere/python3.99d" >env/pyvenv.cfg
    VIRTUAL_ENV=./env inspect -e "b''"
    refuses "is Python 3.99d, but"
}

@test "an interpreter whose version nothing shows is asked" {
    mkdir -p where/bin where/lib
    cp "$(realpath "$MVIEW_PYTHON")" where/bin/python
    ln -s "$(python -c 'import os; print(os.path.dirname(os.__file__))')" where/lib/
    inspect -f nbytes --python where/bin/python -e "b'abc'"
    expect 0 3
    cp /bin/true where/bin/python
    inspect --python where/bin/python -e "b''"
    refuses "is not a Python interpreter that runs here"
}

@test "a pyvenv.cfg that lies" {
    prefix base python3.99
    around version "$PWD/base/bin/python3.99" "version = 3.98.1"
    VIRTUAL_ENV=version inspect -e "b''"
    refuses "'$PWD/version/pyvenv.cfg' says Python 3.98, but its interpreter is Python 3.99: make it anew"
    around modules "$PWD/base/bin/python3.99"
    mkdir -p modules/lib/python3.98
    VIRTUAL_ENV=modules inspect -e "b''"
    refuses "'$PWD/modules' has modules for python3.98, but its interpreter is Python 3.99: make it anew"
    around home "$PWD/base/bin/python3.99"
    echo "home = /not/there" >home/pyvenv.cfg
    VIRTUAL_ENV=home inspect -e "b''"
    refuses "'$PWD/home/pyvenv.cfg' says home = /not/there, but there is no Python 3.99: make it anew"
    prefix other python3.97
    echo "home = $PWD/other/bin" >home/pyvenv.cfg
    VIRTUAL_ENV=home inspect -e "b''"
    refuses "says home = $PWD/other/bin, but there is no Python 3.99"
}

@test "a pyvenv.cfg that cannot be read, or never ends" {
    prefix base python3.99
    around venv "$PWD/base/bin/python3.99"
    head -c 40000 /dev/zero | tr '\0' '\n' >>venv/pyvenv.cfg
    VIRTUAL_ENV=venv inspect -e "b''"
    refuses "'$PWD/venv/pyvenv.cfg' is not a file that Python reads"
    rm venv/pyvenv.cfg
    mkfifo venv/pyvenv.cfg
    run --separate-stderr timeout 10 "$MVIEW" --python venv/bin/python -e "b''"
    refuses "'$PWD/venv/pyvenv.cfg' is not a file that Python reads"
    ln -sf /dev/zero venv/pyvenv.cfg
    VIRTUAL_ENV=venv inspect -e "b''"
    refuses "'$PWD/venv/pyvenv.cfg' is not a file that Python reads"
}

@test "an interpreter without its modules" {
    prefix base python3.99
    rm -r base/lib
    inspect --python base/bin/python3.99 -e "b''"
    refuses "'$PWD/base/bin/python3.99' is Python 3.99, but its modules are not there"
}

@test "other implementations" {
    prefix pypy pypy3.10
    ln -s pypy3.10 pypy/bin/python
    inspect --python pypy/bin/python -e "b''"
    refuses "'$PWD/pypy/bin/python' is PyPy: mview-inspect needs CPython"
    prefix graal graalpy
    around env "$PWD/graal/bin/graalpy" "implementation = GraalVM"
    VIRTUAL_ENV=./env inspect -e "b''"
    refuses "is GraalVM: mview-inspect needs CPython"
    printf '#!/bin/sh\necho pypy 3.10 /opt/pypy/bin/pypy3.10\n' >python-shim
    chmod +x python-shim
    inspect --python ./python-shim -e "b''"
    refuses "is pypy: mview-inspect needs CPython"
}

@test "a program for another processor" {
    prefix arm python3.99
    printf '\267\0' | dd of=arm/bin/python3.99 bs=1 seek=18 conv=notrunc 2>/dev/null
    inspect --python arm/bin/python3.99 -e "b''"
    if [ "$(uname -m)" = aarch64 ]; then skip "this is it"; fi
    refuses "'$PWD/arm/bin/python3.99' is for another processor \(aarch64\)"
    printf '\1' | dd of=arm/bin/python3.99 bs=1 seek=4 conv=notrunc 2>/dev/null
    inspect --python arm/bin/python3.99 -e "b''"
    refuses "is for another processor"
}

@test "a PYTHONHOME that holds no Python" {
    PYTHONHOME=/not/there inspect -e "b''"
    refuses "PYTHONHOME: there are no modules of Python $TAG in '/not/there'"
    PYTHONHOME='' inspect -f nbytes -e "b'abc'"
    expect 0 3
}

@test "hostile names are escaped" {
    inspect --python $'/\e[2J\n' -e "b''"
    refuses "'/\\\\x1b\[2J\\\\x0a': No such file"
}
