#!/usr/bin/env bats
# Completion, tried in the real shells: what they would offer for a command line.

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    export COMPLETIONS=$root/completions
    export HOME=$BATS_TEST_TMPDIR XDG_CONFIG_HOME=$BATS_TEST_TMPDIR
    unset FPATH

    mkdir "$BATS_TEST_TMPDIR/bin" "$BATS_TEST_TMPDIR/here"
    ln -s "${MVIEW:-$root/build/mview-inspect}" "$BATS_TEST_TMPDIR/bin/mview-inspect"
    ln -s /bin/true "$BATS_TEST_TMPDIR/bin/python3.99"
    PATH=$BATS_TEST_TMPDIR/bin:$PATH
    cd "$BATS_TEST_TMPDIR/here"
    mkdir folder
    touch data.npy script.py
}

in_bash() {
    bash --norc --noprofile "$root/tests/lib/complete.bash" "$1" | sort -u
}

in_zsh() {
    zsh -f "$root/tests/lib/complete.zsh" "$1"
}

# fish 4 lists what merely has these letters in this order too (--format for --fr); TAB takes
# what begins so, where there is any, and so does this.
in_fish() {
    fish --no-config -c "source $COMPLETIONS/mview-inspect.fish; complete -C \$argv[1]" -- "$1" | cut -f 1 | sort -u |
        awk -v word="${1##* }" '
            index($0, word) == 1 { print; begin = 1; next }
            { others = others $0 "\n" }
            END { if (!begin) printf "%s", others }'
}

need() {
    command -v "$1" >/dev/null || skip "no $1"
    # zsh is watched through a pseudo terminal, which a bare chroot may not have
    [ "$1" != zsh ] || zsh -fc 'zmodload zsh/zpty && zpty -b probe true' 2>/dev/null || skip "no pseudo terminal"
}

# The words offered, on one line.
words() {
    tr '\n' ' ' | sed 's/ $//'
}

# offers SHELL LINE EXPECTED
offers() {
    offered=$("in_$1" "$2" | words)
    echo "$1: '$2' offers: $offered"
    echo "rather than: $3"
    [ "$offered" = "$3" ]
}

@test "bash completes options" {
    need bash
    offers bash 'mview-inspect --fr' '--from='
    offers bash 'mview-inspect --list-' '--list-consumers --list-fields --list-rules'
    offers bash 'mview-inspect --no' '--no-squeezing'
}

@test "bash completes the arguments of options" {
    need bash
    offers bash 'mview-inspect -t n' 'npy npz'
    offers bash 'mview-inspect --from=n' 'npy npz'
    offers bash 'mview-inspect --order ' 'F logical memory'
    offers bash 'mview-inspect --contiguous ' 'A C F'
    offers bash 'mview-inspect --via a' 'array_interface array_struct arrow'
    offers bash 'mview-inspect -n a' 'all'
    offers bash 'mview-inspect --color=a' 'always auto'
    offers bash 'mview-inspect -e ' ''
}

@test "bash completes lists of fields and flags" {
    need bash
    offers bash 'mview-inspect -f itemsize,form' 'itemsize,format'
    offers bash 'mview-inspect --field=sh' 'shape'
    offers bash 'mview-inspect -r ND,FULL' 'ND,FULL ND,FULL_RO'
    offers bash 'mview-inspect -r pyarr' 'pyarrow.py_buffer'
}

@test "bash completes rules" {
    need bash
    offers bash 'mview-inspect --check --reproduce slots-' 'slots-of-one-type'
    offers bash 'mview-inspect --check --reproduce=slots-' 'slots-of-one-type'
}

@test "bash completes files, folders and interpreters" {
    need bash
    offers bash 'mview-inspect da' 'data.npy'
    offers bash 'mview-inspect --color da' 'data.npy'
    offers bash 'mview-inspect -x s' 'script.py'
    offers bash 'mview-inspect -I ' 'folder'
    offers bash 'mview-inspect --python python3.9' "$(cd / && compgen -c python3.9 | grep -x 'python[0-9.t]*' | sort -u | words)"
}

