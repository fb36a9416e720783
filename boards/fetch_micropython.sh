#!/bin/sh
# Puts MicroPython's source, Debian's package of it from trixie, into the folder given as $1.
# Apt keeps its lists in a private folder beside it ($1.apt). Nothing is done when the folder is already there.
set -eu

target=$1
name=fetch_micropython
otherwise="set MICROPYTHON_DIR to a checkout of MicroPython 1.25 or later"
. "$(dirname "$0")/debian.sh"

[ -f "$target/ports/qemu/Makefile" ] && exit 0

if ! command -v dpkg-source >/dev/null; then
    say "dpkg-source is missing; run: apt-get install dpkg-dev"
    exit 1
fi

mkdir -p "$(dirname "$target")"
target=$(cd "$(dirname "$target")" && pwd)/$(basename "$target")
private_apt "$target.apt" deb-src

if ! { apt_private update && cd "$apt/source" && apt_private source micropython; } > "$apt/log" 2>&1; then
    not_got "the source package micropython"
fi

# The tree appears under its name only when it is whole.
mv "$apt"/source/micropython-*/ "$target"
rm -rf "$apt"
