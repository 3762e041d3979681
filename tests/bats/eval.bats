#!/usr/bin/env bats
# Expressions: where names come from, what is shown, what is refused.

load helper

@test "an expression's fields" {
    inspect -f name,source,type,format,itemsize,ndim,shape,strides,nbytes,readonly -e "b'hello'"
    expect 0 $'b\'hello\'\teval\tbytes\tB\t1\t1\t5\t1\t5\ttrue'
}

@test "lists are separated by one space, null is empty" {
    inspect -f shape,suboffsets,dtype,offset,copied,strides -e "memoryview(bytes(24)).cast('B',[2,3,4])"
    expect 0 $'2 3 4\t\t\t\t\t12 4 1'
}

@test "booleans are true and false" {
    inspect -f readonly,c_contiguous,f_contiguous,contiguous -e "memoryview(bytearray(6))[::2]"
    expect 0 $'false\tfalse\tfalse\tfalse'
}

@test "leading white space in an expression is no error" {
    inspect -f nbytes -e "  b'ab'"
    expect 0 2
}

@test "-i imports, under its own and another name" {
    inspect -f type -i array -e "array.array('i', [1])"
    expect 0 array.array
    inspect -f type -i array=a -e "a.array('i', [1])"
    expect 0 array.array
    inspect -f nbytes -i os.path -e "os.path.sep.encode()"
    expect 0 1
    inspect -f nbytes -i os.path=p -i array -e "p.sep.encode()"
    expect 0 1
}

@test "-x runs a file first" {
    echo 'data = bytearray(b"xyz")' >prepare.py
    inspect -f nbytes,type -x prepare.py -e data
    expect 0 $'3\tbytearray'
}

@test "the current directory, PYTHONPATH and -I are searched, -I first" {
    mkdir one two
    echo 'data = b"1"' >one/mymod.py
    echo 'data = b"22"' >two/mymod.py
    echo 'data = b"333"' >mymod.py
    inspect -f nbytes -i mymod -e mymod.data
    expect 0 3
    inspect -f nbytes -I two -i mymod -e mymod.data
    expect 0 2
    inspect -f nbytes -I one -I two -i mymod -e mymod.data
    expect 0 1
    rm mymod.py
    PYTHONPATH=two inspect -f nbytes -i mymod -e mymod.data
    expect 0 2
}

@test "no byte code is written beside the user's modules" {
    echo 'data = b"1"' >mymod.py
    inspect -f nbytes -i mymod -e mymod.data
    expect 0 1
    [ ! -e __pycache__ ]
}

@test "what the expression prints never gets into the answer" {
    cat >noisy.py <<'END'
import ctypes, os, sys
print("by print")
sys.stdout.flush()
os.write(1, b"by os.write\n")
libc = ctypes.CDLL(None)
libc.puts(b"by C stdio")
os.system("echo by a child")
data = b"ok"
END
    inspect -f nbytes -x noisy.py -e "(print('late'), data)[1]"
    [ "$status" -eq 0 ]
    [ "$output" = 2 ]
    for word in "by print" "by os.write" "by C stdio" "by a child" late; do
        [[ "$stderr" == *"$word"* ]]
    done
}

@test "exceptions are one line" {
    inspect -e "1/0"
    refuses "1/0: ZeroDivisionError: division by zero"
    inspect -e "nosuch"
    refuses "NameError: name 'nosuch' is not defined$"
    inspect -e "nosuch.zeros(3)"
    refuses "NameError: name 'nosuch' is not defined .*-i nosuch imports the module.$"
    inspect -e "np.zeros(3)"
    refuses "NameError: name 'np' is not defined .*-i numpy=np imports the module.$"
    inspect -e "b'a"
    refuses "SyntaxError: "
    inspect -e "import numpy; numpy.zeros(3)"
    refuses "SyntaxError: .*-i MOD imports a module, -x FILE runs a file first"
    inspect -e "1 +"
    refuses "SyntaxError: [^-]*$"
    inspect -e ""
    refuses "SyntaxError: "
    inspect -e "(_ for _ in ()).throw(ValueError('two\nlines'))"
    refuses 'ValueError: two\\x0alines'
}

