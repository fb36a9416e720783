#!/bin/sh
# Debian's clang under the name that MicroPython's py/dynruntime.mk calls: xtensa-esp32-elf-gcc, for the ESP32's LX6.
# LINNET_XTENSA_FEATURES: other options of the core than an LX6's.

tools=$(dirname "$(readlink -f "$0")")
features=${LINNET_XTENSA_FEATURES:-density windowed bool loop mac16 mul16 mul32 mul32high div32 nsa sext minmax fp threadptr s32c1i timers3 timers2 timers1}

n=$#
# Code is not to be position-independent: the linker sees to it, and the compiler cannot.
for argument in "$@"; do
    case $argument in
        -fpic | -fPIC) ;;
        *) set -- "$@" "$argument" ;;
    esac
done
shift "$n"

# The front end refuses -mcpu=esp32, which the back end knows: the options one by one. With a frame pointer variadic functions
# would lose a register (clang 23).
for feature in $features; do
    set -- -Xclang -target-feature -Xclang "+$feature" "$@"
done
exec "$tools/clang" -target xtensa -B "$tools/../link" -ffreestanding -fomit-frame-pointer -Wno-unused-command-line-argument \
    -isystem "$tools/../usr/lib/xtensa-lx106-elf/include" -Xclangas -target-cpu -Xclangas esp32 "$@"
