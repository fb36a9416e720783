#!/bin/sh
# modules.sh FOLDER: the user C modules of this firmware, device/ and linnet_models: the demo's model and, where it is there, visual
# wake words with all its weights, which are more than the board has RAM. Without .venv there are no models.
set -e
root=$(cd "$(dirname "$0")/../.." && pwd)
linnet=$root/.venv/bin/linnet
made=$1/linnet_models/linnet_models.c
vww=$root/../shared/models/vww_96_int8.tflite

mkdir -p "$1"
ln -sfn "$root/device" "$1/device"
[ -x "$linnet" ] || exit 0
[ ! -f "$made" ] || [ -n "$(find "$root/host/linnet" "$root/models/digits" -newer "$made" -name '*.[pt][yf]*' | head -n 1)" ] || exit 0
"$linnet" pack "$root/models/digits/digits.tflite" -o "$1/digits.linnet" --core armv7em
set -- "$1" "$1/digits.linnet"
if [ -f "$vww" ]; then
    "$linnet" pack "$vww" -o "$1/vww.linnet" --core armv7em --keep-constants
    set -- "$@" "$1/vww.linnet"
fi
folder=$1
shift
"$linnet" freeze "$@" -o "$folder/linnet_models"
