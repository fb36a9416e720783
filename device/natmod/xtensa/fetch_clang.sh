#!/bin/sh
# Puts a compiler for the ESP32's Xtensa into the folder given as $1: clang of Debian's sid, unpacked there and run with its own
# libraries, as no other release has one for this core, and GNU's linker, for what is linked to an address. The machine's own
# packages stay as they are. Nothing is done when the folder is already there.
set -eu

target=$1
name=fetch_clang
otherwise="put Espressif's xtensa-esp32-elf-gcc on the PATH"
. "$(dirname "$0")/../../../boards/debian.sh"
suite=sid
packages="clang-23 libclang-cpp23 libclang-common-23-dev libllvm23 picolibc-xtensa-lx106-elf binutils-xtensa-lx106 patchelf
    libc6 libgcc-s1 libstdc++6 zlib1g libzstd1 libxml2-16 libedit2 libtinfo6 libffi8 libz3-4 libbsd0 libmd0"

[ -x "$target/bin/xtensa-esp32-elf-gcc" ] && exit 0

scripts=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$(dirname "$target")"
target=$(cd "$(dirname "$target")" && pwd)/$(basename "$target")
private_apt "$target.apt" deb
: > "$apt/status"
# What is installed here must not count: every package is wanted, of one release.
apt_sid() { apt_private -o Dir::State::status="$apt/status" -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null "$@"; }

if ! { apt_sid update && cd "$apt/source" && apt_sid download $packages; } > "$apt/log" 2>&1; then
    not_got "clang for Xtensa"
fi
for package in *.deb; do
    dpkg -x "$package" "$apt/root"
done
mv "$apt/root" "$target.new"

# Programs start with sid's own ld.so, and programs and libraries look for libraries beside it: absolute paths, so the folder
# has its final name.
rm -rf "$target"
mv "$target.new" "$target"
loader=$(find "$target/usr/lib" -name 'ld-linux*.so.*' | head -n 1)
libraries=$(dirname "$loader")
clang=$target/usr/lib/llvm-23/bin/clang
# patchelf runs with copies of the libraries that it is to change.
mkdir "$apt/own"
for library in ld-linux libc libm libstdc++ libgcc_s; do
    cp -L "$libraries/$library"*.so.[0-9]* "$apt/own"
done
for file in "$clang" "$target"/usr/bin/xtensa-lx106-elf-* "$libraries"/*.so.*; do
    with="--force-rpath --set-rpath $libraries"
    case $(basename "$file") in
        ld-* | libc.so.* | *.py) continue ;;
        *.so.*) ;;
        *) with="--set-interpreter $loader $with" ;;
    esac
    [ -L "$file" ] || "$apt/own/$(basename "$loader")" --library-path "$apt/own" "$target/usr/bin/patchelf" $with "$file"
done

mkdir -p "$target/bin" "$target/link"
ln -s "$clang" "$target/bin/clang"
for tool in ld size nm objdump; do
    ln -s "$target/usr/bin/xtensa-lx106-elf-$tool" "$target/bin/xtensa-esp32-elf-$tool"
done
ln -s "$target/usr/bin/xtensa-lx106-elf-ar" "$target/bin/xtensa-esp32-elf-ar"
cp "$scripts/ld_as_gcc.sh" "$target/link/gcc"
cp "$scripts/clang_as_gcc.sh" "$target/bin/xtensa-esp32-elf-gcc"  # last: it says that all is there
rm -rf "$apt"