@test "zsh completes options" {
    need zsh
    offers zsh 'mview-inspect --fr' '--from'
    offers zsh 'mview-inspect --list-' '--list-consumers --list-fields --list-rules'
    offers zsh 'mview-inspect --no' '--no-squeezing'
}

@test "zsh completes the arguments of options" {
    need zsh
    offers zsh 'mview-inspect -t n' 'npy npz'
    offers zsh 'mview-inspect --from=n' 'npy npz'
    offers zsh 'mview-inspect --order ' 'F logical memory'
    offers zsh 'mview-inspect --contiguous ' 'A C F'
    offers zsh 'mview-inspect --via a' 'array_interface array_struct arrow'
    offers zsh 'mview-inspect -n a' 'all'
    offers zsh 'mview-inspect --color=a' 'always auto'
}

@test "zsh completes lists of fields and flags" {
    need zsh
    offers zsh 'mview-inspect -f itemsize,form' 'format'
    offers zsh 'mview-inspect --field=sh' 'shape'
    offers zsh 'mview-inspect -r ND,FULL' 'FULL FULL_RO'
    offers zsh 'mview-inspect -r pyarr' 'pyarrow.py_buffer'
    offers zsh 'mview-inspect -r Cython\ c' 'Cython const T[:]'
}

@test "zsh completes rules" {
    need zsh
    offers zsh 'mview-inspect --check --reproduce slots-' 'slots-of-one-type'
    offers zsh 'mview-inspect --check --reproduce=slots-' 'slots-of-one-type'
}

@test "zsh completes files, folders and interpreters" {
    need zsh
    offers zsh 'mview-inspect da' 'data.npy'
    offers zsh 'mview-inspect --color da' 'data.npy'
    offers zsh 'mview-inspect -x s' 'script.py'
    offers zsh 'mview-inspect -I ' 'folder'
    [[ $(in_zsh 'mview-inspect --python python3.9') = *python3.99* ]]
}

@test "zsh offers no files beside an expression" {
    need zsh
    offers zsh 'mview-inspect -e x da' ''
}

@test "fish completes options" {
    need fish
    offers fish 'mview-inspect --fr' '--from'
    offers fish 'mview-inspect --list-' '--list-consumers --list-fields --list-rules'
    offers fish 'mview-inspect --no' '--no-squeezing'
}

@test "fish completes the arguments of options" {
    need fish
    offers fish 'mview-inspect -t n' 'npy npz'
    offers fish 'mview-inspect --from=n' '--from=npy --from=npz'
    offers fish 'mview-inspect --order ' 'F logical memory'
    offers fish 'mview-inspect --contiguous ' 'A C F'
    offers fish 'mview-inspect --via a' 'array_interface array_struct arrow'
    offers fish 'mview-inspect -n ' 'all'
    offers fish 'mview-inspect --color=a' '--color=always --color=auto'
}

@test "fish completes lists of fields and flags" {
    need fish
    offers fish 'mview-inspect -f itemsize,forma' 'itemsize,format'
    offers fish 'mview-inspect -f sha' 'shape'
    offers fish 'mview-inspect -r ND,FULL' 'ND,FULL ND,FULL_RO'
    offers fish 'mview-inspect -r pyarr' 'pyarrow.py_buffer'
    offers fish 'mview-inspect -r Cython\ c' 'Cython const T[:]'
}

@test "fish completes rules" {
    need fish
    offers fish 'mview-inspect --check --reproduce slots-' 'slots-of-one-type'
    offers fish 'mview-inspect --check --reproduce=slots-' '--reproduce=slots-of-one-type'
}

@test "fish completes files, folders and interpreters" {
    need fish
    offers fish 'mview-inspect da' 'data.npy'
    offers fish 'mview-inspect --color da' 'data.npy'
    offers fish 'mview-inspect -x s' 'script.py'
    offers fish 'mview-inspect -I ' 'folder/'
    [[ $(in_fish 'mview-inspect --python python3.9') = *python3.99* ]]
}

@test "fish offers no files beside an expression" {
    need fish
    offers fish 'mview-inspect -e x da' ''
}
