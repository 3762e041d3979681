#!/usr/bin/env bats
# Objects seen by other protocols than the buffer's, and --via.

load helper

# By DLPack and Arrow from ctypes; see tests/lib/capsules.py.
made() {
    inspect -I "$BATS_TEST_DIRNAME/../lib" -i capsules "$@"
}

numpys() {
    inspect -i numpy "$@"
}

@test "an object without a buffer is shown by what it has instead, and a note says so" {
    made -f type,format,shape,strides,readonly,notes \
        -e "capsules.DLPack(bytes(24), (2, 3), (3, 1), code=2)"
    expect 0 $'capsules.DLPack\tf\t2 3\t12 4\tfalse\t["no buffer: shown by __dlpack__ (DLPack 1.1, cpu)"]'
    made -f format,shape,notes -e "capsules.Arrow(b's', 3, [None, bytes(8)], offset=1)"
    expect 0 $'h\t3\t["no buffer: shown by __arrow_c_array__ (Arrow, cpu)"]'
    inspect -l -e "type('T', (), {'__array_interface__': dict(version=3, shape=(2,), typestr='<i2', data=b'ABCD')})()"
    expect 0 $'0\t16961\n1\t17475'
    inspect -f notes -e "type('T', (), {'__array_interface__': dict(version=3, shape=(2,), typestr='<i2', data=b'ABCD')})()"
    [[ "$output" == *"the items lie in the buffer of an object of type 'bytes'"* ]]
}

@test "--via chooses a protocol, and no other is tried" {
    needs numpy
    numpys --via array_interface -f format,shape,strides,readonly -e "numpy.arange(6.).reshape(2, 3).T"
    expect 0 $'d\t3 2\t8 24\tfalse'
    numpys --via array_struct -f format,shape,strides,readonly -e "numpy.arange(6.).reshape(2, 3).T"
    expect 0 $'d\t3 2\t8 24\tfalse'
    numpys --via dlpack -f format,shape,strides -e "numpy.arange(6.).reshape(2, 3).T"
    expect 0 $'d\t3 2\t8 24'
    numpys --via buffer -f format,notes -e "numpy.arange(6.)"
    expect 0 $'d\t[]'
    numpys --via arrow -e "numpy.arange(6.)"
    refuses "type 'numpy.ndarray' has no __arrow_c_array__ and no __arrow_c_stream__$"
    made --via buffer -e "capsules.DLPack(bytes(24), (2, 3))"
    refuses "has no buffer, but __dlpack__"
}

@test "every way to show it" {
    tensor="capsules.DLPack(bytes(range(12)), (2, 3), (3, 1), bits=16)"
    made -d -e "$tensor"
    expect 0 "$(printf '00000000  %s  |............|\n0000000c' '00 01 02 03 04 05 06 07  08 09 0a 0b            ')"
    made -l -S '::-1,1' -e "$tensor"
    expect 0 $'0\t2312\n1\t770'
    made -j -n all -e "$tensor"
    [[ "$output" == *'"data":"000102030405060708090a0b"}' ]]
    made --npy -e "$tensor" && expect 0
    run "$MVIEW" -I "$BATS_TEST_DIRNAME/../lib" -i capsules -b -S ':,::2' -e "$tensor"
    [ "${#output}" -gt 0 ]
    made --contiguous F -f strides,copied -e "$tensor"
    expect 0 $'2 4\ttrue'
    made --format '<I' -f shape -e "$tensor"
    expect 0 3
    made --contiguous C --writable -f copied -e "capsules.DLPack(bytes(12), (12,), (1,), bits=8, flags=1)"
    refuses "BufferError"
}

@test "what --via goes with" {
    inspect --via dlpack file.npy
    refuses "not with files"
    inspect --via dlpack --check -e "b''"
    refuses "not with --check"
    inspect --via dlpack -r ND -e "b''"
    refuses "request is sent to the buffer: not with --via"
    inspect --via dlpak -e "b''"
    refuses "no 'dlpak': did you mean 'dlpack'"
}

