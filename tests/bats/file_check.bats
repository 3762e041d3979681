#!/usr/bin/env bats
# --check FILE: what is said of a file, how, and with which exit code.

load helper

# pickle FILE EXPRESSION: what Python's own pickler writes of it.
pickle() {
    python -c "
import collections, datetime, decimal, pickle, sys
open(sys.argv[1], 'wb').write($2)" "$1"
}

# code: of each file's JSON, its source and the calls that run code, without their places.
code() {
    python -c '
import json, re, sys
for line in sys.stdin:
    file = json.loads(line)
    for finding in file["findings"]:
        if finding["rule"] == "file-calls-code":
            print(file["source"], re.sub(r" at byte \d+: [^:]*$", "", finding["detail"]))'
}

@test "a pickle that runs a command: the call, its arguments, its place" {
    printf '\200\2cposix\nsystem\nX\13\0\0\0touch owned\205R.' >evil.pkl
    inspect --check evil.pkl
    expect 1 $'error  file-calls-code  calls posix.system(\'touch owned\') at byte 33: runs a shell command\nevil.pkl: 1 error, 0 warnings'
    [ ! -e owned ]
}

@test "JSON, one object for each file" {
    printf '\200\2cposix\nsystem\nX\13\0\0\0touch owned\205R.' >evil.pkl
    printf '\200\2K\1.' >good.pkl
    inspect --check -j evil.pkl good.pkl
    expect 1
    [ "$(printf '%s\n' "${lines[0]}" | python -c '
import json, sys
o = json.load(sys.stdin)
print(list(o), o["schema"], o["source"], o["errors"], o["warnings"], [sorted(f) for f in o["findings"]])')" = \
        "['schema', 'name', 'source', 'findings', 'errors', 'warnings'] 1 pickle 1 0 [['detail', 'rule', 'severity']]" ]
    [ "${lines[1]}" = '{"schema":1,"name":"good.pkl","source":"pickle","findings":[],"errors":0,"warnings":0}' ]
}

@test "plain data and the standard library's values have no findings" {
    for protocol in 0 1 2 3 4 5; do
        pickle "p$protocol" "pickle.dumps({'a': [1, 2.5, None, True, 'x', b'y'], 'b': (datetime.date(2020, 1, 2), decimal.Decimal('1.5')),
            'c': collections.OrderedDict(x={1, 2}), 'd': complex(1, 2), 'e': slice(1), 'f': bytearray(b'z'), 'g': 10 ** 30}, $protocol)"
        inspect --check -t pickle "p$protocol"
        expect 0 "p$protocol: 0 errors, 0 warnings"
    done
}

@test "a class in no table is a warning, once for each name; --strict" {
    python -c "
import pickle
class Thing: pass
class Other: pass
open('x', 'wb').write(pickle.dumps([Thing(), Thing(), Other(), Thing], 4))"
    inspect --check x
    expect 0
    [[ "${lines[0]}" == "warning  file-calls-unknown  calls __main__.Other, which is in no table: 1 time, first at byte "* ]]
    [[ "${lines[1]}" == "warning  file-calls-unknown  calls __main__.Thing, which is in no table: 2 times, first at byte "* ]]
    [ "${lines[2]}" = "x: 0 errors, 2 warnings" ]
    inspect --check --strict x
    expect 1
}

@test "a method of a class in no table is judged alike however it is named" {
    printf '\200\4\214\5other\214\16Thing._rebuild\223K\1\205R.' >by_name
    printf '\200\2c__builtin__\ngetattr\ncother\nThing\nX\10\0\0\0_rebuild\206RK\1\205R.' >by_getattr
    for file in by_name by_getattr; do
        inspect --check "$file"
        expect 0
        [[ "$output" == *"warning  file-calls-unknown  calls other.Thing._rebuild, which is in no table: 1 time, first at byte "* ]]
        [[ "$output" == *"$file: 0 errors, "* ]]
    done
    for hidden in 'cother\nThing\nX\6\0\0\0system' 'cother\nos\nX\5\0\0\0execv' 'csklearn.svm\nSVC\nX\3\0\0\0fit' \
        'cother\nThing\nX\7\0\0\0__new__\206Rc__builtin__\ngetattr\ncother\nThing\nX\x0b\0\0\0__globals__'; do
        printf '\200\2c__builtin__\ngetattr\n%b\206RK\1\205R.' "$hidden" >hidden
        inspect --check hidden
        expect 1
    done
}

