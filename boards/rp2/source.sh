#!/bin/sh
# Makes the folder $3 a MicroPython tree in which ports/rp2 builds: from $1, MicroPython, of which a package or a checkout without
# submodules is enough, and $2, the folder with pico-sdk/ and tinyusb/ that takes the place of those that are missing there.
# All but ports/rp2 and lib are links, so that $1 stays as it is.
set -eu

micropython=$1 sdk=$2 tree=$3
here=$(cd "$(dirname "$0")" && pwd)

rm -rf "$tree" "$tree.part"
mkdir -p "$tree.part/lib" "$tree.part/ports"
for folder in py extmod shared drivers tools; do
    ln -s "$micropython/$folder" "$tree.part/$folder"
done
for library in "$micropython"/lib/*; do
    ln -s "$library" "$tree.part/lib/$(basename "$library")"
done
cp -R "$micropython/ports/rp2" "$tree.part/ports/rp2"

for library in tinyusb pico-sdk; do
    if [ -z "$(ls -A "$micropython/lib/$library" 2>/dev/null)" ]; then
        rm -f "$tree.part/lib/$library"
        ln -s "$sdk/$library" "$tree.part/lib/$library"
    fi
done
# Without mbedtls there is no TLS, no SHA-1 and no AES.
if [ -z "$(ls -A "$micropython/lib/mbedtls" 2>/dev/null)" ]; then
    patch --silent -d "$tree.part/ports/rp2" -p1 < "$here/without_mbedtls.patch"
fi
# The build asks for this file of micropython-lib; our manifest needs nothing else of it.
if [ ! -f "$micropython/lib/micropython-lib/README.md" ]; then
    rm -f "$tree.part/lib/micropython-lib"
    mkdir "$tree.part/lib/micropython-lib"
    echo "Empty." > "$tree.part/lib/micropython-lib/README.md"
fi
mv "$tree.part" "$tree"
