#!/usr/bin/env bats
# Standard streams: closed, full, broken; signals; errors that leave nothing behind.

load helper

@test "standard output on a full disk is an error" {
    run --separate-stderr sh -c '"$1" -e "b\"x\"" >/dev/full' sh "$MVIEW"
    refuses "standard output: No space left on device"
    run --separate-stderr sh -c '"$1" -b -e "bytes(1000000)" >/dev/full' sh "$MVIEW"
    refuses "standard output: No space left on device"
    run --separate-stderr sh -c '"$1" --help >/dev/full' sh "$MVIEW"
    refuses "standard output: No space left on device"
}

@test "a directory for standard input matters only where that is read" {
    run --separate-stderr sh -c '"$1" -f nbytes -e "b\"x\"" </' sh "$MVIEW"
    expect 0 1
    run --separate-stderr sh -c '"$1" -d -t raw - </' sh "$MVIEW"
    refuses "-: Bad file descriptor"
}

@test "closed standard streams" {
    run --separate-stderr sh -c '"$1" -f nbytes -e "b\"x\"" >&-' sh "$MVIEW"
    refuses "standard output: Bad file descriptor"
    run --separate-stderr sh -c '"$1" -f nbytes -e "b\"x\"" <&-' sh "$MVIEW"
    expect 0 1
    run --separate-stderr sh -c '"$1" -d -t raw - <&-' sh "$MVIEW"
    refuses "-: Bad file descriptor"
    run --separate-stderr sh -c '"$1" -f nbytes -e "b\"x\"" 2>&-' sh "$MVIEW"
    expect 0 1
    run --separate-stderr sh -c '"$1" -e nosuch 2>&-' sh "$MVIEW"
    [ "$status" -eq 2 ]
    [ -z "$output" ]
}

@test "a closed standard output is not given to a file that is opened" {
    echo 'data = open("victim", "w+b", buffering=0)' >open.py
    run --separate-stderr sh -c '"$1" -x open.py -b -e "(data.write(b\"own\"), b\"answer\")[1]" >&-' sh "$MVIEW"
    [ "$(cat victim)" = own ]
}

@test "a reader that goes away ends it by SIGPIPE, as every filter" {
    run bash -c 'set -o pipefail; "$1" -b -e "bytes(10000000)" | head -c 10 >/dev/null; echo "${PIPESTATUS[0]}"' bash "$MVIEW"
    [ "$output" = 141 ]
}

@test "a standard output that does not block is waited for" {
    cat >slow.py <<'END'
import os, subprocess, sys, time
read, write = os.pipe()
os.set_blocking(write, False)
child = subprocess.Popen([sys.argv[1], "-b", "-e", "bytes(3000000)"], stdout=write)
os.close(write)
total = 0
while True:
    time.sleep(0.001)
    data = os.read(read, 65536)
    if not data:
        break
    total += len(data)
print(total, child.wait())
END
    run python slow.py "$MVIEW"
    [ "$output" = "3000000 0" ]
}

@test "an error leaves nothing on standard output" {
    inspect -j -n all -S 0,0 -e "b'abc'"
    refuses "too many indices"
    inspect -l -e "memoryview(bytes(4)).cast('B')[::-1].tolist()"
    refuses "no buffer"
}

@test "usage: nothing to look at" {
    run --separate-stderr "$MVIEW"
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    [[ "$stderr" == *"usage: mview-inspect"* ]]
}

@test "without FILE, data on standard input are read as - would" {
    printf 'abc' >data
    run --separate-stderr "$MVIEW" -t raw -f name,nbytes <data
    expect 0 $'-\t3'
    run --separate-stderr bash -c '(sleep 0.2; printf abcd) | "$1" -t raw -f nbytes' - "$MVIEW"
    expect 0 4
    run --separate-stderr bash -c ': | "$1" -t raw' - "$MVIEW"
    refuses "standard input is empty: give a FILE or -e EXPR"
    run --separate-stderr bash -c '"$1" -j <&-' - "$MVIEW"
    refuses "nothing to look at"
}

@test "unknown options, fields and words name the near match" {
    inspect --feild shape -e "b''"
    refuses "unknown option '--feild': did you mean '--field'"
    inspect -f shpae -e "b''"
    refuses "no field 'shpae': did you mean 'shape'"
    inspect -f "" -e "b''"
    refuses "no field ''"
    inspect --order phisical -e "b''"
    refuses "no 'phisical'"
    inspect -t nyp x
    refuses "did you mean 'npy'"
    inspect -Q -e "b''"
    refuses "unknown option '-Q'"
    inspect -e
    refuses "'-e' needs an argument"
    inspect --json=1 -e "b''"
    refuses "'--json' takes no argument"
    inspect --contig C -f contiguous -e "b''"
    expect 0 true
    inspect --con C -e "b''"
    refuses "option '--con' is ambiguous: '--contiguous' or '--consumer'$"
    inspect --s=1 -e "b''"
    refuses "option '--s' is ambiguous: '--s"
}

@test "numbers are checked" {
    for n in -1 x 1x "" 0x 99999999999999999999; do
        inspect -n "$n" -e "b''"
        refuses "^mview-inspect: --length: '$n' is not a number"
    done
    inspect -n 0x10 -d -e "bytes(32)"
    expect 0
    inspect -w 0 -e "b''"
    refuses "0 is not between 1 and 256"
    inspect -w 257 -e "b''"
    refuses "not between"
    inspect --shape 1,-1,-1 -e "b''"
    refuses "only one extent"
    inspect --timeout 0 --check -e "b''"
    refuses "seconds"
}

@test "what is asked of the program itself goes before what it is to do" {
    for action in --check --requests; do
        inspect --list-rules "$action"
        expect 0 "$("$MVIEW" --list-rules)"
        inspect "$action" --list-rules
        expect 0 "$("$MVIEW" --list-rules)"
    done
}

@test "options that do not go together" {
    inspect -e "b''" file
    refuses "either an expression"
    inspect --writable -e "b''"
    refuses "goes with --contiguous"
    inspect --requests file
    refuses "-e EXPR"
    inspect --check --mutate _ file
    refuses "of an exporter: not with files"
    inspect --check --requests -e "b''"
    refuses "either --check or --requests"
    inspect --requests --check -e "b''"
    refuses "either --check or --requests"
    inspect --timeout 3 -e "b''"
    refuses "--timeout goes with"
    for option in -n3 -s1 -v -w8 -oF; do
        for action in --check --requests --trace; do
            inspect "$action" "$option" -e "b''"
            refuses "not with $action"
        done
    done
    for option in --timeout=3 --info --stress=2; do
        inspect --trace --check "$option" -e "b''"
        refuses "${option%%=*} goes with --check.*: not with --trace"
    done
    inspect --check -m a file
    refuses "--member chooses a part of a file that is shown: not with --check"
    inspect --check -f shape file
    refuses "--field tells fields of what is shown: not with --check"
    inspect -i array file
    refuses "--import prepares an expression: not with files"
    inspect -j -l file
    refuses "give either --json or --items, not both"
    inspect -w 8 -l file
    refuses "--width shapes a hex dump: not with --items"
    inspect --list-rules file
    refuses "takes no files"
    inspect -r ND --contiguous C -e "b''"
    refuses "not both"
}

@test "an option given twice: the last one counts" {
    inspect -f shape -f nbytes -e "b'abc'"
    expect 0 3
    inspect -e "b'a'" -e "b'ab'" -f nbytes
    expect 0 2
}