@test "records that torch writes of distributed tensors build data only" {
    printf '\200\2(' >metadata
    printf 'ctorch.distributed.checkpoint.metadata\n%s\n)\201}b' Metadata MetadataIndex >>metadata
    printf 'c__builtin__\ngetattr\nctorch.distributed.checkpoint.metadata\n_MEM_FORMAT_ENCODING\nX\3\0\0\0ONE\206R' >>metadata
    printf 'ctorch.distributed.tensor.placement_types\nShard\n)\201ctorch._dynamo.decorators\n_DimRange\n)\201t.' >>metadata
    inspect --check metadata
    expect 0 "metadata: 0 errors, 0 warnings"
    printf '\200\2ctorch.distributed.checkpoint.filesystem\nFileSystemWriter\nX\1\0\0\0x\205R.' >writer
    inspect --check writer
    expect 1
}

@test "what a pickle runs before it breaks off is told; one that runs nothing is refused" {
    printf 'cos\nsystem\n(S\047touch owned\047\ntR' >cut.pkl
    inspect --check -t pickle cut.pkl
    expect 1
    [[ "${lines[0]}" == "error  file-calls-code  calls os.system('touch owned') at byte "* ]]
    [[ "${lines[1]}" == "error  file-structure  broken pickle: "* ]]
    printf '\200\4]\224K\1' >short.pkl
    inspect --check short.pkl
    refuses "short.pkl: broken pickle"
}