@test "--traceback shows the whole of it" {
    inspect --traceback -e "1/0"
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"Traceback (most recent call last)"*"ZeroDivisionError"* ]]
}

@test "tracebacks are escaped, too" {
    inspect --traceback -e $'(_ for _ in ()).throw(ValueError("\x1b[2J\xe2\x80\xae"))'
    [ "$status" -eq 2 ]
    [[ "$stderr" == *'\x1b[2J\u202e'* ]]
    [[ "$stderr" != *$'\x1b'* ]]
}

@test "the answer is out before anything that runs at the end" {
    inspect -f nbytes -i atexit -i os -e "[atexit.register(os._exit, 0), b'abc'][1]"
    expect 0 3
    inspect -f nbytes -i atexit -i os -e "[atexit.register(os.abort), b'abc'][1]"
    [ "$output" = 3 ]
}

@test "what a file leaves in circles comes to its end, as by python" {
    cat >circle.py <<'end'
import os
class Ends:
    def __del__(self, open=os.open, flags=os.O_CREAT):
        open("ended", flags)
ends = Ends()
ends.itself = ends
del ends
end
    inspect -f shape -x circle.py -e 'b"abc"'
    [ "$status" -eq 0 ] && [ "$output" = 3 ]
    [ -e ended ]
}

@test "SystemExit does not end the program its own way" {
    inspect -e "exit(0)"
    refuses "asked to exit"
    inspect -i sys -e "sys.exit(3)"
    refuses "asked to exit"
}

@test "C's exit in an expression is no answer" {
    inspect -i ctypes -e "ctypes.CDLL(None).exit(0)"
    refuses "ended the program .exit was called.$"
    inspect -i ctypes -e "ctypes.CDLL(None)._exit(0)"
    refuses "ended the program ._exit was called.$"
}

@test "os._exit in an expression, or in what it gives, is no answer" {
    inspect -i os -e "os._exit(0)"
    refuses "os._exit.0.: it ended the program ._exit was called.$"
    printf 'import os\nclass T:\n    def __dlpack__(self, **_): os._exit(0)\n' >t.py
    inspect -x t.py -f shape -e "T()"
    refuses "T..: it ended the program ._exit was called.$"
    printf 'import os\nchild = os.fork()\nif child == 0: os._exit(7)\ncode = os.waitpid(child, 0)[1] >> 8\n' >t.py
    inspect -x t.py -f nbytes -e "bytes(code)" # a process of its own ends as it likes
    expect 0 7
}

@test "a module that is not there, a file to run that fails" {
    inspect -i nosuchmodule -e "b''"
    refuses "import of 'nosuchmodule': ModuleNotFoundError"
    inspect -x nosuchfile.py -e "b''"
    refuses "'nosuchfile.py': No such file"
    echo 'raise RuntimeError("no")' >bad.py
    inspect -x bad.py -e "b''"
    refuses "'bad.py': RuntimeError: no"
    inspect -x . -e "b''"
    refuses "Is a directory"
}

@test "objects without a buffer say what they are and what they have instead" {
    inspect -e "None"
    refuses "None, which has no buffer"
    inspect -e "3"
    refuses "type 'int' has no buffer"
    inspect -i io -e "io.BytesIO(b'x')"
    refuses "type '_io.BytesIO' has no buffer, but .*getbuffer"
    inspect -i multiprocessing -e "multiprocessing.Array('i', 3)"
    refuses "has no buffer, but get_obj .try .EXPR..get_obj...$"
    inspect -f nbytes -i multiprocessing -e "(multiprocessing.Array('i', 3)).get_obj()"
    expect 0 12
}

