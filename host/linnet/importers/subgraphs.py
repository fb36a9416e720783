"""Makes one Graph of the subgraphs of a .tflite file: loops unrolled, branches taken, handles of variables followed.

Counters and conditions are constants of the model, or the loop is refused: what runs on a board is a fixed list of operators.
"""

from dataclasses import dataclass, replace

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Graph, Operator, Tensor
from linnet.passes.fold_constants import values_of
from linnet.shapes import infer

# kind: (the name of its options table, what is read of it)
CONTROL = {
    "VAR_HANDLE": ("VarHandleOptions", lambda o: {"handle": (o.Container() or b"", o.SharedName() or b"")}),
    "CALL_ONCE": ("CallOnceOptions", lambda o: {"subgraph": o.InitSubgraphIndex()}),
    "IF": ("IfOptions", lambda o: {"then": o.ThenSubgraphIndex(), "else": o.ElseSubgraphIndex()}),
    "WHILE": ("WhileOptions", lambda o: {"condition": o.CondSubgraphIndex(), "body": o.BodySubgraphIndex()}),
}
MAX_TURNS = 1024
MAX_OPERATORS = 1 << 14
MAX_DEPTH = 8
STEP_BY_STEP = "export a model of one step that keeps its state in a tf.Variable"


@dataclass(eq=False)
class Subgraph:
    """As it stands in the file."""

    name: str
    inputs: list
    outputs: list
    operators: list


def flatten(name, subgraphs):
    """The Graph `name` of the first of these Subgraphs, with all that it calls in its place.

    LinnetError for a loop or branch that depends on the model's input, and for a variable that starts from no constant.
    """
    main, inlined = subgraphs[0], _Inlined(subgraphs)
    outputs = []
    for tensor, value in zip(main.outputs, inlined.call(0, main.inputs)):
        if value is not tensor and (value.data is not None or value.initial is not None or value in main.inputs or value in outputs):
            inlined.operators.append(Operator("RESHAPE", [value], [tensor]))
            value = tensor
        outputs.append(value)
    return Graph(name, main.inputs, outputs, inlined.operators)