@test "code in later pickles, behind a POP, in arrays of objects, in members, in what is loaded" {
    printf '\200\2K\1.\200\2cposix\nsystem\nX\1\0\0\0a\205R.' >later.pkl
    printf '\200\2cposix\nsystem\nX\1\0\0\0b\205R0N.' >popped.pkl
    { printf '\200\2cposix\nsystem\nX\1\0\0\0c\205R.'; } | npy objects.npy "'|O'" False '(1,)'
    python -c "
import zipfile
with zipfile.ZipFile('a.npz', 'w', zipfile.ZIP_DEFLATED) as z: z.write('objects.npy')
with zipfile.ZipFile('model.pt', 'w') as z: z.writestr('archive/data.pkl', open('popped.pkl', 'rb').read())
with zipfile.ZipFile('outer.zip', 'w') as z: z.write('model.pt')
import struct
inner = open('later.pkl', 'rb').read()
open('nested.pkl', 'wb').write(b'\x80\3ctorch.storage\n_load_from_bytes\nC' + bytes([len(inner)]) + inner + b'\x85R.')"
    inspect --check -j later.pkl popped.pkl objects.npy a.npz model.pt outer.zip nested.pkl
    expect 1
    [ "$(printf '%s\n' "$output" | code)" = "pickle calls posix.system('a')
pickle calls posix.system('b')
npy calls posix.system('c')
npz member #0 'objects.npy': calls posix.system('c')
torch member #0 'archive/data.pkl': calls posix.system('b')
npz member #0 'model.pt': member #0 'archive/data.pkl': calls posix.system('b')
pickle what is loaded at byte 67: calls posix.system('a')" ]
}

@test "hostile text in names and arguments is escaped and cut" {
    python -c "
name = 'x' * 5000
open('x.pkl', 'wb').write(b'\x80\4\x8c\2os\x8c\6system\x93X' + len(name).to_bytes(4, 'little') + name.encode() + b'\x85R.')
open('y.pkl', 'wb').write(b'\x80\2cnobody\nme\x1b[31m\xe2\x80\xae\n)R.')"
    inspect --check x.pkl
    expect 1
    [ "${#output}" -lt 400 ]
    inspect --check y.pkl
    expect 0
    [[ "$output" == *'nobody.me\x1b[31m\u202e'* ]]
}

@test "bytes behind the end, wrong lengths, a protocol that lies" {
    printf '\200\2K\1.and more' >trailing.pkl
    inspect --check trailing.pkl
    expect 1 $'error  file-structure  8 bytes behind the end of the pickle\ntrailing.pkl: 1 error, 0 warnings'
    printf '\200\2\214\1a.' >lies.pkl
    inspect --check lies.pkl
    expect 1
    [[ "$output" == "error  file-structure  an opcode that the protocol of its PROTO does not have: SHORT_BINUNICODE at byte 2"* ]]
    printf '\1\2\3\4rest' | npy a.npy "'|u1'" False '(4,)'
    inspect --check a.npy
    expect 1 $'error  file-structure  4 bytes behind the end of the data\na.npy: 1 error, 0 warnings'
    printf '\1\2\3' | npy short.npy "'|u1'" False '(4,)'
    inspect --check short.npy
    refuses "4 data bytes needed, 3 present"
    printf '\1\2' | npy one.npy "'|u1'" False '(2,)'
    cat one.npy one.npy >two.npy
    inspect --check two.npy
    expect 0
}

@test "archives: checksum, names, duplicates" {
    python -c "
import zipfile, warnings
warnings.simplefilter('ignore')
with zipfile.ZipFile('good.npz', 'w') as z: z.writestr('a', b'12345678')
data = bytearray(open('good.npz', 'rb').read())
data[31] ^= 1
open('crc.npz', 'wb').write(data)
with zipfile.ZipFile('names.npz', 'w') as z: z.writestr('../a', b'1'); z.writestr('b', b'1'); z.writestr('b', b'2')"
    inspect --check good.npz
    [ "$status" -eq 0 ] && [ "${lines[1]}" = "good.npz: 0 errors, 1 warning" ]
    [[ "${lines[0]}" == "warning  file-unusual  1 member "*"not looked into: #0 'a'" ]]
    inspect --check crc.npz
    expect 1
    [[ "$output" == "error  file-checksum  member #0 'a': "* ]]
    inspect --check names.npz
    expect 1
    [ "${lines[-1]}" = "names.npz: 2 errors, 1 warning" ]
    head -c 40 good.npz >cut.npz
    inspect --check cut.npz
    refuses "cut.npz: "
}

@test "archives: of what unpacks to far more than the file the checksum is not looked at" {
    python -c "
import zipfile
head = b\"{'descr': '|u1', 'fortran_order': False, 'shape': (734003200,), }\"
with zipfile.ZipFile('bomb.npz', 'w', zipfile.ZIP_DEFLATED) as z, z.open('a.npy', 'w') as member:
    member.write(b'\\x93NUMPY\\1\\0' + bytes((118, 0)) + head.ljust(117) + b'\\n')
    for _ in range(700): member.write(bytes(1 << 20))"
    inspect --check bomb.npz
    expect 0
    [[ "${lines[0]}" == "warning  file-unusual  member "*" unpacks to 734003328 bytes, and takes "*": its checksum is not looked at" ]]
}

@test "safetensors: tensors that overlap, bytes that belong to none" {
    python -c "
import struct
def write(name, header, data):
    open(name, 'wb').write(struct.pack('<Q', len(header)) + header + data)
a = b'\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}'
write('good.safetensors', b'{' + a + b'}', b'1234')
write('more.safetensors', b'{' + a + b'}', b'12345')
write('over.safetensors', b'{' + a + b',' + a.replace(b'\"a\"', b'\"b\"').replace(b'0,4', b'2,6') + b'}', b'123456')"
    inspect --check good.safetensors
    expect 0 'good.safetensors: 0 errors, 0 warnings'
    inspect --check more.safetensors
    expect 1 $'error  file-structure  1 byte behind the last tensor\nmore.safetensors: 1 error, 0 warnings'
    inspect --check over.safetensors
    expect 1 $'error  file-structure  tensor \'b\': its data overlap those of \'a\'\nover.safetensors: 1 error, 0 warnings'
}

@test "a file that cannot be read, among others" {
    printf '\200\2K\1.' >good.pkl
    run --separate-stderr "$MVIEW" --check good.pkl missing.pkl good.pkl
    [ "$status" -eq 2 ]
    [ "$output" = $'good.pkl: 0 errors, 0 warnings\ngood.pkl: 0 errors, 0 warnings' ]
    [[ "$stderr" == "mview-inspect: missing.pkl: "* ]]
    inspect --check -t raw good.pkl
    refuses "no structure"
    printf 'hello' >text
    inspect --check text
    refuses "-t raw"
}

@test "standard input, named and not" {
    run --separate-stderr bash -c "printf '\200\2K\1.' | '$MVIEW' --check -"
    expect 0 '-: 0 errors, 0 warnings'
    run --separate-stderr bash -c "printf '\200\2K\1.' | '$MVIEW' --check"
    expect 0 '-: 0 errors, 0 warnings'
}

@test "the rules of files are listed" {
    inspect --list-rules
    expect 0
    [ "$(printf '%s\n' "$output" | grep -c ' file-')" -eq 5 ]
}