@test "what has another way to a buffer is told apart by its package, too" {
    cat >stand_ins.py <<'END'
def stand_in(module, name, *attributes):
    return type(name, (), {"__module__": module, **dict.fromkeys(attributes)})()
END
    inspect -x stand_ins.py -e "stand_in('_cffi_backend', '__CDataOwn')"
    refuses "type '_cffi_backend.__CDataOwn' has no buffer, but .try ffi.buffer.EXPR..$"
    inspect -x stand_ins.py -e "stand_in('PyQt6.QtGui', 'QImage', 'constBits')"
    refuses "but constBits .try .EXPR..constBits...asarray..EXPR..sizeInBytes....$"
    inspect -x stand_ins.py -e "stand_in('PySide6.QtGui', 'QImage', 'constBits')"
    refuses "but constBits .try .EXPR..constBits...$"
    inspect -x stand_ins.py -e "stand_in('multiprocessing.shared_memory', 'SharedMemory', 'buf')"
    refuses "but buf .try .EXPR..buf.$"
    inspect -x stand_ins.py -e "stand_in('mine', 'Model', 'register_parameter', 'get_buffer')"
    refuses "but register_parameter .try list..EXPR..parameters....0..detach...$"
    inspect -x stand_ins.py -e "stand_in('pygame', 'Surface', 'get_buffer')"
    refuses "but get_buffer .try .EXPR..get_buffer...$"
    inspect -x stand_ins.py -e "stand_in('torch.storage', 'UntypedStorage')"
    refuses "but .try torch.empty.0, dtype=torch.uint8..set_.EXPR..$"
    inspect -x stand_ins.py -e "stand_in('other', 'QImage', 'constBits')"
    refuses "has no buffer$"
    inspect -e "type('T', (), {'__array__': 1, '__dlpack__': 1, 'tobytes': 1})()"
    refuses "__dlpack__ .TypeError: .*, __array__ .*tobytes"
}

@test "a released memoryview" {
    inspect -e "[m := memoryview(b'x'), m.release()][0]"
    refuses "released memoryview"
}

@test "Ctrl-C ends it by SIGINT, whoever installed a handler" {
    cat >interrupt.py <<'END'
import os, signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored by all that a shell's & started
for prepare in "0", "__import__('signal')", "__import__('signal').signal(2, __import__('signal').default_int_handler)":
    expression = "[%s, open('ready', 'w').close(), time.sleep(30), b''][-1]" % prepare
    child = subprocess.Popen([sys.argv[1], "-i", "time", "-e", expression], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
    while not os.path.exists("ready"):
        time.sleep(0.01)
    time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate()
    os.remove("ready")
    print(child.returncode, out, err)
END
    run python interrupt.py "$MVIEW"
    [ "$output" = "-2 b'' b''
-2 b'' b''
-2 b'' b''" ] || { echo "$output" && return 1; }
}

@test "hostile type names are escaped" {
    inspect -e "type('a\x1b[2Jb\u202e', (), {})()"
    refuses 'a\\x1b\[2Jb\\u202e'
}

@test "a type that is refused as a format is known by another protocol" {
    inspect -f dtype -e 'type("Liar", (bytearray,), {"__array_interface__": {"typestr": "<f8"}})(8)'
    expect 0 ''
    needs numpy
    inspect -l -i numpy -e 'numpy.array(["2020-02-29", "NaT"], "M8[h]")'
    expect 0 $'0\t2020-02-29T00\n1\tNaT'
    inspect -f dtype,format -i numpy -e 'numpy.zeros(2, ">m8[s]")'
    expect 0 $'>m8[s]\t'
}

@test "a struct with types that have no format is read after its dtype" {
    needs numpy
    inspect -l -i numpy -e "numpy.array([(1, '2020-01-01', [2, 3])], [('a', 'i4'), ('b', 'M8[D]'), ('c', 'i2', (2,))])"
    expect 0 $'0\t(1, 18262, [2, 3])'
    inspect -l -i numpy -e "numpy.zeros(2, numpy.dtype([('a', 'i1'), ('b', 'M8[D]'), ('c', 'i1')], align=True))"
    expect 0 $'0\t(0, 0, 0)\n1\t(0, 0, 0)'
    inspect -f format,notes -i numpy -e "numpy.zeros(1, [('a', 'i4'), ('b', 'M8[D]')])"
    [[ "$output" == $'\t'*"no format was answered: read as 'T{=i:a:q:b:}', after the dtype"* ]]
    inspect -l -i numpy -e "numpy.zeros(1, {'names': ['a', 'b'], 'formats': ['M8[s]', 'i4'], 'offsets': [8, 2], 'itemsize': 32})"
    refuses "no format was answered"
}
