#!/usr/bin/env bats
# The C API's memoryview functions, and single requests.

load helper

@test "--contiguous says whether it copied" {
    inspect --contiguous C -f copied,shape,strides,nbytes -e "b'abcd'"
    expect 0 $'false\t4\t1\t4'
    inspect --contiguous C -f copied,shape,strides,nbytes -e "memoryview(b'abcdef')[::2]"
    expect 0 $'true\t3\t1\t3'
    inspect --contiguous C -b -e "memoryview(b'abcdef')[::-2]"
    expect 0 fdb
}

@test "--contiguous F rearranges" {
    inspect --contiguous F -f copied,shape,strides,f_contiguous -e "memoryview(bytes(range(6))).cast('B',[2,3])"
    expect 0 $'true\t2 3\t1 2\ttrue'
    inspect --contiguous A -f copied -e "memoryview(bytes(range(6))).cast('B',[2,3])"
    expect 0 false
}

@test "--writable asks for writable memory" {
    inspect --contiguous C --writable -f readonly,copied -e "bytearray(3)"
    expect 0 $'false\tfalse'
    inspect --contiguous C --writable -e "b'abc'"
    refuses "BufferError"
    inspect --contiguous C --writable -e "memoryview(bytearray(6))[::2]"
    refuses "BufferError: writable contiguous buffer requested for a non-contiguous object"
}

@test "memory that cannot be read is no crash, copied or not" {
    for options in "-d" "-b" "-l" "-j -n all" "" "--contiguous C" "-b --contiguous F" "-d -o memory" "-d -o F"; do
        # shellcheck disable=SC2086 # options are words
        inspect $options -i ctypes -e "memoryview((ctypes.c_char*4096).from_address(4096)).cast('B')[::2]"
        refuses "cannot read 1 byte at 0x1000, item \(0,\)"
    done
}

@test "--request shows the raw reply, NULL as null" {
    inspect -r SIMPLE -f format,shape,strides,nbytes -e "b'abc'"
    expect 0 $'\t\t\t3'
    inspect -r ND -f format,shape,strides -e "b'abc'"
    expect 0 $'\t3\t'
    inspect -r "STRIDES|FORMAT" -f format,shape,strides -e "b'abc'"
    expect 0 $'B\t3\t1'
    inspect -r FULL_RO -f format,shape,strides -e "b'abc'"
    expect 0 $'B\t3\t1'
    inspect -r strides,format -f format -e "b'abc'"
    [ "$status" -eq 2 ] || [ "$output" = B ]
}

@test "a refused request is the exporter's own exception" {
    inspect -r WRITABLE -e "b'abc'"
    refuses "BufferError: Object is not writable"
    inspect -r C_CONTIGUOUS -e "memoryview(b'abcdef')[::2]"
    refuses "BufferError"
}

@test "unknown flags name the near match; READ and WRITE are no requests" {
    inspect -r C_CONTIGOUS -e "b''"
    refuses "C_CONTIGUOUS"
    inspect -r READ -e "b''"
    refuses "READ"
}

@test "flags of a newer Python are numbers, sent and told as such" {
    inspect -r 'ND|0x400' -f shape,strides,format -e "b'abc'"
    expect 0 $'3\t\t'
    inspect -r 'ND|0x401' -e "b'abc'"
    refuses "flags that have a name are given by it"
    ask="ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(_), ctypes.create_string_buffer(256), 0x408)"
    inspect --trace -j -i ctypes -e "(lambda _: $ask)(bytearray(3))"
    [[ $status -eq 0 && $output == *'"request":"ND|0x400"'* ]]
    release="ctypes.pythonapi.PyBuffer_Release(view)"
    inspect --check --info -i ctypes --consumer \
        "(lambda view: (${ask/ctypes.create_string_buffer(256)/view}, $release))(ctypes.create_string_buffer(256))"
    [[ $output == *"info  consumer-asks-documented  asks with 0x400 too, which is unknown here"* ]]
    [[ $output != *"warning  consumer-asks-documented"* ]]
}

@test "bytes can be read another way" {
    inspect --format '<i' --shape -1,2 -f format,shape,strides,nbytes -e "bytes(16)"
    expect 0 $'<i\t2 2\t8 4\t16'
    inspect --format d --offset 8 -f format,shape,nbytes -e "bytes(24)"
    expect 0 $'d\t2\t16'
    inspect --format d -e "bytes(9)"
    refuses "no whole number of 8 bytes"
    inspect --format d --shape 2 -e "bytes(9)"
    refuses "needs 16 bytes, but there are 9"
    inspect --format 'T{i:a:}' --shape 1 -f nbytes -e "bytes(4)"
    expect 0 4
    inspect --format '(' -e "bytes(4)"
    refuses "format"
    inspect --format B -e "memoryview(bytes(4))[::2]"
    refuses "C-contiguous"
    inspect --offset 5 -e "bytes(4)"
    refuses "past the end"
}

@test "--slice slices any view" {
    inspect -S "1:-1:2" -b -e "b'abcdefg'"
    expect 0 bdf
    inspect -S "::-1,0" -b -e "memoryview(b'abcdef').cast('B',[3,2])"
    expect 0 eca
    inspect -S "9" -e "b'abc'"
    refuses "index 9 is out of bounds for axis 0 with size 3"
}

@test "--requests fits on a terminal, and names the owner of each answer" {
    inspect --requests -e "bytearray(8)"
    ((status == 0))
    [ "$(awk '{ if (length($0) > m) m = length($0) } END { print m }' <<<"$output")" -le 100 ]
    grep -Eq '^  \|WRITABLE\|FORMAT +granted .* itself$' <<<"$output"
    inspect --requests -e "memoryview(b'abcd')[::2]"
    grep -Eq '^SIMPLE +refused +BufferError: ' <<<"$output"
    [ "$(sed -n '/^CONSUMER/,$p' <<<"$output" | awk '{ if (length($0) > m) m = length($0) } END { print m }')" -le 100 ]
    grep -A4 -E '^Cython T\[:\] +no +STRIDES\|WRITABLE\|FORMAT$' <<<"$output" >"$BATS_TEST_TMPDIR/row"
    [ "$(sed -n 2,4p "$BATS_TEST_TMPDIR/row" | tr -s ' \n' ' ')" = \
        " refused STRIDES|WRITABLE|FORMAT: BufferError: memoryview: underlying buffer is not writable try const T[:] " ]
    inspect --requests -e "bytearray(8)"
    grep -A1 '^PyO3 PyBuffer  *yes' <<<"$output" | grep -qx ' * T: u8'
    inspect --requests -j -e "memoryview(b'abcd')"
    [ "$(jq -r '.requests[0].reply.obj' <<<"$output")" = memoryview ]
}
