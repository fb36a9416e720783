# Tensors of 8 bytes an element; real numbers that are none.

import struct
from array import array

import linnet
from tiny import FLOAT32, INT64, moved, plain

m = linnet.load(moved(INT64, 2))
print(m.input_dtype, m.output_dtype, plain(m.predict([array("q", [1 << 40, -5])])[0]), plain(m.peek(0)))

# Of a NaN any bits will do; of anything else no other.
for got, wanted in (0x7FC00001, 0xFFC00000), (0x7FC00000, 0x7F800000), (0x3F800000, 0x7FC00000), (0, 0x80000000):
    golden = struct.pack("<HHI4I", 1, 0, 0, 0x40000000, got, 0x40000000, wanted)
    try:
        print(linnet.load(moved(FLOAT32, 2, golden)).selftest())
    except Exception as error:  # the host has an error of its own, that names the blob
        print(str(error).replace("blob: ", ""))