@test "types that PEP 3118 cannot say keep the protocol's name, and have values" {
    made -l -e "capsules.DLPack(bytes([0x80, 0x3f, 0, 0xc0]), (2,), (1,), code=4, bits=16)"
    expect 0 $'0\t1.0\n1\t-2.0'
    made -f dtype,format,notes -e "capsules.DLPack(bytes(2), (2,), (1,), code=12, bits=8)"
    expect 0 $'float8_e5m2\tB\t["no buffer: shown by __dlpack__ (DLPack 1.1, cpu)","PEP 3118 cannot say this type: read as \'B\'"]'
    made -f dtype,format,shape -e "capsules.DLPack(bytes(2), (4,), (1,), code=17, bits=4)"
    expect 0 $'float4_e2m1fn x 2\tB\t2'
    made -l -e "capsules.DLPack(bytes([0x21, 0xf3]), (4,), (1,), code=0, bits=4)"
    expect 0 $'0\t[1, 2]\n1\t[3, -1]'
    made -l -e "capsules.DLPack(bytes([0x21, 0x43]), (2,), (1,), code=17, bits=4, lanes=2)"
    expect 0 $'0\t[0.5, 1.0]\n1\t[1.5, 2.0]'
    made -l -e "capsules.DLPack(bytes([0x1b]), (8,), (1,), code=1, bits=1)"
    expect 0 $'0\t[1, 1, 0, 1, 1, 0, 0, 0]'
    made -l -e "capsules.DLPack(bytes([0x80, 0x3f, 0, 0xc0]), (1,), (1,), code=4, bits=16, lanes=2)"
    expect 0 $'0\t[1.0, -2.0]'
    made -f dtype -e "capsules.DLPack(bytes(3), (4,), (1,), code=15, bits=6)"
    expect 0 "float6_e2m3fn, packed"
    made -l -e "capsules.DLPack(b'abc', (4,), (1,), code=15, bits=6)"
    expect 0 $'0\t97\n1\t98\n2\t99'
    needs numpy
    numpys --via array_interface -l -e "numpy.array(['2024-02-29'], 'M8[D]')"
    expect 0 $'0\t2024-02-29'
}

@test "a capsule can be looked at itself, before and after it was taken" {
    made -f type,shape,notes -e "capsules.DLPack(bytes(24), (2, 3)).__dlpack__()"
    [[ "$output" == $'PyCapsule\t2 3\t["no buffer: shown by what the capsule holds (DLPack 1.1, cpu)"'* ]]
    made -e "capsules.DLPack(bytes(24), (2, 3), name=b'used_dltensor').__dlpack__()"
    refuses "type 'PyCapsule' has no buffer: the capsule is named 'used_dltensor': its tensor was taken before$"
    made -f shape -e "capsules.Arrow(b'i', 3, [None, bytes(12)]).__arrow_c_array__()"
    expect 0 3
}

@test "a struct's column is advised where it has one" {
    made --via arrow -e "capsules.Arrow(b'+s', 3, [None], children=[capsules.Arrow(b'i', 3, [None, bytes(12)])])"
    refuses "try .*column"
    made --via arrow -e "capsules.Arrow(b'+s', 3, [None])"
    refuses "Arrow type struct"
    [[ "$stderr" != *try* ]]
}

@test "what an answer should not have is a note" {
    made -f shape,strides,notes -e "capsules.DLPack(bytes(24), (2, 3), version=(1, 2))"
    [[ "$output" == *'"strides are NULL for 2 dimensions, in version 1.2"'* ]]
    made -f readonly,notes -e "capsules.DLPack(bytes(24), (2, 3), (3, 1), version=None)"
    [[ "$output" == $'true\t'*'(DLPack 0, cpu)'*'cannot say whether the memory may be written'* ]]
    made -f notes -e "capsules.DLPack(bytes(24), (2, 3), (3, 1), flags=2)"
    [[ "$output" == *'the exporter made a copy'* ]]
}

