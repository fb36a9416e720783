"""Golden vectors: inputs, and the outputs that the host core gives for them, which a board must give as well."""

import zipfile

import numpy as np

from linnet.blob import Vector
from linnet.errors import LinnetError
from linnet.model import as_input

MAX_STORED = 4  # of --golden X.npy, unless the caller says otherwise


def load_inputs(path, rows):
    """The samples in an .npy or .npz file: a list of [array, ...], one array per model input.

    rows: the model's inputs (blob.TensorRow). A sample has the input's shape; the file has one more dimension, or the
    model's own batch of 1 in front. An .npz of a model with several inputs has one array per input, in order.
    Raises LinnetError for a file that does not fit.
    """
    try:
        loaded = np.load(path, allow_pickle=False)
        arrays = [loaded[key] for key in loaded.files] if hasattr(loaded, "files") else [loaded]
    except OSError as error:
        raise LinnetError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        why = "it is damaged, or another kind of file" if "pickle" in str(error) else error
        raise LinnetError(f"{path}: not an .npy or .npz file: {why}") from None
    # An .npz with x and y, as data sets come, is as good as one with x alone.
    if len(rows) == 1 and hasattr(loaded, "files") and "x" in loaded.files:
        arrays = [loaded["x"]]
    if len(arrays) != len(rows):
        raise LinnetError(f"{path}: has {len(arrays)} arrays, the model has {len(rows)} inputs")
    batches = []
    for index, (array, row) in enumerate(zip(arrays, rows)):
        what = f"{path}: input {index}" if len(rows) > 1 else str(path)
        shape = tuple(row.shape)
        inner = shape[1:] if shape[:1] == (1,) else shape
        if array.shape in (shape, inner):
            array = array.reshape((1, *shape))
        elif array.shape[1:] not in (shape, inner):
            raise LinnetError(f"{what}: the model takes {row.dtype} {shape}, the file holds {array.dtype} {array.shape}")
        if not len(array):
            raise LinnetError(f"{what}: holds no samples")
        try:
            batches.append([as_input(sample, row, what) for sample in array])
        except LinnetError:
            raise LinnetError(
                f"{what}: the model takes {row.dtype} {shape}, the file holds {array.dtype} {array.shape}"
            ) from None
    if len({len(batch) for batch in batches}) > 1:
        raise LinnetError(f"{path}: the inputs have different numbers of samples: {[len(batch) for batch in batches]}")
    return [list(sample) for sample in zip(*batches)]


def vectors(model, samples=None, n=2):
    """n golden vectors (blob.Vector) of a Model: from seeds 1 ... n, or the first n of `samples`, stored with them."""
    made = []
    for index in range(n if samples is None else min(n, len(samples))):
        if samples is None:
            vector = Vector(index + 1, None, [])
        else:
            vector = Vector(0, [x.tobytes() for x in samples[index]], [])
        model.reset()
        vector.outputs = [y.tobytes() for y in model.predict(model.golden_inputs(vector))]
        made.append(vector)
    model.reset()
    return made
