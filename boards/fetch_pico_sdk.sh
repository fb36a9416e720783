#!/bin/sh
# Puts pico-sdk and tinyusb, Debian's packages pico-sdk-source and tinyusb-source from trixie, into the folder given as $1.
# Apt keeps its lists in a private folder beside it ($1.apt). Nothing is done when the folder is already there.
set -eu

target=$1
name=fetch_pico_sdk
otherwise="without them only the emulated Pico cannot be built"
. "$(dirname "$0")/debian.sh"

[ -f "$target/pico-sdk/pico_sdk_init.cmake" ] && [ -d "$target/tinyusb/src" ] && exit 0

mkdir -p "$(dirname "$target")"
target=$(cd "$(dirname "$target")" && pwd)/$(basename "$target")
private_apt "$target.apt" deb

if ! { apt_private update && cd "$apt/source" && apt_private download pico-sdk-source tinyusb-source; } > "$apt/log" 2>&1; then
    not_got "the packages pico-sdk-source and tinyusb-source"
fi
for package in "$apt"/source/*.deb; do
    dpkg-deb -x "$package" "$apt/tree"
done

# The folder appears under its name only when it is whole.
rm -rf "$target"
mv "$apt/tree/usr/src" "$target"
rm -rf "$apt"