@test "capsules that lie" {
    made -e "capsules.DLPack(b'', (), ndim=2**31 - 1)"
    refuses "__dlpack__ .ndim is 2147483647, not 0 to 64"
    made -e "capsules.DLPack(b'', (1,), shape=8)"
    refuses "shape is at 0x8, which cannot be read .not mapped"
    made -e "capsules.DLPack(b'', (1,), (1,), strides=None, shape=None)"
    refuses "shape is NULL"
    made -e "capsules.DLPack(b'', (2,), (2**62,))"
    refuses "strides.0. is 4611686018427387904 items of 4 bytes, too many"
    made -d -e "capsules.DLPack(b'', (2,), (1,), data=4096)"
    refuses "0x1000"
    made -f shape,notes -e "capsules.DLPack(b'', (2, -3), (1, 1))"
    [[ "$output" == $'2 -3\t'*'shape[1] is negative: -3'*'memory is not read'* ]]
    made -e "capsules.DLPack(b'', (1,), version=(2, 0))"
    refuses "the tensor is of DLPack 2.0, whose fields are not those of 1.3"
    made -e "capsules.DLPack(b'', (1,), name=b'tensor')"
    refuses "the capsule is named 'tensor', not 'dltensor' or 'dltensor_versioned'"
    made -e "capsules.DLPack(b'', (1,), name=b'x' * 1000)"
    refuses "the capsule is named 'x{40}'"
    made -e "capsules.Arrow(b'i', -1, [None, None])"
    refuses "length is -1 and offset 0"
    made -e "capsules.Arrow(b'i', 1, [None, None])"
    refuses "buffer 1 is NULL, though there are items"
    made -e "capsules.Arrow(b'i', 1, [None, b''], buffers=16)"
    refuses "buffers is at 0x10, which cannot be read"
    made -e "capsules.Arrow(b'w' * 5000, 1, [None, b''])"
    refuses "the type's format has no end within 4096 bytes"
}

@test "items at NULL are read by nobody" {
    for shape in "()" "(4,)" "(2, 3)" "(1, 1)"; do
        class="type('T', (), {'__array_interface__': dict(version=3, shape=$shape, typestr='<i4', data=(0, False))})()"
        for how in -l -d -b --npy "-l -S ..." "-l -o F" "-l -o memory" "-l --contiguous F"; do
            # shellcheck disable=SC2086
            made $how -e "capsules.DLPack(b'', $shape, data=None)"
            refuses "cannot read 4 bytes at 0x0, item .*: not mapped$"
            # shellcheck disable=SC2086
            made $how -e "$class"
            refuses "cannot read 4 bytes at 0x0, item .*: not mapped$"
        done
    done
    inspect -f notes -e "$class"
    [[ $status -eq 0 && $output == *'"data is NULL, though there are items"'* ]]
    for how in -l -d -b; do
        made $how -e "capsules.DLPack(b'', (3, 2), (1, 3), data=None)"
        refuses "cannot read 4 bytes at 0x0, item .0, 0.: not mapped$"
    done
}

@test "a protocol that raises, or answers something else" {
    inspect -e "type('T', (), {'__dlpack__': lambda s: 1 / 0})()"
    refuses "has no buffer, but __dlpack__ .ZeroDivisionError: division by zero.$"
    inspect --via dlpack -e "type('T', (), {'__dlpack__': lambda s: 1 / 0})()"
    refuses ": __dlpack__: ZeroDivisionError: division by zero$"
    inspect --via dlpack -e "type('T', (), {'__dlpack__': lambda s: 5})()"
    refuses "__dlpack__: gives an object of type 'int', no capsule$"
    inspect --via arrow -e "type('T', (), {'__arrow_c_array__': lambda s: (1, 2, 3)})()"
    refuses "__arrow_c_array__: gives a tuple of 3 items, not of two capsules$"
    inspect --via array_struct -e "type('T', (), {'__array_struct__': 'no'})()"
    refuses "__array_struct__: gives an object of type 'str', no capsule$"
    inspect --via array_interface -e "type('T', (), {'__array_interface__': [1]})()"
    refuses "__array_interface__: is of type 'list', no dict$"
    inspect -e "type('T', (), {'__dlpack__': lambda s: 1})"
    refuses "type 'type' has no buffer$"
}

