#!/bin/sh
# Puts MicroPython's source, Debian's package of it from trixie, into the folder given as $1.
# Apt keeps its lists in a private folder beside it ($1.apt), so the machine's own sources stay as they are.
# Nothing is done when the folder is already there.
set -eu

target=$1
suite=trixie

say() { echo "fetch_micropython: $*" >&2; }

[ -f "$target/ports/qemu/Makefile" ] && exit 0

if ! command -v apt-get >/dev/null; then
    say "this machine has no apt-get; set MICROPYTHON_DIR to a checkout of MicroPython 1.25 or later."
    exit 1
fi
if ! command -v dpkg-source >/dev/null; then
    say "dpkg-source is missing; run: apt-get install dpkg-dev"
    exit 1
fi

# The mirror: the first Debian archive named by the machine's sources (one-line or deb822 files), security excepted.
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
    sed -n -e 's/^deb\(-src\)\{0,1\} *\(\[[^]]*\]\)\{0,1\} *\([^ ]*\) .*/\3/p' -e 's/^URIs: *\([^ ]*\).*/\1/p' |
    grep '/debian/*$' | head -n 1)
if [ -z "$mirror" ]; then
    say "no Debian mirror in /etc/apt/sources.list or /etc/apt/sources.list.d; set MICROPYTHON_DIR to a checkout of MicroPython 1.25 or later."
    exit 1
fi

mkdir -p "$(dirname "$target")"
target=$(cd "$(dirname "$target")" && pwd)/$(basename "$target")
apt=$target.apt
rm -rf "$apt"
mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/source"
echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" > "$apt/sources.list"

apt_private() {
    apt-get -q -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt/cache" -o APT::Sandbox::User=root \
        -o APT::Update::Error-Mode=any -o Acquire::Retries=2 "$@"
}

if ! { apt_private update && cd "$apt/source" && apt_private source micropython; } > "$apt/log" 2>&1; then
    say "could not get the source package micropython of $suite from $mirror (offline? the log is $apt/log);" \
        "set MICROPYTHON_DIR to a checkout of MicroPython 1.25 or later."
    exit 1
fi

# The tree appears under its name only when it is whole.
mv "$apt"/source/micropython-*/ "$target"
rm -rf "$apt"
