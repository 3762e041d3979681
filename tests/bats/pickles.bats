#!/usr/bin/env bats
# Pickles as files: shown as data, member by member; nothing of them runs.

load helper

@test "pickles are data: nothing in them runs" {
    python -c "
import pickle
class Evil:
    def __reduce__(self): return __import__('os').system, ('touch PWNED',)
for p in range(6):
    open('evil%d.pkl' % p, 'wb').write(pickle.dumps({'a': Evil()}, p))
"
    for p in 0 1 2 3 4 5; do
        inspect -t pickle -f name,type -R evil$p.pkl
        expect 0
        grep -qE '^a.(posix|os)\.system$' <<<"$output"
        grep -q '^a/.args/0.str$' <<<"$output"
        [ ! -e PWNED ]
    done
    inspect -R evil4.pkl
    expect 0
    [[ "$output" == *"a/.args/0"*"'touch PWNED'"* ]]
    [ ! -e PWNED ]
    inspect --trust evil4.pkl
    [ -e PWNED ]
}

@test "pickled bytes, arrays and containers" {
    python -c "
import array, pickle
for p in range(6):
    open('b%d' % p, 'wb').write(pickle.dumps(bytearray(b'hello'), p))
    open('a%d' % p, 'wb').write(pickle.dumps(array.array('h', [1, 2, 3]), p))
    open('c%d' % p, 'wb').write(pickle.dumps({'x': [b'one', array.array('d', [0.5])], 'n': 3, 'a/b': b'slash'}, p))
"
    for p in 0 1 2 3 4 5; do
        inspect -t pickle -b b$p
        expect 0 hello
        inspect -t pickle -l a$p
        expect 0 $'0\t1\n1\t2\n2\t3'
        inspect -t pickle -f type,name,nbytes c$p
        expect 0
        [ "$(printf '%s\n' "$output" | wc -l)" -eq 3 ]
        inspect -t pickle -m x/1 -l c$p
        expect 0 $'0\t0.5'
        inspect -t pickle -m a/b -b c$p
        expect 0 slash
        inspect -t pickle -m nosuch c$p
        refuses "nosuch"
        inspect -t pickle -f name,type -m n c$p
        expect 0 $'c'$p$'\tint'
        inspect -t pickle -d -m n c$p
        refuses "type int \(3\), no buffer"
    done
    inspect --trust -m x/1 -l c4
    expect 0 $'0\t0.5'
    inspect --trust -f type c4
    expect 0 $'list\nint\nbytes'
}

