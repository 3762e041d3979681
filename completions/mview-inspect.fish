# fish completion for mview-inspect

# The program's own lists: name, TAB, help.
function __mview_inspect_listed
    set -l command (commandline -opc)
    command -q $command[1]; and $command[1] $argv[1] 2>/dev/null | string replace -r -f '^(\S.*?)(?:\s\s+(.*))?$' '$1\t$2'
end

function __mview_inspect_fields
    __mview_inspect_listed --list-fields
end

function __mview_inspect_rules
    set -l command (commandline -opc)
    command -q $command[1]; and $command[1] --list-rules 2>/dev/null | string replace -r -f '^\S+\s+(?!consumer-|file-)(\S+)\s+(.*)$' '$1\t$2'
end

function __mview_inspect_flags
    printf '%s\n' SIMPLE WRITABLE FORMAT ND STRIDES C_CONTIGUOUS F_CONTIGUOUS ANY_CONTIGUOUS INDIRECT \
        CONTIG CONTIG_RO STRIDED STRIDED_RO RECORDS RECORDS_RO FULL FULL_RO
end

function __mview_inspect_python
    complete -C python | string match -r '^python[0-9.t]*(?=\t|$)'
    __fish_complete_path (commandline -ct)
end

complete -c mview-inspect -n '__fish_contains_opt -s e eval' -f

complete -c mview-inspect -s e -l eval -x -d 'evaluate a Python expression'
complete -c mview-inspect -s i -l import -x -d 'import MOD first, visible as MOD (or NAME); repeatable'
complete -c mview-inspect -s x -l exec -r -F -d 'run a Python file first; its names are visible to EXPR'
complete -c mview-inspect -s I -l path -x -a '(__fish_complete_directories (commandline -ct))' -d 'put DIR in front of sys.path; repeatable'
complete -c mview-inspect -s t -l from -x -a 'auto npy npz pickle torch safetensors raw' -d 'what FILE is: auto (by content), npy, npz, pickle, torch, safetensors, raw'
complete -c mview-inspect -s m -l member -x -d 'a part of a container: a name, #N, or keys joined with /'
complete -c mview-inspect -s R -l recursive -d 'a container: list all levels below it, each member by its whole path'
complete -c mview-inspect -l trust -d 'load a pickle with Python\'s unpickler, which can run any code'
complete -c mview-inspect -l python -x -a '(__mview_inspect_python)' -d 'take modules from this interpreter\'s environment'
complete -c mview-inspect -l format -x -a 'bfloat16 float8_e3m4 float8_e4m3 float8_e4m3b11fnuz float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu float6_e2m3fn float6_e3m2fn float4_e2m1fn int1 int2 int4 uint1 uint2 uint4 complex32 bcomplex32 bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128' -d 'read the bytes as items of this PEP 3118 format, or of a type by name (bfloat16)'
complete -c mview-inspect -l shape -x -d 'read the bytes in this shape; one -1 is worked out'
complete -c mview-inspect -l offset -x -d 'read the bytes from this one on'

complete -c mview-inspect -s r -l request -x -a '(__fish_complete_list , __mview_inspect_flags)' -d 'send this request (ND, C_CONTIGUOUS|FORMAT, a consumer) and show the raw reply'
complete -c mview-inspect -s r -l request -x -a '(__mview_inspect_listed --list-consumers)'
complete -c mview-inspect -l contiguous -x -a 'C F A' -d 'ask for it contiguous, copied if need be'
complete -c mview-inspect -l writable -d 'with --contiguous: ask for it writable'
complete -c mview-inspect -l via -x -a 'buffer array_interface array_struct dlpack arrow cuda_array_interface' -d 'buffer, array_interface, array_struct, dlpack, arrow or cuda_array_interface'
complete -c mview-inspect -s S -l slice -x -d 'a slice as NumPy\'s: 10:20,::-1,...,3'

complete -c mview-inspect -s f -l field -x -a '(__fish_complete_list , __mview_inspect_fields)' -d 'the named fields on one line, separated by TAB'
complete -c mview-inspect -s j -l json -d 'one JSON object on a line'
complete -c mview-inspect -s d -l dump -d 'only the hex dump, as hexdump -C'
complete -c mview-inspect -s b -l binary -d 'the bytes themselves'
complete -c mview-inspect -l npy -d 'a .npy file, as numpy.save would write it'
complete -c mview-inspect -s l -l items -d 'one line per item: index, TAB, value'
complete -c mview-inspect -s n -l length -x -a all -d 'how many bytes (items with -l)'
complete -c mview-inspect -s s -l skip -x -d 'leave out the first N bytes (items with -l)'
complete -c mview-inspect -s v -l no-squeezing -d 'every line, no *'
complete -c mview-inspect -s w -l width -x -d 'bytes per dump line, 1 to 256 (default 16)'
complete -c mview-inspect -s o -l order -x -a 'logical F memory' -d 'logical (C index order), F, or memory'
complete -c mview-inspect -l color -f -a 'auto always never' -d 'auto (a terminal, no NO_COLOR), always or never'
complete -c mview-inspect -l traceback -d 'a Python exception\'s whole traceback'

complete -c mview-inspect -l check -d 'is the exporter, consumer or file right? exit 1 if not'
complete -c mview-inspect -l requests -d 'its answers to every kind of request, what other protocols tell, who can read it'
complete -c mview-inspect -l consumer -x -d 'with --check: offer every kind of buffer, as _, to the code that takes it'
complete -c mview-inspect -l mutate -x -d 'with --check: an expression that resizes the object, _'
complete -c mview-inspect -l reproduce -x -a '(__mview_inspect_rules)' -d 'with --check: a Python script that shows whether this rule is kept'
complete -c mview-inspect -l strict -d 'with --check: warnings (--trace: what it left held) make the exit code 1 too'
complete -c mview-inspect -l info -d 'with --check: show info findings too'
complete -c mview-inspect -l timeout -x -d 'with --check, --requests: time for one request or call (default 2)'
complete -c mview-inspect -l stress -x -d 'with --check: acquire, mutate and release in N threads at once'

complete -c mview-inspect -l trace -f -a 'events' -d 'run a program (-x, -e; its arguments behind --): who asks for which buffer, who holds one?'

complete -c mview-inspect -l list-fields -d 'the fields of -f and -j'
complete -c mview-inspect -l list-rules -d 'the rules of --check'
complete -c mview-inspect -l list-consumers -d 'the consumers of --request and --requests'
complete -c mview-inspect -s h -l help -d 'this help'
complete -c mview-inspect -s V -l version -d 'the version, and the Python built in'
