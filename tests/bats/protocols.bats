#!/usr/bin/env bats
# What an object tells of its memory by other protocols than the buffer's: side by side, and judged.
# tests/oracle/protocols.py goes through every rule.

load helper

modules() {
    inspect -I "$MVIEW_BUILD" -i protocols "$@"
}

# json TEXT EXPR: the object `it` that the text is, by a Python expression that is true of it.
json() {
    printf '%s' "$1" | python -c 'import json, sys; it = json.load(sys.stdin); sys.exit(not eval(sys.argv[1]) and repr(it))' "$2"
}

@test "--requests puts the protocols side by side, and marks what differs" {
    modules --requests -e "protocols.right('many')"
    [[ $status -eq 0 && $output != *differs* ]]
    [[ $output =~ PROTOCOL\ +buffer\ +array_interface\ +array_struct\ +dlpack ]]
    [[ $output =~ strides\ +"(12, 4)"\ +"(12, 4)"\ +"(12, 4)"\ +"(12, 4)" ]]
    [[ $output == *CONSUMER* ]]
    modules --requests -e "protocols.wrong('many_shape')"
    [[ $status -eq 0 ]]
    [[ $output =~ shape\ +"(2, 3)"\ +"(2, 3)"\ +"(2, 3)"\ +"(1, 6) (differs)" ]]
}

@test "an object with only a buffer has no such table" {
    inspect --requests -e "b'abc'"
    [[ $status -eq 0 && $output != *PROTOCOL* ]]
    inspect --requests -j -e "b'abc'"
    [[ $status -eq 0 ]]
    json "$output" "[p['protocol'] for p in it['protocols']] == ['buffer']"
}

@test "an object without a buffer has only that table" {
    modules --requests -e "protocols.right('dlpack')"
    [[ $status -eq 0 && $output == *"protocols.Tensor, without a buffer"* && $output != *CONSUMER* && $output != *REQUEST* ]]
    [[ $output =~ version\ +1.2 ]]
    modules --requests -j -e "protocols.right('dlpack')"
    json "$output" "it['requests'] == it['consumers'] == []"
    json "$output" "[{k: v for k, v in p.items() if k != 'data'} for p in it['protocols']] == [
        {'protocol': 'dlpack', 'version': '1.2', 'shape': [2, 3], 'strides': [12, 4], 'type': 'int32', 'readonly': False,
         'device': 'cpu', 'owner': 'PyCapsule', 'differs': [], 'exception': None}]"
}

@test "JSON names the facts that differ" {
    modules --requests -j -e "protocols.wrong('many_one_readonly')"
    json "$output" "[p['differs'] for p in it['protocols']] == [[], ['readonly'], [], []]"
    json "$output" "[p['readonly'] for p in it['protocols']] == [False, True, False, False]"
    modules --requests -j -e "protocols.wrong('many_type')"
    json "$output" "[p['differs'] for p in it['protocols']] == [[], [], [], ['type']]"
    json "$output" "[p['type'] for p in it['protocols']] == ['i', '<i4', '<i4', 'float32']"
}

@test "memory of another device is told, and not touched" {
    modules --requests -j -e "protocols.right('dlpack_cuda')"
    json "$output" "[(p['device'], p['data']) for p in it['protocols']] == [('cuda:0', '0x7f0000000000')]"
    modules --check -e "protocols.right('dlpack_cuda')"
    expect 0 "protocols.right('dlpack_cuda'): 0 requests, 0 errors, 0 warnings"
}

