#!/usr/bin/env bats
# Files: .npy, .npz, pickles, raw; what is refused, and how.

load helper

@test "a .npy file is read without NumPy and mapped in place" {
    printf '\1\0\0\0\2\0\0\0\3\0\0\0' | npy a.npy "'<i4'" False "(3,)"
    inspect -f source,type,dtype,format,itemsize,shape,strides,readonly,offset a.npy
    expect 0 $'npy\t\t<i4\ti\t4\t3\t4\ttrue\t128'
    inspect -d a.npy
    expect 0 "$(tail -c 12 a.npy | hexdump -C)"
}

@test "content decides, not the name" {
    printf 'abc' | npy a.txt "'|S1'" False "(3,)"
    inspect -f source,format a.txt
    expect 0 $'npy\t1s'
    echo 'hello, world' >b.npy
    inspect b.npy
    refuses "b.npy: is no .npy, .npz or pickle.*-t raw"
    inspect -t raw -b b.npy
    expect 0 "hello, world"
    inspect -t npy b.npy
    refuses "npy"
}

@test "versions 1 to 3, Fortran order, structs, 0-d and empty arrays" {
    head -c 48 /dev/zero | npy f.npy "'<f8'" True "(2, 3)"
    inspect -f shape,strides,c_contiguous,f_contiguous f.npy
    expect 0 $'2 3\t8 16\tfalse\ttrue'
    head -c 24 /dev/zero | npy s.npy "[('a', '<i4'), ('b', '>f8', (1,))]" False "(2,)" 2
    inspect -f format,itemsize s.npy
    expect 0 $'T{i:a:(1)>d:b:}\t12' || expect 0
    head -c 4 /dev/zero | npy u.npy "[('é', '<i4')]" False "()" 3
    inspect -f format,shape,nbytes u.npy
    expect 0 $'T{i:é:}\t\t4'
    npy e.npy "'<f8'" False "(0, 4)" </dev/null
    inspect -f shape,nbytes e.npy
    expect 0 $'0 4\t0'
    inspect -d e.npy
    expect 0 ""
}

@test "datetimes are shown as integers, with their dtype" {
    head -c 16 /dev/zero | npy t.npy "'<M8[ns]'" False "(2,)"
    inspect -f dtype,format t.npy
    expect 0 $'<M8[ns]\tq'
    inspect -l t.npy
    expect 0 $'0\t1970-01-01T00:00:00.000000000\n1\t1970-01-01T00:00:00.000000000'
}

@test "lying, truncated and hostile .npy files" {
    head -c 15 /dev/zero | npy short.npy "'<f8'" False "(2,)"
    inspect short.npy
    refuses "short.npy: .*16.*15"
    head -c 20 short.npy >cut.npy
    inspect cut.npy
    refuses "cut.npy: "
    head -c 15 /dev/zero | npy huge.npy "'|u1'" False "(7, 7905747460161236407)"
    inspect huge.npy
    refuses "huge.npy: "
    head -c 8 /dev/zero | npy object.npy "'|O'" False "(1,)"
    inspect object.npy
    refuses "Python objects"
    head -c 8 /dev/zero | npy code.npy "__import__('os').system('touch PWNED')" False "(1,)"
    inspect code.npy
    refuses "code.npy: "
    [ ! -e PWNED ]
    head -c 8 /dev/zero | npy name.npy $'[(\'a\\x1b[2J\', \'<i8\')]' False "(1,)"
    inspect -f format name.npy
    expect 0 'T{l:a\x1b[2J:}'
}

@test "bytes behind the data are noted" {
    head -c 13 /dev/zero | npy more.npy "'<f8'" False "(1,)"
    inspect -f nbytes,notes more.npy
    expect 0 $'8\t["5 bytes behind the data"]'
}

@test "what cannot be read says so" {
    inspect nosuch.npy
    refuses "nosuch.npy: No such file or directory$"
    inspect "numpy.zeros(3)"
    refuses "zeros.3.: No such file or directory .-e looks at what an expression gives.$"
    inspect .
    refuses "\.: is a directory"
    mkfifo fifo
    inspect fifo
    refuses "fifo: is a FIFO"
    : >empty
    inspect empty
    refuses "empty: is empty"
    if [ "$(id -u)" -ne 0 ]; then
        : >secret
        chmod 0 secret
        inspect secret
        refuses "Permission denied"
    fi
    inspect $'no\x1bsuch\n'
    refuses 'no\\x1bsuch\\x0a'
}

@test "compressed files say what they are and how to pipe them in" {
    printf 'abc' | gzip >a.npy.gz
    inspect a.npy.gz
    refuses "compressed with gzip.*gzip -dc"
}

@test "several files: each shown or reported, exit 2 if any failed" {
    printf 'abcd' | npy a.npy "'|S4'" False "(1,)"
    printf 'abcdefgh' | npy b.npy "'<f8'" False "(1,)"
    inspect -f name,nbytes a.npy b.npy
    expect 0 $'a.npy\t4\nb.npy\t8'
    inspect -f name,nbytes a.npy nosuch b.npy
    [ "$status" -eq 2 ]
    [ "$output" = $'a.npy\t4\nb.npy\t8' ]
    [ "$stderr" = "mview-inspect: nosuch: No such file or directory" ]
}

