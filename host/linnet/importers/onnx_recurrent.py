"""LSTM, GRU and RNN of ONNX models, unrolled: a step of dense layers and functions for each place of the sequence.

What the inputs bring to all gates is one layer over the whole sequence. https://onnx.ai/onnx/operators/onnx__LSTM.html
"""

import numpy as np

from linnet.errors import LinnetError
from linnet.importers.onnx import constant

FUSED = {"fused_activation": "NONE"}
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
DEFAULTS = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"], "RNN": ["Tanh"]}
MAX_STEPS = 250


def recurrent(reader, node):
    attributes = reader.attributes(node)
    x = reader.tensor(node.input[0])
    n_steps, batch, n_in = x.shape
    _expect_plain(reader, node, attributes, n_steps, batch)
    rows = reader.reshape(x, (n_steps, n_in), node.output[0] + "/rows")
    weights, recurrence = (reader.constant(node, i, what="weights").astype(np.float32) for i in (1, 2))
    n_directions, hidden = len(weights), recurrence.shape[2]
    n_bias = 2 * GATES[node.op_type] * hidden
    biases = reader.constant(node, 3, np.zeros((n_directions, n_bias)), "a bias").astype(np.float32)
    initial = [reader.constant(node, i, np.zeros((n_directions, 1, hidden)), "a first state").astype(np.float32) for i in (5, 6)]
    backwards = {"forward": [False], "reverse": [True], "bidirectional": [False, True]}[attributes.get("direction", "forward")]
    ends, sequences = [], []
    for d, is_backwards in enumerate(backwards):
        cell = _Cell(reader, node, f"{node.output[0]}/{d}", weights[d], recurrence[d], biases[d])
        states, last = cell.unroll(rows, [values[d] for values in initial], is_backwards)
        sequences.append(states)
        ends.append(last)
    _define(reader, node, sequences, ends, n_steps, hidden)


def _expect_plain(reader, node, attributes, n_steps, batch):
    functions = attributes.get("activations")
    functions = [name.decode() if isinstance(name, bytes) else name for name in functions] if functions else None
    expected = DEFAULTS[node.op_type] * (2 if attributes.get("direction") == "bidirectional" else 1)
    lengths = reader.constant(node, 4, np.array(n_steps), "lengths of sequences")
    is_peephole = len(node.input) > 7 and node.input[7]
    unlike = {
        "a layout of batches first": attributes.get("layout"), "a batch of more than 1": batch != 1, "a clip": attributes.get("clip"),
        "coupled gates": attributes.get("input_forget"), "peepholes": is_peephole, "lengths of its own": np.any(lengths != n_steps),
        "other activations than its kind's": functions and functions != expected,
        f"more than {MAX_STEPS} steps": n_steps > MAX_STEPS,
    }  # fmt: skip
    for what, is_so in unlike.items():
        if is_so:
            raise LinnetError(f"{reader.label(node)} has {what}, which is not supported")


def _define(reader, node, sequences, ends, n_steps, hidden):
    """Y (steps, directions, 1, hidden) and the last states (directions, 1, hidden), those that somebody wants."""
    n = len(sequences)
    if node.output[0]:
        name = node.output[0]
        sides = [reader.emit("CONCATENATION", states, (n_steps, hidden), f"{name}/{i}", axis=0, **FUSED) for i, states in enumerate(sequences)]
        both = sides[0] if n == 1 else reader.emit("CONCATENATION", sides, (n_steps, n * hidden), name + "/both", axis=1, **FUSED)
        reader.define(node, reader.reshape(both, (n_steps, n, 1, hidden), name))
    for index, name in enumerate(node.output[1:], 1):
        if name:
            last = [end[index - 1] for end in ends]
            both = last[0] if n == 1 else reader.emit("CONCATENATION", last, (n, hidden), name + "/both", axis=0, **FUSED)
            reader.define(node, reader.reshape(both, (n, 1, hidden), name), index)


