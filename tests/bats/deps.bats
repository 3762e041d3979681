#!/usr/bin/env bats
# What is to be installed, on the systems that there are: their package managers
# are scripts here that say how they are called.

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return 1
    unset PYTHON CC PKG_CONFIG
    folder=$BATS_TEST_TMPDIR/bin
    mkdir "$folder"
    for name in awk cat dirname grep ldconfig sed sh sort tr; do
        ln -s "$(PATH=$PATH:/sbin:/usr/sbin command -v "$name")" "$folder/$name"
    done
    stub id 'echo 0'
}

# stub NAME COMMANDS
stub() {
    printf '#!/bin/sh\n%s\n' "$2" >"$folder/$1"
    chmod +x "$folder/$1"
}

deps() {
    PATH=$folder run sh src/tools/deps "$@"
}

# says STATUS LINE
says() {
    echo "status $status: $output"
    [ "$status" -eq "$1" ]
    [ "$output" = "$2" ]
}

@test "each system's own names, and its own command" {
    stub dnf 'echo "dnf $*"'
    deps build
    says 0 "dnf -y install gcc jansson-devel make pkgconf-pkg-config python3 python3-devel zlib-devel"
    rm "$folder/dnf"
    stub pacman 'echo "pacman $*"'
    deps build
    says 0 "pacman -S --needed --noconfirm gcc jansson make pkgconf python zlib"
    rm "$folder/pacman"
    stub apk 'echo "apk $*"'
    deps build
    says 1 "deps: as root: apk add gcc jansson-dev make pkgconf python3 python3-dev zlib-dev"
    rm "$folder/apk"
    stub zypper 'echo "zypper $*"'
    deps build
    says 1 "deps: as root: zypper install gcc libjansson-devel make pkg-config python3 python3-devel zlib-devel"
    rm "$folder/zypper"
    deps build
    says 1 "deps: install these (by their Debian names), then try again: gcc libjansson-dev libpython3-dev make pkg-config python3 zlib1g-dev"
}

@test "nobody but root, or sudo, installs" {
    stub dnf 'echo "dnf $*"'
    stub id 'echo 1000'
    PYTHON=python3.13 deps build
    says 1 "deps: as root: dnf install gcc jansson-devel make pkgconf-pkg-config zlib-devel"
    stub sudo 'echo "sudo:"; exec "$@"'
    PYTHON=python3.13 deps build
    says 0 $'sudo:\ndnf -y install gcc jansson-devel make pkgconf-pkg-config zlib-devel'
}

@test "what is there is not asked for, and nothing is said when all is there" {
    stub dnf 'echo "dnf $*"'
    stub cc ''
    stub make ''
    stub pkg-config '[ "$2" != zlib ]'
    stub python3 ''
    deps --missing build
    says 1 "deps: install these, then try again: dnf install zlib-devel"
    stub pkg-config ''
    deps --missing build
    says 0 ""
    CC="clang -m32" deps --missing
    says 1 "deps: install these, then try again: dnf install clang"
}

@test "what dpkg knows as installed counts" {
    stub apt-get 'echo "apt-get $*"'
    stub apt-cache ''
    stub dpkg-query 'printf "%s\n" "installed gcc" "installed make" "config-files zlib1g-dev" "installed pkg-config"; exit 1'
    PYTHON=python3.13 deps
    says 0 "apt-get install -y --no-install-recommends libjansson-dev zlib1g-dev"
}

@test "a group that is not known" {
    deps everything
    says 2 "deps: no group 'everything': it is one of run, build, test, fuzz, real, bench, cross, package"
}