class _Inlined:
    """The operators as they will run, and the variables met so far."""

    def __init__(self, subgraphs):
        self.operators = []
        self._subgraphs = subgraphs
        self._variables = {}  # (container, shared name): Tensor
        self._initial = {}  # the same: Tensor, what CALL_ONCE assigns
        self._is_first_run = False  # of what CALL_ONCE calls
        self._depth = 0
        # With but one subgraph nothing depends on what a tensor holds; a pass folds constants later.
        self._folds = len(subgraphs) > 1

    def call(self, index, arguments):
        """The outputs of subgraph `index` for these inputs, Tensors or handles; its operators are added."""
        if not 0 <= index < len(self._subgraphs):
            raise LinnetError(f"calls subgraph {index} of {len(self._subgraphs)}; the file is damaged")
        subgraph = self._subgraphs[index]
        if len(arguments) != len(subgraph.inputs) or self._depth == MAX_DEPTH:
            raise LinnetError(f'calls its subgraph {index} "{subgraph.name}" with other inputs than it has, or too deeply')
        self._depth += 1
        known = dict(zip(subgraph.inputs, arguments))
        for op in subgraph.operators:
            inputs = [None if tensor is None else self._value(known, tensor, op) for tensor in op.inputs]
            if op.kind in CONTROL or op.kind in ("READ_VARIABLE", "ASSIGN_VARIABLE"):
                outputs = getattr(self, f"_{op.kind.lower()}")(op, inputs)
            else:
                outputs = self._plain(op, inputs, is_main=self._depth == 1)
            if len(outputs) != len(op.outputs):
                raise LinnetError(f"{op} (operator {op.index}) has {len(op.outputs)} outputs, expected {len(outputs)}")
            known.update(zip(op.outputs, outputs))
        self._depth -= 1
        return [self._value(known, tensor, subgraph) for tensor in subgraph.outputs]

    def _value(self, known, tensor, whose):
        if tensor in known:
            return known[tensor]
        if tensor.data is None and tensor.initial is None:
            who = f"{whose} (operator {whose.index})" if isinstance(whose, Operator) else f'subgraph "{whose.name}"'
            raise LinnetError(f'{who} uses "{tensor.name}" before it is made')
        return tensor

    # Operators: each gives its outputs -----------------------------------------------------------------------------

    def _plain(self, op, inputs, is_main):
        for tensor in inputs:
            if isinstance(tensor, tuple):
                raise LinnetError(f"{op} (operator {op.index}) works on a variable's handle, which is not supported")
        if is_main:
            for tensor in op.outputs:
                if any(tensor in made.outputs for made in self.operators) or tensor.data is not None:
                    raise LinnetError(f'{op} (operator {op.index}) makes "{tensor.name}", which exists already')
            outputs = op.outputs
        else:
            # A subgraph runs more than once, and its indices are its own.
            outputs = [replace(t, name=f"{t.name}/{len(self.operators)}", source=None) for t in op.outputs]
        made = Operator(op.kind, inputs, outputs, dict(op.attrs), op.index)
        if self._folds:
            if op.kind == "CONCATENATION":
                made.inputs = [tensor for tensor in inputs if tensor.elements] or inputs
            if _takes_nothing(made):
                return [replace(t, data=np.zeros(0, t.dtype), shape=(0,), open_shape=None) for t in outputs]
            infer(made)
            values = values_of(made)
            if values is not None:
                return [replace(t, data=np.asarray(value, t.dtype).reshape(t.shape)) for t, value in zip(outputs, values)]
        if len(self.operators) == MAX_OPERATORS:
            raise LinnetError(f"its loops make more than {MAX_OPERATORS} operators; {STEP_BY_STEP}")
        self.operators.append(made)
        return outputs

    def _if(self, op, inputs):
        taken = _constant(op, inputs[:1], "takes one way or the other")
        return self.call(op.attrs["then" if taken else "else"], inputs[1:])

    def _while(self, op, values):
        for _ in range(MAX_TURNS + 1):
            outside, self.operators = self.operators, []
            goes_on = self.call(op.attrs["condition"], values)
            self.operators = outside
            if not _constant(op, goes_on, "goes round as often as it does"):
                return values
            values = self.call(op.attrs["body"], values)
        raise LinnetError(f"{op} (operator {op.index}) goes round more than {MAX_TURNS} times; {STEP_BY_STEP}")

    def _call_once(self, op, _):
        self._is_first_run = True
        self.call(op.attrs["subgraph"], [])
        self._is_first_run = False
        return []

    # Variables -----------------------------------------------------------------------------------------------------

    def _var_handle(self, op, _):
        return [op.attrs["handle"]]

    def _read_variable(self, op, inputs):
        source, output = self._variable(op, inputs[0], op.outputs[0]), op.outputs[0]
        if source.source is None and self._depth == 1:
            source.source = output.source  # so that linnet verify knows whose value it is
        return self._plain(Operator(op.kind, [source], [output], {}, op.index), [source], is_main=self._depth == 1)

    def _assign_variable(self, op, inputs):
        handle, value = inputs
        variable = self._variable(op, handle, value)
        if not self._is_first_run:
            self.operators.append(Operator(op.kind, [value], [variable], {}, op.index))
        elif value.data is None:
            raise LinnetError(f"{op} (operator {op.index}) gives a variable a first value that is not constant; export it as a constant")
        else:
            variable.initial = value.data
        return []

    def _variable(self, op, handle, like):
        if not isinstance(handle, tuple):
            raise LinnetError(f"{op} (operator {op.index}) works on a variable that nothing names; the file is damaged")
        if handle not in self._variables:
            name = handle[1].decode("utf-8", "replace") or "variable"
            # As TFLite Micro begins: the zero point of int8, else 0.
            first = np.full(like.shape, like.zero_point if like.dtype == "int8" else 0, like.dtype)
            self._variables[handle] = Tensor(name, like.shape, like.dtype, like.quant, initial=first)
        found = self._variables[handle]
        if (found.dtype, found.elements) != (like.dtype, like.elements):
            was = f"{found.dtype} {found.shape}"
            raise LinnetError(f"{op} (operator {op.index}) takes the variable {found.name} for {like.dtype} {like.shape}, it is {was}")
        return found


def _takes_nothing(op):
    """Whether it is a SLICE of no elements: what lies before the first element of a list, or after its last."""
    if op.kind != "SLICE" or len(op.inputs) != 3 or any(tensor is None or tensor.data is None for tensor in op.inputs[1:]):
        return False
    source, begin, size = op.inputs[0], op.inputs[1].data.ravel(), op.inputs[2].data.ravel()
    return any(n == 0 or n == -1 and start == whole for start, n, whole in zip(begin, size, source.shape))


def _constant(op, values, what):
    """The truth of a constant; LinnetError when it is none."""
    if len(values) != 1 or values[0].data is None or values[0].elements != 1:
        raise LinnetError(
            f"{op} (operator {op.index}) {what} depending on the model's input, and boards run a fixed list of operators; "
            f"unroll it (keras: unroll=True) or {STEP_BY_STEP}"
        )
    return bool(values[0].data.item())