@test "a property that raises is no property that is missing" {
    raises() { # NAME EXCEPTION
        local class="type('T', (), {'$1': property(lambda s: (_ for _ in ()).throw($2))})()"
        inspect --via "${1//__/}" -e "$class"
    }
    for name in __array_interface__ __array_struct__ __cuda_array_interface__ __dlpack__; do
        raises $name "LookupError('lost')"
        refuses ": $name: LookupError: lost$"
        raises $name "SystemExit(3)"
        refuses ": $name: it asked to exit: SystemExit: 3$"
        raises $name "AttributeError('none')"
        refuses "T' has no $name$"
        raises $name "KeyboardInterrupt"
        [[ $status -eq 130 && -z $output ]]
        inspect -e "type('T', (), {'$name': property(lambda s: 1 / 0)})()"
        refuses "has no buffer, but $name .ZeroDivisionError: division by zero.$"
    done
    inspect --via arrow -e "type('T', (), {'__arrow_c_array__': property(lambda s: 1 / 0), '__arrow_c_stream__': 1})()"
    refuses ": __arrow_c_array__: ZeroDivisionError: division by zero$"
    inspect --via arrow -e "type('T', (), {'__arrow_c_array__': property(lambda s: s.none), '__arrow_c_stream__': lambda s: 5})()"
    refuses ": __arrow_c_stream__: gives an object of type 'int', no capsule$"
    inspect --requests -e "type('T', (), {'__array_interface__': property(lambda s: 1 / 0)})()"
    [[ $status -eq 0 && $output == *"array_interface refused: "*"ZeroDivisionError: division by zero"* ]]
}

@test "a protocol's attribute is got once for a view" {
    cat >counted.py <<'END'
import sys
class Counted:
    def __init__(self, name, value):
        self.name, self.value = name, value
    def __getattr__(self, name):
        if name != self.name:
            raise AttributeError(name)
        sys.stderr.write(f"{name}\n")
        return self.value
END
    for how in "" "--via array_interface"; do
        # shellcheck disable=SC2086
        inspect $how -x counted.py -f shape -e "Counted('__array_interface__', dict(version=3, shape=(2,), typestr='|u1', data=b'ab'))"
        [[ $status -eq 0 && $output == 2 && $stderr == __array_interface__ ]]
    done
    for how in "" "--via dlpack"; do
        # shellcheck disable=SC2086
        made $how -x counted.py -f shape -e "Counted('__dlpack__', capsules.DLPack(bytes(24), (2, 3), (3, 1)).__dlpack__)"
        [[ $status -eq 0 && $output == "2 3" && $stderr == __dlpack__ ]]
    done
    for how in "" "--via arrow"; do
        # shellcheck disable=SC2086
        made $how -x counted.py -f shape -e "Counted('__arrow_c_array__', capsules.Arrow(b'i', 3, [None, bytes(12)]).__arrow_c_array__)"
        [[ $status -eq 0 && $output == 3 && $stderr == __arrow_c_array__ ]]
    done
    inspect -x counted.py -e "Counted('__array_interface__', 5)"
    [[ $status -eq 2 && $(grep -c ^__array <<<"$stderr") -eq 1 ]]
}

