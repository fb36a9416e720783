"""From a model file to a blob: import, simplify, lower, plan, lay out, prove."""

from dataclasses import dataclass
from pathlib import Path

from linnet import __version__
from linnet import blob as blobs
from linnet import golden as goldens
from linnet.copies import drop_copies
from linnet.errors import LinnetError
from linnet.fields import padded
from linnet.graph import Graph, Step, Tensor, variables
from linnet.layouts import CODES
from linnet.model import Model
from linnet.operators import reshape
from linnet.plan import in_arena, plan_memory

MAX_VARIABLES = 255
PRODUCER = f"linnet {__version__}"


@dataclass
class Packed:
    data: bytes  # the blob
    blob: blobs.Blob
    checked: bool  # compared with LiteRT, operator by operator
    plan: object
    tensors: list  # graph.Tensor of every row of blob.tensors
    not_compared: tuple = ()  # names of operators for which LiteRT is no reference, each once


def pack(source, labels=None, golden=None, n_golden=None, name=None, **options):
    """The bytes of the blob for a .tflite file, a QDQ-quantized .onnx file or a Graph (linnet.from_onnx and its like).

    labels: a list, or a text file with one a line. golden: an .npy file whose first n_golden samples are stored as golden
    vectors (4 unless said otherwise); without it n_golden (2) are made from seeds. name: by default the file's stem.
    options: core, layout, drop_constants, allow_float, as for pack_model. Raises LinnetError that names the layer that cannot
    be packed.
    """
    return pack_model(source, labels, golden, n_golden, name, **options).data


def pack_model(
    source, labels=None, golden=None, n_golden=None, name=None, core="portable", layout="speed", drop_constants=True,
    allow_float=False, window=None, cores=1,
):
    """Like pack, with everything that is known about the result: a Packed.

    core, layout: what the constants are laid out for (linnet.layouts); a portable blob runs on every core.
    drop_constants: take out channels that have one value whatever the input; no result changes. allow_float: pack layers
    of float32, too, as they are. window: the bytes of a weight window that every operator is to fit (linnet.window).
    cores: 2 makes pairs of operators for a chip's two cores (linnet.pairs).
    """
    from linnet.importers import read
    from linnet.passes import run_all

    graph = run_all(read(source, allow_float))
    in_litert = not isinstance(source, Graph) and Path(source).suffix != ".onnx"
    source = Path(graph.name if isinstance(source, Graph) else source)
    packed = pack_graph(graph, source, labels, golden, n_golden, name, core, layout, drop_constants, window, cores)
    if not in_litert:
        return packed
    if cores == 1:
        return compare_with_litert(packed, source, graph)
    # LiteRT has no halves of layers: what is compared is the same model with whole ones.
    whole = pack_graph(graph, source, labels, golden, n_golden, name, core, layout, drop_constants, window)
    if packed.blob.golden != whole.blob.golden:
        raise AssertionError("halves of layers give other results than whole ones")
    whole = compare_with_litert(whole, source, graph)
    packed.checked, packed.not_compared = whole.checked, whole.not_compared
    return packed


def pack_graph(
    graph, source, labels=None, golden=None, n_golden=None, name=None, core="portable", layout="speed", drop_constants=True,
    window=None, cores=1,
):
    """A Packed of a Graph after the passes, which may lose channels here; source: the path it came from. Else as pack_model."""
    from linnet import layouts, pairs
    from linnet.lower import lower
    from linnet.passes import drop_constant_channels
    from linnet.window import check_window, split

    steps = lower(graph)  # names what does not fit
    if drop_constants:
        drop_constant_channels.run(graph)
        steps = lower(graph)
    if window:
        split(graph, core, layout, window)
        steps = lower(graph)
    strings = {
        "name": name or source.stem,
        "labels": "\n".join(read_labels(labels)),
        "producer": PRODUCER,
        "source": source.name,
    }
    tuned = layouts.tune(steps, core, layout)
    if cores == 2:
        tuned = pairs.apart(tuned)
    packed = assemble(tuned, graph.inputs, graph.outputs, strings, core=core, apart=bool(window))
    if cores == 2:
        pairs.split(packed.blob)
    if window:
        check_window(packed.blob, window, source, is_split=True)
    return prove(packed, golden, n_golden)


def read_labels(labels):
    """A list of labels from a list, the path of a text file with one a line, or None."""
    if labels is None:
        return []
    if isinstance(labels, (str, Path)):
        try:
            text = Path(labels).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise LinnetError(f"{labels}: labels cannot be read: {getattr(error, 'strerror', None) or error}") from None
        labels = [line.strip() for line in text.splitlines() if line.strip()]
    for label in labels:
        if "\n" in label:
            raise LinnetError(f"label {label!r} has more than one line")
    if len("\n".join(labels).encode()) > 0xFFFF:
        raise LinnetError("the labels take more than 65535 bytes: shorten them")
    return list(labels)


