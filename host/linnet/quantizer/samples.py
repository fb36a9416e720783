"""Samples to calibrate and to evaluate on: read from files or arrays, and refused in a sentence where they cannot be used."""

import zipfile
from pathlib import Path

import numpy as np

from linnet import golden as goldens
from linnet.blob import TensorRow
from linnet.errors import LinnetError

FEW = 10  # samples: fewer are warned about


def load(source, graph, what):
    """(samples, labels): [[float32 array in its shape per input], ...] and classes (n,), or None where there are none.

    source: the path of an .npz or .npy file; an array (n, ...), of a model with one input; or {input's name: such an array}.
    what: names arrays in messages. An .npz may name its arrays as the model does its inputs, or else has them in their order;
    of one input x is enough. Its y is the labels. Raises LinnetError.
    """
    rows = [TensorRow(0, tensor.bytes, tensor.dtype, tensor.shape) for tensor in graph.inputs]
    if isinstance(source, (str, Path)):
        return _read(source, graph, rows)
    if isinstance(source, dict):
        arrays = _named(source, [tensor.name for tensor in graph.inputs], what)
    elif len(rows) > 1:
        raise LinnetError(f"{what}: the model has {len(rows)} inputs; give {{name: array}} of {', '.join(t.name for t in graph.inputs)}")
    else:
        arrays = [source]
    return _as_samples(arrays, rows, what), None


def check(samples, what):
    """Raises LinnetError unless the samples ([[array per input], ...]) are numbers; a warning where they are few, or None."""
    if not samples:
        raise LinnetError(f"{what}: holds no samples")
    for number, sample in enumerate(samples):
        for x in sample:
            if not np.all(np.isfinite(x)):
                raise LinnetError(f"{what}: sample {number} holds NaN or infinity; take such samples out")
    if all(np.ptp(x) == 0 for sample in samples for x in sample):
        raise LinnetError(f"{what}: every sample is a constant; calibrate with real inputs")
    if len(samples) < FEW:
        n = "one sample tells" if len(samples) == 1 else f"{len(samples)} samples tell"
        return f"{what}: {n} little of the ranges; 100 are usual"
    return None


def _read(path, graph, rows):
    names = [tensor.name for tensor in graph.inputs]
    try:
        file = np.load(path, allow_pickle=False)
        found = {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile):
        # An .npy file, or none at all.
        return goldens.load_inputs(path, rows), None
    labels = found.pop("y", None) if len(found) > 1 and "y" not in names else None
    if len(names) == 1 and "x" in found:
        arrays = [found["x"]]
    elif all(name in found for name in names):
        arrays = [found[name] for name in names]
    elif len(found) == len(names):
        arrays = list(found.values())
    else:
        wanted = "x" if len(names) == 1 else ", ".join(names)
        raise LinnetError(f"{path}: has the arrays {', '.join(found) or 'y'}; the model's inputs are to be named {wanted}")
    samples = _as_samples(arrays, rows, path)
    return samples, _checked_labels(labels, len(samples), path)


def _named(arrays, names, what):
    missing = [name for name in names if name not in arrays]
    if missing:
        raise LinnetError(f'{what}: has no input "{missing[0]}", but {", ".join(arrays)}')
    return [arrays[name] for name in names]


def _as_samples(arrays, rows, what):
    batches = []
    for index, (array, row) in enumerate(zip(arrays, rows)):
        here = what if len(rows) == 1 else f"{what}: input {index}"
        try:
            array = np.asarray(array)
        except ValueError:
            raise LinnetError(f"{here}: the samples have different shapes; the model takes {tuple(row.shape)}") from None
        shape = tuple(row.shape)
        inner = shape[1:] if shape[:1] == (1,) else shape
        given = f"the model takes {row.dtype} {shape}, given is {array.dtype} {array.shape}"
        if array.shape in (shape, inner) and inner:
            array = array.reshape((1, *shape))
        elif array.shape[1:] not in (shape, inner):
            raise LinnetError(f"{here}: {given}")
        if not len(array):
            raise LinnetError(f"{here}: holds no samples")
        if row.dtype == "float32" and array.dtype.kind != "f":
            remedy = "scale and convert them as the float model takes them" if array.dtype.kind in "iu" else "they are to be numbers"
            raise LinnetError(f"{here}: {given}; {remedy}")
        batches.append(array.astype(row.dtype, copy=False).reshape((len(array), *shape)))
    sizes = [len(batch) for batch in batches]
    if len(set(sizes)) > 1:
        raise LinnetError(f"{what}: the inputs have different numbers of samples: {sizes}")
    return [[np.ascontiguousarray(x) for x in sample] for sample in zip(*batches)]


def _checked_labels(labels, n, path):
    """Labels (n,) of whole numbers, or None: where there are none, or those of a regression."""
    if labels is None or labels.dtype.kind not in "iu":
        return None
    if labels.shape not in ((n,), (n, 1)):
        raise LinnetError(f"{path}: y has the shape {labels.shape} beside {n} samples; one class index each is wanted")
    return labels.reshape(n)
