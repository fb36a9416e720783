"""A batch of inputs through a model: on the host, or on a board."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from linnet.errors import LinnetError
from linnet.golden import load_inputs
from linnet.model import Model


@dataclass
class Ran:
    n_samples: int
    where: str  # "host", or the board
    seconds: float
    shapes: list  # of what was written, one per output
    output: Path


def run_file(blob, inputs, output, board=None, port=None, progress=iter):
    """Runs every sample of an .npy or .npz file through a blob and writes the results: .npy, .npz for several outputs.

    blob, inputs, output: paths. board, port: run there instead of on the host. progress: wraps a list, to show how far
    it is. Returns a Ran. Raises LinnetError when a file cannot be read or written, or the inputs do not fit the model.
    """
    model = Model(blob)
    tensors = model.blob.tensors
    samples = load_inputs(inputs, [tensors[i] for i in model.blob.inputs])
    _check_output(output, len(model.blob.outputs))
    start = time.perf_counter()
    if board or port:
        from linnet.remote import run_on_board

        results = run_on_board(blob, samples, board, port, progress)
    else:
        results = [model.predict(sample) for sample in progress(samples)]
    seconds = time.perf_counter() - start
    batches = []
    for index, tensor in enumerate(model.blob.outputs):
        row = tensors[tensor]
        batch = np.stack([np.asarray(result[index]).reshape(row.shape) for result in results])
        # The model's own batch of 1 and the file's batch are one axis.
        batches.append(batch.reshape(len(results), *row.shape[1:]) if row.shape[:1] == (1,) else batch)
    save(output, batches)
    return Ran(len(samples), board or port or "host", seconds, [batch.shape for batch in batches], Path(output))


def _check_output(output, n_outputs):
    """Before the work, not after it. Raises LinnetError."""
    output = Path(output)
    if n_outputs > 1 and output.suffix != ".npz":
        raise LinnetError(f"{output}: the model has {n_outputs} outputs: give the name of an .npz file")
    if not output.parent.is_dir():
        raise LinnetError(f"{output}: there is no folder {output.parent}")


def save(output, batches):
    """Writes arrays to an .npy file, or to an .npz file as y0, y1, ... (y when there is but one)."""
    try:
        with open(output, "wb") as file:
            if Path(output).suffix == ".npz":
                names = ["y"] if len(batches) == 1 else [f"y{i}" for i in range(len(batches))]
                np.savez(file, **dict(zip(names, batches)))
            else:
                np.save(file, batches[0])
    except OSError as error:
        raise LinnetError(f"{output}: {error.strerror}") from None