def assemble(steps, inputs, outputs, strings=None, plan=None, core="portable", apart=False):
    """A Packed without golden vectors from lowered steps (list of graph.Step); a plan is made unless given.

    core: what the steps' constants are laid out for. apart: operators share no constants, so that those of each lie together.
    """
    plan = plan or plan_memory(drop_copies(steps, outputs) if variables(steps) else steps, inputs, outputs)
    weights = _Weights()
    rows, tensors, index_of = [], [], {}

    def row_of(tensor):
        if tensor not in index_of:
            index_of[tensor] = len(rows)
            tensors.append(tensor)
            constant = not in_arena(tensor)
            rows.append(
                blobs.TensorRow(
                    offset=weights.place(tensor.data.tobytes()) if constant else plan.offsets[tensor],
                    bytes=tensor.bytes,
                    dtype=tensor.dtype,
                    shape=tuple(tensor.shape),
                    in_weights=constant,
                    zero_point=tensor.zero_point,
                    scale=float(tensor.scale),
                    source=tensor.source,
                )
            )
        return index_of[tensor]

    input_indices = [row_of(tensor) for tensor in inputs]
    operators = []
    resets = [_reset(tensor) for tensor in variables(plan.steps)]
    if len(resets) > MAX_VARIABLES:
        raise LinnetError(f"the model has {len(resets)} variables, supported are {MAX_VARIABLES}")
    for step, (scratch_offset, scratch_bytes) in zip(resets + plan.steps, [(0, 0)] * len(resets) + plan.scratch):
        operators.append(
            blobs.OperatorRow(
                code=step.code,
                variant=step.variant,
                inputs=[row_of(tensor) for tensor in step.inputs],
                outputs=[row_of(tensor) for tensor in step.outputs],
                params=step.params,
                data_offset=weights.place(step.data) if step.data else 0,
                data_bytes=len(step.data),
                scratch_offset=scratch_offset,
                scratch_bytes=scratch_bytes,
            )
        )
        if apart:
            weights.forget()
            index_of = {tensor: index for tensor, index in index_of.items() if in_arena(tensor)}
    made = blobs.Blob(
        arena_bytes=plan.arena_bytes,
        tensors=rows,
        inputs=input_indices,
        outputs=[row_of(tensor) for tensor in outputs],
        operators=operators,
        strings=strings or {},
        weights=bytes(weights.data),
        core=CODES[core],
        n_reset=len(resets),
    )
    return Packed(blobs.encode(made), made, False, plan, tensors)


def _reset(tensor):
    """The Step that gives a variable its first value."""
    first = Tensor(tensor.name, tensor.shape, tensor.dtype, tensor.quant, tensor.initial)
    return Step(reshape.CODE, reshape.NAME, [first], [tensor], b"", b"", 0, [None])


def prove(packed, golden=None, n_golden=None):
    """Adds golden vectors, whose outputs are the host core's: see pack."""
    model = Model(packed.data)
    samples = None
    if golden is not None:
        rows = [packed.blob.tensors[i] for i in packed.blob.inputs]
        samples = golden if isinstance(golden, list) else goldens.load_inputs(golden, rows)
    n = n_golden if n_golden is not None else 2 if samples is None else goldens.MAX_STORED
    packed.blob.golden = goldens.vectors(model, samples, n)
    packed.data = blobs.encode(packed.blob)
    return packed


def compare_with_litert(packed, source, graph):
    """Sets `checked` once LiteRT, where it is installed, gives what the core gives for every golden vector; and `not_compared`.

    Raises LinnetError that names the layer and the position where it does not.
    """
    # Not before it is needed: LiteRT takes longer to import than a model to pack.
    from linnet import reference, verify

    if not packed.blob.golden or not reference.available():
        return packed
    model, litert, kept = Model(packed.data), reference.Reference(source), verify.kept_channels(graph)
    for vector in packed.blob.golden:
        for row, difference in verify.compare(model, litert, model.golden_inputs(vector), kept):
            if difference:
                raise LinnetError(f"{source}: {difference}")
            if row.why_not and row.name not in packed.not_compared:
                packed.not_compared += (row.name,)
    packed.checked = True
    return packed


class _Weights:
    """The WEIGHTS section as it grows; equal constants are stored once."""

    def __init__(self):
        self.data = bytearray()
        self._places = {}

    def forget(self):
        """From now on equal constants are stored again."""
        self._places = {}

    def place(self, constant):
        """The offset, a multiple of 16, of these bytes."""
        if constant not in self._places:
            self.data += bytes(padded(len(self.data)) - len(self.data))
            self._places[constant] = len(self.data)
            self.data += constant
        return self._places[constant]
