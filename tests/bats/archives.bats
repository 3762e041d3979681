#!/usr/bin/env bats
# .npz archives: lists, members, and what lies in them or about them.

load helper

@test "-R goes down into the pickles in an .npz" {
    needs numpy
    python -c "
import numpy
a = numpy.empty((2, 2), object)
a[0, 0], a[0, 1], a[1, 0], a[1, 1] = b'zero', {'k': numpy.arange(3, dtype='<i2')}, a, 4
d = numpy.array({'x': 'y'}, object)
numpy.savez('o.npz', o=a, n=numpy.zeros(2), d=d)
numpy.savez_compressed('c.npz', o=a, n=numpy.zeros(2), d=d)
numpy.savez('one.npz', o=a)
whole = open('o.npz', 'rb').read()
open('broken.npz', 'wb').write(whole.replace(b'C\x04zero', b'\xff\x04zero'))
"
    for file in o.npz c.npz; do
        inspect -R -f name,type,dtype "$file"
        expect 0 "$(printf '%s\t%s\t%s\n' o.npy '' '|O' o.npy/0,0 bytes '' o.npy/0,1 dict '' \
            o.npy/0,1/k numpy.ndarray '<i2' o.npy/1,0 numpy.ndarray '' o.npy/1,1 int '' n.npy '' '<f8' d.npy '' '|O' \
            'd.npy/()' dict '' 'd.npy/()/x' str '')"
        while read -r name; do
            inspect -m "$name" -f name "$file"
            [ "$status" -eq 0 ]
        done < <("$MVIEW" -R -f name "$file")
        inspect -R -j "$file"
        expect 0
        [ "$(jq -c '[.members[]|select(.note)|.note]' <<<"$output")" = '["Python objects: a pickle inside","1 member","as o.npy","4","Python objects: a pickle inside","1 member","'"'y'"'"]' ]
        inspect -R "$file"
        expect 0
        [[ $output == *$'\n#0  o.npy '*$'\n      o.npy/0,0 '*$'\n#1  n.npy '*$'\n#2  d.npy '* ]]
        inspect -R -m o -f name "$file"
        expect 0 $'o/0,0\no/0,1\no/0,1/k\no/1,0\no/1,1'
    done
    inspect -R -f name one.npz
    expect 0 $'0,0\n0,1\n0,1/k\n1,0\n1,1'
    inspect -m 0,1/k -f shape one.npz
    expect 0 3
    inspect -R -f name broken.npz # the member's checksum is wrong: the others are there
    expect 0 $'o.npy\nn.npy\nd.npy\nd.npy/()\nd.npy/()/x'
    python -c "
import numpy
numpy.savez('many.npz', **{'m%d' % i: numpy.array([0] * 1000, object) for i in range(12)})
numpy.savez_compressed('zeros.npz', **{'z%d' % i: numpy.array([bytes(48 << 20)], object) for i in range(3)})
"
    inspect -R -j many.npz
    expect 0
    [ "$(jq -c '[(.members|length),.notes]' <<<"$output")" = '[10000,["the first 10000 members are listed, of more"]]' ]
    inspect -R -j zeros.npz # what is unpacked for a listing is bounded by the file's size
    expect 0
    [ "$(jq '.members|length' <<<"$output")" = 4 ]
    [[ $(jq -r '.members[3].note' <<<"$output") == *"--member goes on"* ]]
}