@test "an interface dict with wrong keys" {
    interface() {
        inspect --via array_interface -e "type('T', (), {'__array_interface__': dict(dict(version=3, shape=(2,), typestr='<i2', data=(4096, False)), $1)})()"
    }
    interface "shape=[2]"
    refuses "'shape' is of type 'list', no tuple"
    interface "shape=('2',)"
    refuses "'shape' has an item of type 'str' at 0, no integer"
    interface "shape=(2**70,)"
    refuses "'shape' has an item of type 'int' at 0, which does not fit 64 bits"
    interface "shape=(1,) * 65"
    refuses "'shape' has 65 items, more than 64"
    interface "strides=(1, 2)"
    refuses "'strides' has 2 items, 'shape' 1"
    interface "typestr=b'<i2'"
    refuses "'typestr' is of type 'bytes', no str"
    interface "typestr='<i2\\0x'"
    refuses "'typestr' is text that cannot be read: it has a NUL in it"
    interface "typestr='<i3'"
    refuses "unknown type string '<i3'"
    interface "data=(1, 2, 3)"
    refuses "'data' is a tuple of 3 items, not 2"
    interface "data=('0x10', False)"
    refuses "'data' has an address of type 'str'"
    interface "descr=(lambda l: l.append(('a', l)) or l)([])"
    refuses "'descr' contains itself"
    interface "descr=__import__('functools').reduce(lambda l, _: [('a', l)], range(10000), [])"
    refuses "'descr' is too deeply nested"
    interface "data=7"
    refuses "'data' is of type 'int', no tuple and no bytes"
    interface "data=None"
    refuses "'data' is None"
    interface "data=b'abc'"
    refuses "the items are bytes 0 to 4 of 'data', which has 3"
    interface "data=b'abcd', offset=-1"
    refuses "'offset' is -1, of a buffer of 4 bytes"
    inspect --via array_interface -e "type('T', (), {'__array_interface__': {}})()"
    refuses "there is no 'version'"
}

@test "memory of another device is described, and not touched" {
    made -e "capsules.DLPack(b'', (2, 3), (3, 1), device_type=2, data=64)"
    [ "$status" -eq 0 ]
    [[ "$output" == *"c_contiguous  true"*"0x40"*"(DLPack 1.1, cuda:0)"*"its memory is that of the device cuda:0, and is not read" ]]
    made -d -e "capsules.DLPack(b'', (2, 3), (3, 1), device_type=2, data=64)"
    refuses "its memory is that of the device cuda:0, and is not read$"
    made --contiguous C -f shape -e "capsules.DLPack(b'', (2, 3), (3, 1), device_type=2, data=64)"
    refuses "is not read$"
    inspect -f address,shape,notes -e "type('T', (), {'__cuda_array_interface__': dict(version=3, shape=(2,), typestr='<f4', data=(64, False))})()"
    [[ "$output" == $'0x40\t2\t["no buffer: shown by __cuda_array_interface__ (CUDA array interface 3, cuda)'* ]]
    # memory of this process is preferred
    inspect -d -e "type('T', (), {'__cuda_array_interface__': dict(version=3, shape=(2,), typestr='<f4', data=(64, False)), '__array_interface__': dict(version=3, shape=(2,), typestr='|u1', data=b'ab')})()"
    expect 0 $'00000000  61 62                                             |ab|\n00000002'
}

@test "what __dlpack_device__ says is compared with the tensor's device" {
    cat >devices.py <<'END'
import capsules
class On(capsules.DLPack):
    def __init__(self, device, **fields):
        super().__init__(bytes(4), (4,), (1,), bits=8, **fields)
        self.device = device
    def __dlpack_device__(self):
        return self.device()
def asked_twice(): raise RuntimeError("not today")
END
    made -x devices.py --via dlpack -f notes -e "On(lambda: (2, 1))"
    [[ "$output" == *"__dlpack_device__ says cuda:1, and the tensor is on cpu"* ]]
    made -x devices.py -f notes -e "On(lambda: 7)"
    [[ "$output" == *"__dlpack_device__ gives no tuple of two integers"* ]]
    made -x devices.py -f notes -e "On(asked_twice)"
    [[ "$output" == *"__dlpack_device__ cannot be asked: RuntimeError: not today"* ]]
    made -x devices.py -f notes -e "On(lambda: (1, 0))"
    expect 0 '["no buffer: shown by __dlpack__ (DLPack 1.1, cpu)"]'
    made -x devices.py -f notes -e "On(lambda: (-7, 0), device_type=-7)"
    [[ "$output" == *"its memory is that of device -7:0, and is not read"* ]]
}