@test "a protocol that is refused, or crashes, is told so" {
    modules --requests -e "protocols.wrong('refusal')"
    [[ $status -eq 0 && $output == *"dlpack refused: "*"RuntimeError: not today"* ]]
    modules --requests -j -e "protocols.wrong('refusal')"
    json "$output" "'RuntimeError: not today' in it['protocols'][0]['exception'] and it['protocols'][0]['data'] is None"
    modules --requests -e "protocols.wrong('dlpack_crashes')"
    [[ $status -eq 0 && ${lines[-1]} == "dlpack crashed: SIGSEGV" ]]
    modules --requests -j -e "protocols.wrong('dlpack_crashes')"
    json "$output" "it['protocols'][0]['exception'] == 'SIGSEGV'"
    modules --requests -e "protocols.wrong('dlpack_exits')"
    [[ $status -eq 0 && ${lines[-1]} == "dlpack crashed: exit("*")" ]]
    modules --requests --timeout 1 -e "protocols.wrong('dlpack_hangs')"
    [[ $status -eq 0 && ${lines[-1]} == "dlpack: no answer within 1 s" ]]
    modules --requests --timeout 1 -j -e "protocols.wrong('dlpack_hangs')"
    json "$output" "it['protocols'][0]['exception'] == 'no answer within 1 s'"
    modules --requests -e "protocols.wrong('interface_no_typestr')"
    [[ $status -eq 0 && $output == *"array_interface: there is no 'typestr'"* ]]
}

@test "--check judges an object without a buffer by its protocols" {
    modules --check -e "protocols.right('struct')"
    expect 0 "protocols.right('struct'): 0 requests, 0 errors, 0 warnings"
    modules --check -e "protocols.wrong('strides')"
    [[ $status -eq 1 && ${lines[0]} == "error  dlpack-strides  dlpack: strides are NULL for 2 dimensions, in version 1.2" ]]
    modules --check -j -e "protocols.wrong('keeps_owner')"
    [[ $status -eq 1 ]]
    json "$output" "it['requests'] == [] and [f['rule'] for f in it['findings']] == ['dlpack-no-leak']"
    modules --check --strict -e "protocols.wrong('no_keywords')"
    [[ $status -eq 1 && $output == *"warning  dlpack-keywords  not taken: max_version, dl_device, copy (TypeError: "* ]]
}

@test "one whose buffer is refused is judged by what else it has" {
    cat > "$BATS_TEST_TMPDIR/closed.py" <<'END'
import mmap

class Closed(mmap.mmap):
    __array_interface__ = {"shape": (3,), "typestr": "|u1", "version": 3, "data": bytearray(3)}

closed = Closed(-1, 4096)
closed.close()
END
    inspect --check -x "$BATS_TEST_TMPDIR/closed.py" -e closed
    [[ $status -eq 0 && $output == "closed: 36 requests, 0 errors, 0 warnings" ]] || { echo "$output$stderr" && false; }
}

@test "one that refuses everything has nothing to judge; one with no protocol at all neither" {
    cat > "$BATS_TEST_TMPDIR/never.py" <<'END'
class Never:
    def __dlpack__(self, **keywords):
        raise BufferError("on the moon")

    def __dlpack_device__(self):
        raise BufferError("on the moon")
END
    inspect --check -x "$BATS_TEST_TMPDIR/never.py" -e "Never()"
    refuses "it has no buffer, and every protocol is refused: .*BufferError: on the moon"
    inspect --check -e 3
    refuses "type 'int' has no buffer"
    inspect --requests -e "None"
    refuses "None, which has no buffer"
    inspect --check --mutate "_.append(1)" -e "[1]"
    refuses "type 'list' has no buffer"
}

@test "an attribute of the object itself counts, too" {
    cat > "$BATS_TEST_TMPDIR/own.py" <<'END'
import array

class Own:
    def __init__(self, array):
        self.array = array
        self.__array_interface__ = {"version": 3, "shape": (len(array),), "typestr": "|i1",
                                    "data": (array.buffer_info()[0], False)}
END
    inspect --check -x "$BATS_TEST_TMPDIR/own.py" -e "Own(array.array('b', [1, 2, 3]))"
    [ "$status" -eq 0 ]
    inspect --requests -x "$BATS_TEST_TMPDIR/own.py" -e "Own(array.array('b', [1, 2, 3]))"
    [[ $output == *array_interface* ]]
}