@test ".npz archives: listed, and one member at a time" {
    printf '\1\0\0\0\2\0\0\0\3\0\0\0' | npy a.npy "'<i4'" False "(3,)"
    head -c 80000 /dev/zero | npy z.npy "'<f8'" False "(100, 100)"
    echo text >readme.txt
    python -c "
import zipfile
with zipfile.ZipFile('s.npz', 'w') as z: [z.write(n) for n in ('a.npy', 'z.npy', 'readme.txt')]
with zipfile.ZipFile('d.npz', 'w', zipfile.ZIP_DEFLATED) as z: [z.write(n) for n in ('a.npy', 'z.npy')]
with zipfile.ZipFile('one.npz', 'w') as z: z.write('a.npy')
with zipfile.ZipFile('lzma.npz', 'w', zipfile.ZIP_LZMA) as z: z.write('a.npy')
with zipfile.ZipFile('none.npz', 'w') as z: pass
"
    inspect -f name,dtype,shape s.npz
    expect 0 $'a.npy\t<i4\t3\nz.npy\t<f8\t100 100\nreadme.txt\t\t'
    inspect -j d.npz
    expect 0
    [ "$(jq -c '[.members[]|[.name,.shape,.storage]]' <<<"$output")" = '[["a.npy",[3],"deflated"],["z.npy",[100,100],"deflated"]]' ]
    for member in a a.npy '#0'; do
        inspect -m "$member" -l s.npz
        expect 0 $'0\t1\n1\t2\n2\t3'
        inspect -m "$member" -l d.npz
        expect 0 $'0\t1\n1\t2\n2\t3'
    done
    "$MVIEW" -m z -b d.npz | cmp - <(head -c 80000 /dev/zero)
    inspect -m readme.txt -b s.npz
    expect 0 text
    inspect -f shape one.npz
    expect 0 3
    inspect -m nosuch s.npz
    refuses "no member 'nosuch'"
    inspect -m '#7' s.npz
    refuses "no member '#7'"
    inspect lzma.npz
    refuses "method 14 \(lzma\)"
    inspect -f name none.npz
    expect 0 ""
    run bash -c 'cat d.npz | "$1" -m a -l -' bash "$MVIEW"
    [ "$output" = $'0\t1\n1\t2\n2\t3' ]
}

@test "for a member that is not there, the near one is named" {
    head -c 24 /dev/zero | npy weights.npy "'<i8'" False "(3,)"
    head -c 16 /dev/zero | npy bias.npy "'<i8'" False "(2,)"
    python -c "
import zipfile
with zipfile.ZipFile('w.npz', 'w') as z:
    z.write('weights.npy')
    z.write('bias.npy')"
    inspect -m Weigths w.npz
    refuses "has no member 'Weigths'.*; did you mean 'weights'\?$"
    inspect -m nothing w.npz
    refuses "are listed$"
}