@test "standard input, from a pipe and from a file" {
    printf 'abcd' | npy a.npy "'|S4'" False "(1,)"
    run bash -c 'cat a.npy | "$1" -f name,source,nbytes -' bash "$MVIEW"
    [ "$output" = $'-\tnpy\t4' ]
    run bash -c '"$1" -b - <a.npy' bash "$MVIEW"
    [ "$output" = abcd ]
}

@test "a count of zero is no value, only alignment" {
    head -c 16 /dev/zero >zeros
    inspect -t raw --format i0q -l zeros
    expect 0 $'0\t(0,)\n1\t(0,)'
}

@test "input without end is refused by its beginning" {
    run --separate-stderr bash -c 'timeout 20 "$1" - < <(yes)' bash "$MVIEW"
    refuses "-: is no .npy, .npz or pickle"
    run --separate-stderr bash -c 'timeout 20 "$1" - < <(gzip -c /dev/zero)' bash "$MVIEW"
    refuses "compressed with gzip"
}

@test "raw bytes as items" {
    printf '\1\0\2\0\3\0\4\0\5\0' >raw
    inspect -t raw --format '<h' --shape 2,-1 --offset 2 -l raw
    expect 0 $'0,0\t2\n0,1\t3\n1,0\t4\n1,1\t5'
    inspect -t raw --format '<h' --offset 2 -f offset,shape,source,type raw
    expect 0 $'2\t4\traw\t'
}

@test "pickles are data: nothing in them runs" {
    python -c "
import pickle
class Evil:
    def __reduce__(self): return __import__('os').system, ('touch PWNED',)
for p in range(6):
    open('evil%d.pkl' % p, 'wb').write(pickle.dumps({'a': Evil()}, p))
"
    for p in 0 1 2 3 4 5; do
        inspect -t pickle evil$p.pkl
        refuses "evil$p.pkl: refuses '(posix|os).system' at byte [0-9]+: --trust"
        [ ! -e PWNED ]
    done
    inspect evil4.pkl
    refuses "refuses"
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
        inspect -t pickle -m n c$p
        refuses "type int \(3\), no buffer"
    done
    inspect --trust -m x/1 -l c4
    expect 0 $'0\t0.5'
    inspect --trust -f type c4
    expect 0 $'list\nint\nbytes'
}

@test "a pickle of protocol 0 or 1 has no mark: -t pickle" {
    python -c "import pickle; open('p0', 'wb').write(pickle.dumps(bytearray(b'x'), 0))"
    inspect p0
    refuses "-t pickle"
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
import struct, zipfile, zlib
with zipfile.ZipFile('many.npz', 'w') as z:
    for i in range(90000): z.writestr(zipfile.ZipInfo('%d' % i), b'')
with zipfile.ZipFile('x', 'w', zipfile.ZIP_DEFLATED) as z: z.writestr('a.npy', b'x' * 1000)
data = bytearray(open('x', 'rb').read())
at = data.rindex(b'PK\1\2') + 24
data[at:at + 4] = b'\xff\xff\xff\x7f'
open('ratio.npz', 'wb').write(data)
"
    inspect many.npz
    refuses "many.npz: its zip directory has [0-9]+ bytes"
    inspect ratio.npz
    refuses "ratio.npz: .*cannot be the 2147483647 that the directory says"
}

@test "a file opened twice in one call, and a member of each" {
    python -c "
import zipfile
with zipfile.ZipFile('x.npz', 'w') as z: z.writestr('a', b'12'); z.writestr('a', b'3456')" 2>/dev/null
    inspect -m a x.npz
    refuses "'a' twice"
    inspect -m '#1' -f nbytes x.npz x.npz
    expect 0 $'4\n4'
}

@test "file input imports nothing of the user's" {
    printf 'abcd' | npy a.npy "'|S4'" False "(1,)"
    python -c "
import zipfile
with zipfile.ZipFile('a.npz', 'w') as z: z.write('a.npy')"
    for module in zipfile zlib encodings struct numpy sitecustomize usercustomize; do
        echo 'open("PWNED", "w")' >$module.py
    done
    PYTHONPATH=. PYTHONSTARTUP=zlib.py inspect -f nbytes a.npy a.npz
    expect 0 $'4\n4'
    [ ! -e PWNED ]
}

@test "a file that shrinks while it is read" {
    cat >shrink.py <<'END'
import os, subprocess, sys
with open("big.raw", "wb") as f:
    f.write(b"x" * 64 * 2**20)
child = subprocess.Popen([sys.argv[1], "-t", "raw", "-d", "-v", "big.raw"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
child.stdout.read(1000)
os.truncate("big.raw", 4096)
out, err = child.communicate()
print(child.returncode, err.decode().count("\n"), err.decode())
END
    run python shrink.py "$MVIEW"
    [[ "$output" == "2 1 mview-inspect: big.raw: "* ]]
}

@test "a sparse terabyte opens like a small file" {
    python -c "
header = b\"{'descr': '|u1', 'fortran_order': False, 'shape': (%d,), }\" % (2**40 - 128)
header += b' ' * (117 - len(header)) + b'\n'
with open('big.npy', 'wb') as f:
    f.write(b'\x93NUMPY\1\0\x76\0' + header)
    f.truncate(2**40)
"
    inspect -f shape,offset big.npy
    expect 0 $'1099511627648\t128'
    inspect -d -s 1099511627640 big.npy
    expect 0 $'fffffffff8  00 00 00 00 00 00 00 00                           |........|\n10000000000' || expect 0
}