@test "what raises KeyboardInterrupt is said to" {
    printf 'class T:\n    def __dlpack__(self): raise KeyboardInterrupt\n    def __dlpack_device__(self): return (1, 0)\n' >t.py
    inspect --check -x t.py -e "T()"
    [[ "$output" == *"dlpack-refusal  __dlpack__() is refused with KeyboardInterrupt"* && "$output" != *dlpack-capsule* ]]
    inspect --requests -j -x t.py -e "T()"
    [[ "$output" == *KeyboardInterrupt* && "$output" != *interrupted* ]]
}

@test "a protocol's attribute is got for its telling, and a second time to see whether that is a copy" {
    cat >counted.py <<'END'
import os
class T:
    @property
    def __array_interface__(self):
        with open("count", "a") as file:
            file.write("x")
        return {"version": 3, "shape": (2,), "typestr": "<i4", "data": bytes(8)}
END
    inspect --requests -x counted.py -e "T()"
    [[ $status -eq 0 && $(<count) == xx ]]
}

@test "Arrow's kinds of memory" {
    made -f format,shape,notes -e "capsules.Arrow(b'u', 2, [None, b'\0\0\0\0\2\0\0\0\5\0\0\0', b'abcde'])"
    [[ "$output" == $'B\t5\t'*'the bytes of 2 items (utf8): where each begins, 4-byte offsets tell'* ]]
    made -d -e "capsules.Arrow(b'u', 1, [None, b'\0\0\0\0\2\0\0\0\5\0\0\0', b'abcde'], offset=1)"
    expect 0 $'00000000  63 64 65                                          |cde|\n00000003'
    made -f shape,notes -e "capsules.Arrow(b'b', 9, [None, b'ab'], offset=3)"
    [[ "$output" == $'2\t'*'9 items of a bit each, from bit 3 of the first byte on'* ]]
    made -f format,shape,strides -e "capsules.Arrow(b'+w:2', 3, [None], children=[capsules.Arrow(b's', 6, [None, bytes(12)])])"
    expect 0 $'h\t3 2\t4 2'
    made -e "capsules.Arrow(b'+s', 3, [None], children=[capsules.Arrow(b's', 6, [None, bytes(12)])])"
    refuses "is of Arrow type struct: its memory is that of its child 'child0': try "
    shorts="capsules.Arrow(b's', 3, [None, bytes(6)])"
    made -f format,shape -e "capsules.Stream($shorts)"
    expect 0 $'h\t3'
    made -f format,shape -e "capsules.Stream($shorts).__arrow_c_stream__()"
    expect 0 $'h\t3'
    made -e "capsules.Stream($shorts, $shorts)"
    refuses "__arrow_c_stream__ .is several arrays, one behind the other: try "
    made -f notes -e "capsules.Arrow(b's', 3, [b'x', bytes(12)], null_count=2)"
    [[ "$output" == *'2 of 3 items are null: the bitmap at 0x'* ]]
}

@test "nothing is taken over: what an answer holds is freed once, when it is let go" {
    cat >counted.py <<'END'
import atexit, capsules, os
atexit.register(lambda: os.write(2, b"%(deleted)d deleted, %(released)d released\n" %
                                 {k.encode(): v for k, v in capsules.made.items()}))
END
    for version in "(1, 1)" None; do
        inspect -I "$BATS_TEST_DIRNAME/../lib" -i capsules -x counted.py -f shape \
            -e "capsules.DLPack(bytes(24), (2, 3), version=$version)"
        [ "$output $stderr" = "2 3 1 deleted, 0 released" ]
    done
    inspect -I "$BATS_TEST_DIRNAME/../lib" -i capsules -x counted.py -f shape -e "capsules.Arrow(b's', 6, [None, bytes(12)])"
    [ "$output $stderr" = "6 0 deleted, 2 released" ]
}
