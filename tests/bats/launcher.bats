#!/usr/bin/env bats
# The program, which answers without Python or picks an engine: here the engines are scripts that say who
# they are.  Real ones are installed by src/tools/check-install.

load helper

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    unset VIRTUAL_ENV LD_PRELOAD
    printf abc >file
    mkdir -p tree/bin tree/libexec/mview-inspect
    cp -L "$MVIEW" tree/bin/mview-inspect
    export BUILT=$MVIEW MVIEW=$PWD/tree/bin/mview-inspect
    for tag in 3.97 3.98 3.98t 3.100; do
        engine "$tag"
    done
    ln -s mview-inspect-3.97 tree/libexec/mview-inspect/default
    for tag in 3.97 3.98 3.98t 3.99; do
        base "$tag"
    done
}

engine() {
    printf '#!/bin/sh\nprintf "%%s" "engine %s:"\nprintf " <%%s>" "$@"\necho\n' "$1" >"tree/libexec/mview-inspect/mview-inspect-$1"
    chmod +x "tree/libexec/mview-inspect/mview-inspect-$1"
}

base() {
    mkdir -p "base/$1/bin" "base/$1/lib/python$1"
    cp /bin/true "base/$1/bin/python$1"
    touch "base/$1/lib/python$1/os.py"
    mkdir -p "env/$1/bin"
    ln -s "$PWD/base/$1/bin/python$1" "env/$1/bin/python"
    printf 'home = %s\nversion = %s.1\n' "$PWD/base/$1/bin" "${1%t}" >"env/$1/pyvenv.cfg"
}

@test "nothing chosen: the default" {
    inspect -f nbytes -e "b''"
    expect 0 "engine 3.97: <-f> <nbytes> <-e> <b''>"
    inspect --version
    expect 0 "engine 3.97: <--version>"
    inspect file -d -t raw -- -e
    expect 0 "engine 3.97: <file> <-d> <-t> <raw> <--> <-e>"
}

@test "a virtual environment that is active, where code of the user's is to run" {
    VIRTUAL_ENV=$PWD/env/3.98 inspect -e x
    expect 0 "engine 3.98: <-e> <x>"
    VIRTUAL_ENV=$PWD/env/3.98t inspect --trust file
    expect 0 "engine 3.98t: <--trust> <file>"
    VIRTUAL_ENV=$PWD/env/3.98 inspect -t raw file
    expect 0 "engine 3.97: <-t> <raw> <file>"
    VIRTUAL_ENV=$PWD/env/3.98 inspect -- -e file
    expect 0 "engine 3.97: <--> <-e> <file>"
}

@test "--python, wherever it stands and however it is written" {
    inspect --python env/3.98/bin/python file
    expect 0 "engine 3.98: <--python> <env/3.98/bin/python> <file>"
    inspect -e x --pyth=base/3.98t/bin/python3.98t
    expect 0 "engine 3.98t: <-e> <x> <--pyth=base/3.98t/bin/python3.98t>"
    VIRTUAL_ENV=$PWD/env/3.98 inspect -e x --python env/3.98t/bin/python
    expect 0 "engine 3.98t: <-e> <x> <--python> <env/3.98t/bin/python>"
    inspect --python env/3.98/bin/python -e --python
    expect 0 "engine 3.98: <--python> <env/3.98/bin/python> <-e> <--python>"
    inspect -e --python
    expect 0 "engine 3.97: <-e> <--python>"
}

@test "a command line that is wrong takes no engine to refuse" {
    VIRTUAL_ENV=/not/there inspect -e x --no-such-option
    refuses "unknown option '--no-such-option'"
    inspect --trace
    refuses "--trace runs a program"
}

@test "what takes no Python: lists, what is in a file, a file's check, an error" {
    rm -r tree/libexec
    for list in --help --list-fields --list-rules --list-consumers; do
        inspect "$list"
        [ "$status" -eq 0 ]
        [ "$output" = "$("$BUILT" "$list")" ]
    done
    for what in "-f source" -j -R "--check" "--check -j"; do
        # shellcheck disable=SC2086 # options, apart
        inspect $what "$BATS_TEST_DIRNAME/../data/demo.pkl"
        [ "$status" -eq 0 ]
        # shellcheck disable=SC2086
        [ "$output" = "$("$BUILT" $what "$BATS_TEST_DIRNAME/../data/demo.pkl")" ]
    done
    inspect not-there
    refuses "^mview-inspect: not-there: No such file"
    inspect "$BATS_TEST_DIRNAME/../data/demo.npy"
    refuses "^mview-inspect: '$PWD/tree/libexec/mview-inspect/default' is not there: "
    inspect --version
    refuses "^mview-inspect: '$PWD/tree/libexec/mview-inspect/default' is not there: "
}

@test "an object that a file turns out to be: its descriptors and standard output are as they were" {
    # shellcheck disable=SC2016 # the engine's own
    printf '#!/bin/sh\n(ls /proc/$$/fd >fds)\n(readlink /proc/$$/fd/1 >>fds)\ntrue\n' >tree/libexec/mview-inspect/mview-inspect-3.97
    "$MVIEW" -e x >told
    mv fds usual
    "$MVIEW" -t raw file >told
    cmp usual fds
    grep -x "$PWD/told" fds
    run --separate-stderr sh -c '"$MVIEW" -t raw file >&-'
    refuses "^mview-inspect: standard output: Bad file descriptor$"
}

@test "an engine that does not load" {
    rm tree/libexec/mview-inspect/default
    echo text >tree/libexec/mview-inspect/mview-inspect-3.97.so
    ln -s mview-inspect-3.97.so tree/libexec/mview-inspect/default
    inspect -e x
    refuses "^mview-inspect: the engine does not load: .*$PWD/tree/libexec/mview-inspect/mview-inspect-3.97.so: "
}

@test "a version without an engine: it is named, those there are, and the command that adds it" {
    VIRTUAL_ENV=$PWD/env/3.99 inspect -e x
    refuses "'$PWD/env/3.99/bin/python' is Python 3.99, and the engines here are for 3.97, 3.98, 3.98t, 3.100: "
    [[ $stderr == *"'make install PREFIX=$PWD/tree PYTHONS=$PWD/env/3.99/bin/python' adds one" ]]
    rm tree/libexec/mview-inspect/*
    VIRTUAL_ENV=$PWD/env/3.99 inspect -e x
    refuses "the engines here are for none: "
    inspect -e x
    refuses "'$PWD/tree/libexec/mview-inspect/default' is not there"
}

@test "what is no environment is refused as the program refuses it" {
    VIRTUAL_ENV=/not/there inspect -e x
    refuses "VIRTUAL_ENV: '/not/there': No such file or directory"
    inspect --python /bin/true file
    refuses "'/bin/true' is not a Python interpreter"
}

@test "the tree can be moved, and the program be linked to" {
    mv tree moved
    ln -s "$PWD/moved/bin/mview-inspect" linked
    MVIEW=$PWD/linked inspect -e x
    expect 0 "engine 3.97: <-e> <x>"
}

@test "the environment's variables reach the engine as they were" {
    printf '#!/bin/sh\nenv | grep -E "LD_PRELOAD|MVIEW_INSPECT" || echo none\n' >tree/libexec/mview-inspect/mview-inspect-3.98
    inspect --python env/3.98/bin/python -e x
    expect 0 none
}