class _Cell:
    """One direction of a layer. Weights (gates * hidden, inputs), recurrence (gates * hidden, hidden), biases: both, one after the other."""

    def __init__(self, reader, node, name, weights, recurrence, biases):
        self.reader, self.kind, self.name = reader, node.op_type, name
        self.hidden = recurrence.shape[1]
        bias, inner = np.split(biases, 2)
        self.resets_after = reader.attributes(node).get("linear_before_reset", 0)
        joined, kept = inner, np.zeros_like(inner)
        if self.kind == "GRU" and self.resets_after:  # the candidate's inner bias is reset, so it stays apart
            joined, kept = inner.copy(), inner.copy()
            joined[2 * self.hidden :] = kept[: 2 * self.hidden] = 0
        self.outer = self._weights(weights, bias + joined, "w")
        self.inner = self._weights(recurrence, kept, "r")

    def _weights(self, weights, bias, what):
        return constant(np.ascontiguousarray(weights), f"{self.name}/{what}"), constant(np.ascontiguousarray(bias), f"{self.name}/{what}/bias")

    def unroll(self, rows, initial, is_backwards):
        """([state (1, hidden) of each place], last states); initial: [(1, hidden)] of h and c."""
        reader, n_steps = self.reader, rows.shape[0]
        projected = self.dense(rows, self.outer, self.name + "/inputs")
        state, memory = (constant(values.reshape(1, -1), f"{self.name}/first") for values in initial)
        states = []
        for t in range(n_steps)[:: -1 if is_backwards else 1]:
            at = f"{self.name}/{t}"
            x = reader.cut(projected, (t, 0), (t + 1, projected.shape[1]), at + "/inputs")
            state, memory = getattr(self, self.kind.lower())(x, state, memory, at)
            states.append(state)
        return states[:: -1 if is_backwards else 1], [state, memory]

    def dense(self, x, layer, name):
        return self.reader.emit("FULLY_CONNECTED", [x, *layer], (x.shape[0], len(layer[0].data)), name, keep_num_dims=False, **FUSED)

    def emit(self, kind, *inputs):
        attrs = FUSED if kind in ("ADD", "SUB", "MUL") else {}
        return self.reader.emit(kind, list(inputs), (1, inputs[0].shape[1]), f"{self.at}/{kind.lower()}", **attrs)

    def gates(self, x, first, last):
        return self.reader.cut(x, (0, first * self.hidden), (1, last * self.hidden), f"{self.at}/gates")

    def recur(self, state):
        """The recurrence of a state that is not known to be zero, or None."""
        is_zero = state.data is not None and not state.data.any() and not self.inner[1].data.any()
        return None if is_zero else self.dense(state, self.inner, self.at + "/recurrence")

    def rnn(self, x, state, memory, at):
        self.at = at
        inner = self.recur(state)
        return self.emit("TANH", x if inner is None else self.emit("ADD", x, inner)), memory

    def lstm(self, x, state, memory, at):
        """Gates in ONNX's order: input, output, forget, cell."""
        self.at = at
        inner = self.recur(state)
        total = x if inner is None else self.emit("ADD", x, inner)
        sigmoid = self.emit("LOGISTIC", self.gates(total, 0, 3))
        new = self.emit("MUL", self.gates(sigmoid, 0, 1), self.emit("TANH", self.gates(total, 3, 4)))
        is_zero = memory.data is not None and not memory.data.any()
        memory = new if is_zero else self.emit("ADD", self.emit("MUL", self.gates(sigmoid, 2, 3), memory), new)
        return self.emit("MUL", self.gates(sigmoid, 1, 2), self.emit("TANH", memory)), memory

    def gru(self, x, state, memory, at):
        """Gates in ONNX's order: update, reset, candidate. state' = candidate + update * (state - candidate)."""
        self.at = at
        inner = self.recur(state)
        both = self.gates(x, 0, 2)
        both = self.emit("LOGISTIC", both if inner is None else self.emit("ADD", both, self.gates(inner, 0, 2)))
        update, candidate = self.gates(both, 0, 1), self.gates(x, 2, 3)
        if inner is not None and self.resets_after:
            candidate = self.emit("ADD", candidate, self.emit("MUL", self.gates(both, 1, 2), self.gates(inner, 2, 3)))
        elif inner is not None:
            reset = self.emit("MUL", self.gates(both, 1, 2), state)
            last = tuple(constant(np.ascontiguousarray(tensor.data[2 * self.hidden :]), tensor.name + "/candidate") for tensor in self.inner)
            candidate = self.emit("ADD", candidate, self.dense(reset, last, self.at + "/candidate"))
        candidate = self.emit("TANH", candidate)
        return self.emit("ADD", candidate, self.emit("MUL", update, self.emit("SUB", state, candidate))), memory
