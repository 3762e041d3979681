# What the suites of --trace share.

setup_file() {
    export CONSUMERS=${MVIEW_BUILD:-$PWD/build}
}

trace() {
    inspect --trace "$@"
}

# has TEXT: among the last output's lines.
has() {
    grep -qF -- "$1" <<<"$output" || { echo "no '$1' in: $output; stderr: $stderr" && return 1; }
}

# answers PYTHON: the condition on the JSON of the last output, `t`.
answers() {
    printf '%s' "$output" | python -c "import json, sys; t = json.load(sys.stdin); sys.exit(not ($1))" ||
        { echo "not $1: $output; stderr: $stderr" && return 1; }
}
