"""A blob against LiteRT, operator by operator: each of our operators and LiteRT's get the same inputs."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from linnet.errors import LinnetError
from linnet.golden import load_inputs, vectors
from linnet.importers.tflite import read_tflite
from linnet.model import Model
from linnet.pairs import pairs_of
from linnet.nearly import UNITS, differ
from linnet.passes import drop_constant_channels, run_all
from linnet.reference import NotComparable, Reference

N_SEEDED = 4


@dataclass
class Difference:
    """The first place where an operator's output is not LiteRT's."""

    operator: int
    name: str  # of the operator
    layer: str  # the tensor's name in the .tflite file
    position: tuple
    got: object
    wanted: object

    def __str__(self):
        return (
            f'operator {self.operator} {self.name} "{self.layer}" differs from LiteRT at {self.position}: '
            f"got {self.got}, wanted {self.wanted}"
        )


@dataclass
class Row:
    """One operator of the report."""

    operator: int
    name: str
    layer: str
    elements: int = 0  # compared, over all samples
    different: int = 0
    units: int = 0  # in the last place by which an equal float32 may be off: linnet/nearly.py
    why_not: str = ""  # it was not compared


@dataclass
class Verified:
    rows: list
    n_samples: int
    difference: Difference | None  # the first


def verify(model_path, blob_path, inputs_path=None, progress=iter):
    """Compares a blob with the .tflite file it was packed from, on the samples of an .npy file, or 4 made from seeds.

    progress: wraps the list of samples, to show how far it is. Returns a Verified. Raises LinnetError when LiteRT is not
    installed, or the blob is not that model's.
    """
    if Path(model_path).suffix == ".onnx":
        raise LinnetError(f"{model_path}: LiteRT reads .tflite files only; hold what linnet run gives against onnxruntime's outputs")
    reference = Reference(model_path)
    model = Model(blob_path)
    kept = channels_left(model, reference, model_path)
    _check_same(model, reference, kept)
    if inputs_path is None:
        samples = [model.golden_inputs(vector) for vector in vectors(model, n=N_SEEDED)]
    else:
        samples = load_inputs(inputs_path, [model.blob.tensors[i] for i in model.blob.inputs])
    rows, first = {}, None
    for sample in progress(samples):
        for row, difference in compare(model, reference, sample, kept):
            total = rows.setdefault(row.operator, Row(row.operator, row.name, row.layer, units=row.units, why_not=row.why_not))
            total.elements += row.elements
            total.different += row.different
            first = first or difference
    return Verified(list(rows.values()), len(samples), first)


def channels_left(model, reference, model_path):
    """kept_channels of the graph that a blob was packed from; nothing where no tensor of the blob has lost any."""
    rows = [t for t in model.blob.tensors if t.source is not None and t.source < reference.n_tensors]
    if all(int(np.prod(reference.shape(t.source))) == int(np.prod(t.shape)) for t in rows):
        return {}
    graph = run_all(read_tflite(model_path, allow_float=True))
    drop_constant_channels.run(graph)
    return kept_channels(graph)


def kept_channels(graph):
    """{tensor of the .tflite file: its channels that are left}, for those that a pass has taken channels out of."""
    tensors = graph.inputs + [tensor for operator in graph.operators for tensor in operator.outputs]
    return {tensor.source: tensor.kept for tensor in tensors if tensor.kept is not None}


def first_difference(model, reference, inputs, kept=None):
    """The first Difference on these inputs, or None."""
    return next((difference for _, difference in compare(model, reference, inputs, kept) if difference), None)


def compare(model, reference, inputs, kept=None):
    """Yields (Row, Difference or None) for every operator of a Model on one sample.

    kept: what kept_channels gives. Operators that have no tensor in the .tflite file are passed over, whatever they do
    shows in the next one. Those for which LiteRT is no reference have a Row that says so.
    """
    if pairs_of(model.blob):
        raise LinnetError(f"{model.source}: its layers are in halves, for two cores: verify the model packed without --cores")
    kept = kept or {}
    tensors = model.blob.tensors
    known = {}
    for index, taken, made in model.steps(inputs):
        operator = model.blob.operators[index]
        for i, array in zip(operator.inputs, taken):
            source = tensors[i].source
            if source is not None and source not in kept:
                known[source] = array
        for i, got in zip(operator.outputs, made):
            source = tensors[i].source
            if source is None:
                continue
            if not reference.is_made(source):
                known[source] = got
                continue
            try:
                why = reference.why_not(source)
                whole = None if why else reference.evaluate(source, known)
            except NotComparable as reason:
                why = str(reason)
            if why:
                known[source] = got
                yield Row(index, operator.name, reference.name(source), why_not=why), None
                continue
            if source in kept:
                # Channels that are constant whatever the input are LiteRT's own.
                wanted, known[source] = whole[..., kept[source]], whole.copy()
                known[source][..., kept[source]] = got.reshape(wanted.shape)
            else:
                wanted, known[source] = whole, got
            wanted = wanted.reshape(got.shape)
            kind = reference.kind(source)
            places = np.argwhere(differ(got, wanted, kind).reshape(got.shape))
            units = UNITS.get(kind, 0) if got.dtype == np.float32 else 0
            row = Row(index, operator.name, reference.name(source), got.size, len(places), units)
            difference = None
            if len(places):
                at = tuple(int(place) for place in places[0])
                difference = Difference(index, operator.name, row.layer, at, got[at].item(), wanted[at].item())
            yield row, difference


def _check_same(model, reference, kept):
    """Raises LinnetError unless the tensors of the blob are those of the file."""
    for tensor in model.blob.tensors:
        source = tensor.source
        if source is None:
            continue
        if source < reference.n_tensors:
            shape = reference.shape(source)
            if source in kept:
                shape = (*shape[:-1], len(kept[source]))
            if reference.is_open(source) or int(np.prod(shape)) == int(np.prod(tensor.shape)):
                continue
        raise LinnetError(
            f"{model.source} was not packed from {reference.path}: tensor {source} is not {tuple(tensor.shape)} there"
        )
