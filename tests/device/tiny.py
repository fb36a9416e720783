# Blobs for the device tests, made on the spot as FORMAT.md says; runs on MicroPython and CPython.

import struct

INT8, UINT8, FLOAT32, INT64 = 1, 2, 5, 9
ADD, LUT, RESHAPE, DEQUANTIZE = 6, 10, 8, 12


def crc32(data):
    try:
        from binascii import crc32

        return crc32(data)
    except ImportError:
        pass
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def seal(blob):
    """A bytearray with its CRC made right."""
    blob[12:16] = struct.pack("<I", crc32(memoryview(blob)[16:]))
    return blob


def pad(data, multiple):
    return data + bytes(-len(data) % multiple)


def tensor(offset, dtype, dims, scale=0.0, zero_point=0, place=0):
    n_bytes = {FLOAT32: 4, INT64: 8}.get(dtype, 1)
    for dim in dims:
        n_bytes *= dim
    dims = tuple(dims) + (0,) * (6 - len(dims))
    return struct.pack("<IIBBBBif6II", offset, n_bytes, dtype, 6 - dims.count(0), place, 0, zero_point, scale, *(dims + (0xFFFFFFFF,)))


def operator(code, x, y, params=b"", data=(0, 0)):
    """x, y: the indices of an input and the output; x may be a tuple of two."""
    operands = x + (y, 0) if isinstance(x, tuple) else (x, y)
    n_inputs, n_bytes = len(operands) // 2, 24 + 2 * len(operands) + len(params)
    return struct.pack("<HBBHBBIIII%dH" % len(operands), code, 0, 0, n_bytes, n_inputs, 1, data[0], data[1], 0, 0, *operands) + params


def strings(texts):
    return b"".join(struct.pack("<HH", key, len(text)) + pad(text, 4) for key, text in texts)


def blob(arena_bytes, tensors, inputs, outputs, operators, texts=(), weights=b"", golden=b"", n_reset=0, groups=0):
    io = b"".join(struct.pack("<H", i) for i in inputs + outputs)
    sections = [(1, b"".join(tensors)), (2, io), (3, b"".join(operators)), (4, strings(texts)), (5, weights), (6, golden)]
    sections = [(kind, data) for kind, data in sections if data]
    at = 32 + 16 * len(sections)
    table, body = b"", b""
    for kind, data in sections:
        table += struct.pack("<HBBIII", kind, 0, 0, at, len(data), len(data))
        body += pad(data, 16)
        at = 32 + 16 * len(sections) + len(body)
    counts = struct.pack("<HHHBB", len(sections), len(tensors), len(operators), len(inputs), len(outputs))
    header = b"\x89LNT" + struct.pack("<BBHIIIBBH", 1, 0, 32, at, 0, arena_bytes, 0, n_reset, groups) + counts
    return seal(bytearray(header + table + body))


def negate():
    """int8 (1, 4) -> int8 (2, 2): a LUT that gives -1 - q, then a RESHAPE over the input. Three golden vectors."""
    table = bytes((255 - i) & 255 for i in range(256))
    inputs = [1, -2, 100, -128]
    golden = struct.pack("<HH", 3, 0)
    golden += struct.pack("<I4b", 1, *[-1 - q for q in from_seed(1, 4)])
    golden += struct.pack("<I4b4b", 0, *(inputs + [-1 - q for q in inputs]))
    golden += struct.pack("<I4b", 7, *[-1 - q for q in from_seed(7, 4)])
    return blob(
        32,
        [tensor(0, INT8, (1, 4), 0.5, -1), tensor(16, INT8, (1, 4), 0.5, 0), tensor(0, INT8, (2, 2), 0.5, 0)],
        [0],
        [2],
        [operator(LUT, 0, 1, struct.pack("<I", 4), (0, 256)), operator(RESHAPE, 1, 2)],
        [(1, b"negate"), (2, b"a\nb\nc\nd")],
        table,
        golden,
    )


def two():
    """int8 (3,), uint8 (2,) -> float32 (3,), uint8 (2,): the first dequantized, the second plus one."""
    table = bytes((i + 1) & 255 for i in range(256))
    return blob(
        64,
        [
            tensor(0, INT8, (3,), 0.25, 2),
            tensor(16, UINT8, (2,), 2.0, 128),
            tensor(32, FLOAT32, (3,)),
            tensor(48, UINT8, (2,), 2.0, 128),
        ],
        [0, 1],
        [2, 3],
        [
            operator(DEQUANTIZE, 0, 2, struct.pack("<Ifi", 3, 0.25, 2)),
            operator(LUT, 1, 3, struct.pack("<I", 2), (0, 256)),
        ],
        (),
        table,
    )


def counter():
    """int8 (4,) -> int8 (4,): x + variable, which becomes the variable, first 1, -2, 3, -4. One golden vector."""
    first, inputs = [1, -2, 3, -4], [10, 20, 30, -40]
    golden = struct.pack("<HHI4b4b", 1, 0, 0, *(inputs + [a + b for a, b in zip(first, inputs)]))
    half, to_output = 1 << 30, -18  # 1/2, and with it 2 / 2^20
    params = struct.pack("<I6h6i", 4, 0, 0, 0, -128, 127, 0, half, half, half, 0, 0, to_output)
    return blob(
        48,
        [
            tensor(0, INT8, (4,), 0.5),
            tensor(16, INT8, (4,), 0.5),
            tensor(32, INT8, (4,), 0.5),
            tensor(0, INT8, (4,), 0.5, 0, 1),
        ],
        [0],
        [2],
        [operator(RESHAPE, 3, 1), operator(ADD, (0, 1), 2, params), operator(RESHAPE, 2, 1)],
        [(1, b"counter")],
        struct.pack("<4b", *first),
        golden,
        1,
    )


def moved(dtype, n, golden=b""):
    """(n,) -> (n,) of any dtype: a RESHAPE."""
    tensors = [tensor(0, dtype, (n,)), tensor(32, dtype, (n,))]
    return blob(64, tensors, [0], [1], [operator(RESHAPE, 0, 1)], golden=golden)


def beyond():
    """A model that no board runs: its one operator is the last of the group shapes."""
    tensors = [tensor(0, INT8, (4,)), tensor(16, INT8, (4,))]
    return blob(32, tensors, [0], [1], [operator(127, 0, 1)], groups=1 << 1)


def from_seed(s, n):
    """FORMAT.md's generator: n int8."""
    elements = []
    for _ in range(n):
        s ^= s << 13 & 0xFFFFFFFF
        s ^= s >> 17
        s ^= s << 5 & 0xFFFFFFFF
        elements.append((s >> 24 ^ 128) - 128)
    return elements


def plain(y):
    """An output as a list of numbers, on the board and on the host."""
    return y.ravel().tolist() if hasattr(y, "ravel") else list(y)