@test "archives that lie" {
    head -c 800 /dev/zero | npy a.npy "'<f8'" False "(100,)"
    python -c "
import zipfile
for name, method in ('s', zipfile.ZIP_STORED), ('d', zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile('x', 'w', method) as z: z.write('a.npy')
    data = open('x', 'rb').read()
    directory = data.rindex(b'PK\1\2')
    def changed(file, at, value):
        open(name + file, 'wb').write(data[:directory + at] + value + data[directory + at + len(value):])
    changed('crc.npz', 16, b'\xff\xff\xff\xff')
    changed('size.npz', 24, b'\xff\xff\0\0')
    changed('small.npz', 24, b'\x10\0\0\0')
    changed('packed.npz', 20, b'\xff\xff\xff\0')
    changed('locked.npz', 8, b'\1\0')
    changed('place.npz', 42, b'\7\0\0\0')
    open(name + 'cut.npz', 'wb').write(data[:60])
"
    for file in scrc dcrc ssize dsize ssmall dsmall spacked dpacked slocked dlocked splace dplace scut dcut; do
        inspect "$file.npz"
        refuses "$file.npz: "
    done
}

@test "archives that would cost much are refused before they do" {
    python -c "
import struct, zipfile
with open('large.npz', 'wb') as f:
    f.write(b'PK\3\4')
    f.seek(20 << 20)
    f.write(struct.pack('<4s4H2IH', b'PK\5\6', 0, 0, 9, 9, (20 << 20) - 4, 4, 0))
with zipfile.ZipFile('x', 'w', zipfile.ZIP_DEFLATED) as z: z.writestr('a.npy', b'x' * 1000)
data = bytearray(open('x', 'rb').read())
at = data.rindex(b'PK\1\2') + 24
data[at:at + 4] = b'\xff\xff\xff\x7f'
open('ratio.npz', 'wb').write(data)
"
    inspect large.npz
    refuses "large.npz: has a zip directory of [0-9]+ bytes"
    inspect ratio.npz
    refuses "ratio.npz: .*cannot be the 2147483647 that the directory says"
}

@test "a deflated pickle: read where it is unpacked to, and no more than its file accounts for" {
    python -c "
import pickle, zipfile
def save(name, data):
    with zipfile.ZipFile(name, 'w', zipfile.ZIP_DEFLATED) as z: z.writestr('x/data.pkl', data)
save('good.pt', pickle.dumps({'a': bytes(20 << 20), 'b': 1}, 4))
save('large.pt', pickle.dumps(bytes(100 << 20), 4))
"
    inspect -f name,nbytes good.pt
    expect 0 $'a\t20971520\nb\t'
    "$MVIEW" -m a -b good.pt | cmp - <(head -c 20971520 /dev/zero)
    inspect -m a -f offset good.pt
    expect 0 ""
    inspect large.pt
    refuses "large.pt: 'x/data.pkl': its pickle unpacks to 104857[0-9]+ bytes; .*unzip"
}

@test "an archive of 100,000 members" {
    python -c "
import struct
body, directory = bytearray(), bytearray()
for i in range(100000):
    name = b'%06d' % i
    directory += struct.pack('<4s6H3I5H2I', b'PK\1\2', 20, 20, 0, 0, 0, 33, 0, 0, 0, 6, 0, 0, 0, 0, 0, len(body)) + name
    body += struct.pack('<4s5H3I2H', b'PK\3\4', 20, 0, 0, 0, 33, 0, 0, 0, 6, 0) + name
end = struct.pack('<4sQ2H2I4Q', b'PK\6\6', 44, 45, 45, 0, 0, 100000, 100000, len(directory), len(body))
end += struct.pack('<4sIQI', b'PK\6\7', 0, len(body) + len(directory), 1)
end += struct.pack('<4s4H2IH', b'PK\5\6', 0, 0, 65535, 65535, len(directory), len(body), 0)
open('many.npz', 'wb').write(body + directory + end)
"
    inspect -f name many.npz
    [ "$status" -eq 0 ]
    [ "$(wc -l <<<"$output")" -eq 10000 ]
    [[ "$stderr" == "mview-inspect: "*": 100000 members: the first 10000 are listed" ]]
    inspect -j many.npz
    [ "$(jq -r '.notes[0]' <<<"$output")" = "100000 members: the first 10000 are listed" ]
    inspect -m 099999 -f nbytes many.npz
    expect 0 0
}

@test "members that share bytes, and headers that disagree: the others are shown" {
    printf 'abcd' | npy a.npy "'|S4'" False "(1,)"
    python -c "
import zipfile
with zipfile.ZipFile('x', 'w') as z: [z.write('a.npy', name) for name in 'abc']
data = bytearray(open('x', 'rb').read())
first, second = data.index(b'PK\1\2'), data.index(b'PK\1\2', data.index(b'PK\1\2') + 1)
shared = bytearray(data)
shared[second + 42:second + 46] = shared[first + 42:first + 46]
open('shared.npz', 'wb').write(shared)
data[data.index(b'PK\3\4', 1) + 22] += 1
open('header.npz', 'wb').write(data)
"
    inspect -j shared.npz
    expect 0
    [ "$(jq -c '[.members[]|[.name,.note]]' <<<"$output")" = '[["a","shares bytes with '"'b'"' in the archive"],["b","shares bytes with '"'a'"' in the archive"],["c",null]]' ]
    inspect -m b shared.npz
    refuses "shared.npz: member 'b': shares bytes with 'a' in the archive"
    inspect -j header.npz
    expect 0
    [ "$(jq -c '[.members[].shape]' <<<"$output")" = '[[1],null,[1]]' ]
    inspect -m b header.npz
    refuses "member 'b': has packed size|member 'b': has size 133 by its local header, but 132 by the directory"
    inspect -m c -l header.npz
    expect 0 $'0\tb\'abcd\''
}
