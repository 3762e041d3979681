#!/usr/bin/env bats
# Files: .npy, raw, standard input; what is refused, and how.

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
    refuses "b.npy: is no .npy, .npz, pickle, torch or safetensors.*-t raw"
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
    refuses "broken pickle"
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
    refuses "compressed with gzip.*gzip -dc a.npy.gz"
    mv a.npy.gz "it's one"
    inspect -t pickle "it's one"
    refuses "gzip -dc 'it'\\\\''s one'"
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
    refuses "-: is no .npy, .npz, pickle, torch or safetensors"
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

@test "compressed files are named, with what unpacks them" {
    python -c "
import bz2, gzip, lzma, pickle, zlib
data = pickle.dumps(b'hello')
for name, packed in (('gzip', gzip.compress(data)), ('bzip2', bz2.compress(data)), ('xz', lzma.compress(data)),
                     ('lzma', lzma.compress(data, lzma.FORMAT_ALONE)), ('zlib', zlib.compress(data, 3)),
                     ('zlib.9', zlib.compress(data, 9)), ('zlib.1', zlib.compress(data, 1)), ('zlib.6', zlib.compress(data))):
    open(name, 'wb').write(packed)
"
    for kind in gzip bzip2 xz lzma zlib zlib.1 zlib.6 zlib.9; do
        inspect --check "$kind"
        refuses 'pipe it in: .* [|] mview-inspect --check -$'
        inspect "$kind"
        refuses "compressed with ${kind%.*}: pipe it in: "
        command=$(sed 's/.*pipe it in: //; s/ | mview-inspect -$//' <<<"$stderr")
        run --separate-stderr bash -c "$command"' | "$MVIEW" -b -'
        expect 0 hello
    done
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

@test "a format that is typed closes what it opens" {
    printf 'abcdefgh' >data
    inspect -t raw --format 'T{B:a:I:b:' data
    refuses "format 'T\{B:a:I:b:': 'T\{' without '\}'"
    inspect --format 'T{T{B:a:}:x:' -e "b'abcdefgh'"
    refuses "'T\{' without '\}'"
    inspect -f itemsize -t raw --format 'T{B:a:I:b:}' data
    expect 0 8
}
