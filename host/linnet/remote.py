"""A batch of inputs through a model on a board: base64 lines there, base64 lines back, one sample at a time."""

import base64
import binascii

import numpy as np

from linnet.deploy import deploy
from linnet.errors import LinnetError
from linnet.model import Model
from linnet.target import connect

CHUNK_BYTES = 3072  # of payload a line
INFERENCE_TIMEOUT_S = 120.0

# The inputs are written straight into the arena. Each line is acknowledged: the board holds one at a time.
PROGRAM = """
import sys, gc, struct, linnet
from binascii import a2b_base64, b2a_base64
model = linnet.load({path!r})
native = model._native
def view(index):
    offset, n = struct.unpack('<II', native.tensor(index)[:8])
    return memoryview(model.arena)[offset:offset + n]
info = native.info()
inputs, outputs = [view(i) for i in info[5]], [view(i) for i in info[6]]
gc.collect()
for _ in range({n_samples}):
    for x in inputs:
        at = 0
        while at < len(x):
            data = a2b_base64(sys.stdin.readline())
            x[at:at + len(data)] = data
            at += len(data)
            print('+')
    model.invoke()
    for y in outputs:
        for at in range(0, len(y), {chunk}):
            print(str(b2a_base64(y[at:at + {chunk}]), 'utf8'), end='')
"""


def run_on_board(blob_path, samples, board=None, port=None, progress=iter):
    """Runs every sample on a board and returns the results.

    blob_path: the blob, deployed first where it is not there yet. samples: [[array per input], ...] in the model's own
    dtypes. Returns [[array per output], ...]. board, port: as target.connect. progress wraps the list of samples.
    """
    with connect(board, port) as connection:
        deployed = deploy(connection, blob_path, selftest=False)
        return run_connected(connection, deployed.path, Model(deployed.blob), samples, progress)


def run_connected(connection, path, model, samples, progress=iter):
    """Like run_on_board, on an open Connection to a board that has the blob at `path`; model: the same blob on the host."""
    rows = [model.blob.tensors[i] for i in model.blob.outputs]
    connection.soft_reset()
    connection.start(PROGRAM.format(path=path, n_samples=len(samples), chunk=CHUNK_BYTES))
    results = []
    for sample in progress(samples):
        for array in sample:
            data = np.ascontiguousarray(array).tobytes()
            for at in range(0, len(data), CHUNK_BYTES):
                connection.write(base64.b64encode(data[at : at + CHUNK_BYTES]) + b"\n")
                if _line(connection, connection.timeout_s) != b"+":
                    raise LinnetError(f"{connection.port}: the board lost its place in the inputs; try again")
        results.append([_receive(connection, row) for row in rows])
    connection.finish()
    return results


def _receive(connection, row):
    """One output tensor (blob.TensorRow) as an array."""
    data = b""
    while len(data) < row.bytes:
        try:
            data += base64.b64decode(_line(connection, INFERENCE_TIMEOUT_S), validate=True)
        except binascii.Error:
            raise LinnetError(f"{connection.port}: a line of the results was damaged on its way; try again") from None
    return np.frombuffer(data, row.dtype).reshape(row.shape)


def _line(connection, timeout_s):
    line = connection.read_line(timeout_s)
    if not line:
        raise LinnetError(f"{connection.port}: the board fell silent while running the model; reset it and try again")
    return line
