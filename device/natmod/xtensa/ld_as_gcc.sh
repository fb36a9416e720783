#!/bin/sh
# What clang calls to link for a core that has no linker of its own: "gcc", here GNU's linker without any library.

n=$#
for argument in "$@"; do
    case $argument in
        -Wl,*)
            for option in $(echo "${argument#-Wl,}" | tr , ' '); do
                set -- "$@" "$option"
            done
            ;;
        -nostdlib | -nostartfiles | -f* | -m* | -O* | -W* | -std=* | -ffreestanding) ;;
        *) set -- "$@" "$argument" ;;
    esac
done
shift "$n"
exec "$(dirname "$(readlink -f "$0")")/../bin/xtensa-esp32-elf-ld" -z noexecstack --no-warn-rwx-segments "$@"