@test "what a pickle names: imports and calls" {
    python -c "
import collections, pickle
class Call:
    def __reduce__(self): return print, (collections.OrderedDict, 1)
pickle.dump([Call(), Call()], open('calls', 'wb'))
pickle.dump([1, {'a': b'x'}, 'text'], open('plain', 'wb'))
"
    inspect -f imports,calls calls
    expect 0 $'builtins.print collections.OrderedDict\tbuiltins.print'
    inspect -f imports,calls plain
    expect 0 $'\t'
    run --separate-stderr bash -c '"$1" -j plain | "$2" -I -c "
import json, sys
whole = json.load(sys.stdin)
print(whole[\"imports\"], whole[\"calls\"], whole[\"members\"][0][\"imports\"])"' bash "$MVIEW" "$MVIEW_PYTHON"
    expect 0 "[] [] None"
    printf 'abc' | npy a.npy "'|S1'" False "(3,)"
    run --separate-stderr bash -c '"$1" -j a.npy | grep -c "\"imports\": *null"' bash "$MVIEW"
    expect 0 1
}

@test "pickles one behind the other" {
    python -c "
import pickle
for p in (0, 2, 5):
    with open('s%d' % p, 'wb') as file:
        for value in (b'one', {'k': [b'two', 2]}, 3):
            pickle.dump(value, file, p)
"
    for p in 0 2 5; do
        inspect -t pickle -f name,type s$p
        expect 0 $'#0\tbytes\n#1\tdict\n#2\tint'
        inspect -t pickle -R -f name s$p
        expect 0 $'#0\n#1\n#1/k\n#1/k/0\n#1/k/1\n#2'
        inspect -t pickle -m '#1/k/0' -b s$p
        expect 0 two
        inspect -t pickle -m '#1/k' -R -f name s$p
        expect 0 $'#1/k/0\n#1/k/1'
        inspect -t pickle -m '#3' s$p
        refuses "no member '#3': the file has 3 pickles"
    done
    printf 'junk' >>s5
    inspect -f calls,notes s5
    expect 0 $'\t["4 bytes behind the pickle"]'
    inspect -m '#2' -f type s5
    expect 0 int
}

@test "every row of a listing is a path that --member takes" {
    python -c "
import pickle
shared = [1]
pickle.dump({'': {'in': 1, '': [2], 's': shared}, 'a\nb': {'\x1b[31m': 3, '\ud800': 4}, b'\xff': shared,
             'again': shared}, open('odd.pkl', 'wb'), 4)
pickle.dump({'': shared, 'again': shared}, open('shared.pkl', 'wb'), 4)
"
    inspect -R -f name odd.pkl
    expect 0 $'\n/in\n/\n//0\n/s\n/s/0\na\\x0ab\na\\x0ab/\\x1b[31m\na\\x0ab/\\xed\\xa0\\x80\n\\xff\nagain'
    while IFS= read -r path; do
        inspect -R -m "$path" -f type odd.pkl
        [ "$status" -eq 0 ]
    done < <("$MVIEW" -R -f name odd.pkl)
    inspect -R -m '' -f name odd.pkl
    expect 0 $'/in\n/\n//0\n/s\n/s/0'
    run --separate-stderr bash -c '"$1" shared.pkl | grep -c "again  list  as .. *$"' bash "$MVIEW"
    expect 0 1
}

@test "keys of one text are told apart, and each is taken" {
    python -c "
import pickle
class Key: pass
Key.__module__ = 'mine'
import sys; sys.modules['mine'] = sys.modules['__main__']
pickle.dump({True: 'true', '1': 'text', b'1': b'bytes', 1.5: 'float', 'x#3': 'hash', 'a/b': 'text', b'a/b': 'bytes',
             None: 'none', 'None': 'text of it'}, open('twins.pkl', 'wb'))
pickle.dump({1: 'int', '1': 'str', 1.0 + 2 ** -52: 'float'}, open('few.pkl', 'wb'))
pickle.dump([{Key(): [i] for i in range(2)}, {i: i for i in range(3)}], open('keys.pkl', 'wb'))
"
    inspect -f name few.pkl
    expect 0 $'1#0\n1\n1.0000000000000002'
    inspect -f name twins.pkl
    expect 0 $'True\n1\n1#2\n1.5\nx#3\na/b\na/b#6\nNone#7\nNone'
    for row in "1#2 bytes" "1 text" "a/b#6 'bytes'" "a/b 'text'" "None#7 'none'" "None 'text of it'" "x#3 'hash'"; do
        inspect -m "${row%% *}" twins.pkl
        [[ "$status" -eq 0 && "$output" == *"${row#* }"* ]] || { echo "$row: $output" && return 1; }
    done
    inspect -m 1#1 few.pkl # by its place too
    [[ "$output" == *"'str'"* ]]
    inspect -R -f name keys.pkl
    while IFS= read -r path; do
        inspect -m "$path" -f type keys.pkl
        [ "$status" -eq 0 ]
    done <<<"$output"
    [ "$(sort <<<"$output" | uniq -d | wc -l)" -eq 0 ]
    inspect -m 1#0 twins.pkl
    refuses "no member '1#0'"
}

@test "arrays of objects in .npy and .npz files are their pickles" {
    needs numpy
    python -c "
import numpy
a = numpy.empty((2, 2), object)
a[0, 0], a[0, 1], a[1, 0], a[1, 1] = b'zero', {'k': numpy.arange(3, dtype='<i2')}, None, 4
numpy.save('o.npy', a, allow_pickle=True)
numpy.savez('o.npz', o=a, n=numpy.zeros(2))
numpy.savez_compressed('c.npz', o=a, n=numpy.zeros(2))
"
    inspect -f name,type o.npy
    expect 0 $'0,0\tbytes\n0,1\tdict\n1,0\tNoneType\n1,1\tint'
    inspect -m 0,1/k -l o.npy
    expect 0 $'0\t0\n1\t1\n2\t2'
    for file in o.npz c.npz; do
        inspect -m o/0,1/k -f dtype,shape "$file"
        expect 0 $'<i2\t3'
        inspect -m o.npy/0,0 -b "$file"
        expect 0 zero
        inspect -m o -f name "$file"
        expect 0 $'o/0,0\no/0,1\no/1,0\no/1,1'
        inspect -m n/0 "$file"
        refuses "one buffer: there is no member '0'"
        inspect -m o/2,0 "$file"
        refuses "no member '2,0'"
    done
}

@test "a pickle of protocol 0 or 1 has no mark: -t pickle" {
    python -c "import pickle; open('p0', 'wb').write(pickle.dumps(bytearray(b'x'), 0))"
    inspect p0
    refuses "-t pickle"
}
