"""Which ranges and corrections cost a model least: all are tried on some samples, the best ones on all."""

import itertools
import warnings
from dataclasses import dataclass, field

import numpy as np

from linnet.errors import LinnetError
from linnet.quantizer import inputs
from linnet.quantizer import samples as samples_of
from linnet.quantizer import weights as weights_of
from linnet.quantizer.calibration import Calibration
from linnet.quantizer.compress import WEIGHTS, narrow, narrow_weights, to_float16
from linnet.quantizer.convert import quantizations, to_int8
from linnet.quantizer.equalize import equalize
from linnet.quantizer.mixed import widen_activations
from linnet.quantizer.ranges import METHODS
from linnet.quantizer.rounding import ROUNDINGS, round_at_random, round_for_outputs
from linnet.quantizer.runner import Runner, sqnr_db
from linnet.quantizer.scheme import Groups

N_FIRST = 32  # samples that every candidate is tried on
N_FINALISTS = 4  # that are tried on all
IMPOSSIBLE = float("-inf")
SCALES = ("real", "power-of-two")


@dataclass
class Options:
    """What quantize() may do; `auto` tries and keeps what lessens the error of the outputs."""

    method: str = "auto"  # of ranges.METHODS
    equalize: object = "auto"  # True, False
    correct_bias: object = "auto"
    rounding: str = "nearest"  # of rounding.ROUNDINGS
    scales: str = "real"  # of SCALES
    mixed: bool = False  # int16 activations where they help most
    scale_inputs: object = "auto"  # features of unlike ranges in float32, before the first layer
    seed: int = 1  # of stochastic rounding
    weights: str = "int8"  # of compress.WEIGHTS: int4 where a layer can, or a float model with its weights in float16


@dataclass
class Quantized:
    graph: object  # int8
    real: object  # the float graph it was made from, after passes and equalization
    layers: list  # convert.Layer
    pairs: dict  # float activation: its int8 Tensor
    choices: dict  # {"method": "mse", "equalize": False, ...}
    sqnr_db: float  # of the outputs, on the calibration set
    tried: list = field(default_factory=list)  # [(choices, sqnr_db)]: the finalists' on all samples, the others' on some
    widened: list = field(default_factory=list)  # mixed.Widened


def quantize_graph(make_graph, samples, options=None, progress=iter, what="calibration"):
    """A Quantized.

    make_graph(): the float Graph after the passes, a new one each time, as equalization changes its weights. samples:
    [[float32 array per input], ...], each in its input's shape. progress: wraps a list, to show how far it is.
    Raises LinnetError for samples that cannot be used and for operators without an int8 form.
    """
    options = options or Options()
    _check(options)
    warning = samples_of.check(samples, what)
    if warning:
        warnings.warn(warning, stacklevel=3)
    if options.weights == "float16":
        return halved(make_graph(), samples, options)
    scaling = inputs.find_scaling(make_graph(), samples, options.scale_inputs)
    if scaling is None:
        return Search(make_graph, samples, options, progress).best()
    scaled = Search(lambda: scaling.pull(make_graph()), scaling.applied(samples), options, progress).best()
    if options.scale_inputs == "auto":
        plain = Search(make_graph, samples, options, progress).best()
        if scaled.sqnr_db < plain.sqnr_db + inputs.LEAST_GAIN_DB:
            return plain
    scaled.graph, scaled.real = scaling.put_before(scaled.graph), scaling.put_before(scaled.real)
    scaled.choices["scale_inputs"] = True
    return scaled


def halved(graph, samples, options):
    """A Quantized of a float graph that stays one, but for its weights."""
    made, layers, pairs = to_float16(graph)
    score = output_sqnr_db(Runner(graph).outputs(samples), Runner(made).outputs(samples))
    choices = dict.fromkeys(("method", "equalize", "correct_bias", "rounding", "scales", "scale_inputs", "mixed")) | {"weights": options.weights}
    return Quantized(made, graph, layers, pairs, choices, score)


class Search:
    """The candidates of one model: float graphs, plain and equalized, and what was seen of them."""

    def __init__(self, make_graph, samples, options, progress):
        self.options, self.samples, self.progress = options, samples, progress
        self._seen = {}  # equalized: (graph, Groups, Calibration)
        self._rounded = {}  # for the outputs' sake: see refine
        self._narrow = {}  # equalized: what compress.narrow_weights found
        for equalized in _choices(options.equalize):
            graph = make_graph()
            if equalized and not equalize(graph) and options.equalize == "auto":
                continue
            groups = Groups(graph)
            calibration = Calibration(Runner(graph), groups, samples, progress, options.rounding == "optimized" or options.weights == "int4")
            if not self._seen:
                self.wanted = calibration.outputs  # equalization does not change them
            self._seen[equalized] = graph, groups, calibration
            if options.weights == "int4":
                self._narrow[equalized] = narrow_weights(graph, calibration.moments, options.scales == "power-of-two")

    def best(self):
        """The Quantized whose outputs are nearest to the float model's."""
        methods = METHODS if self.options.method == "auto" else (self.options.method,)
        candidates = list(itertools.product(self._seen, methods, _choices(self.options.correct_bias)))
        tried = {}
        if len(candidates) > N_FINALISTS and len(self.samples) > N_FIRST:
            tried = {candidate: self._level(candidate, N_FIRST) for candidate in self.progress(candidates)}
            candidates = sorted(tried, key=tried.get, reverse=True)[:N_FINALISTS]
        finals = {candidate: self._level(candidate) for candidate in self.progress(candidates)}
        chosen = max(finals, key=finals.get)
        if finals[chosen] == IMPOSSIBLE:
            self.score(self.build(*chosen)[0])  # says why
        widened = widen_activations(self, chosen) if self.options.mixed else []
        made, layers, pairs = self.build(*chosen, self.wide(chosen, [each.group for each in widened]))
        db = self.score(made) if widened else finals[chosen]
        every = [(self.named(candidate), score) for candidate, score in (tried | finals).items()]
        return Quantized(made, self._seen[chosen[0]][0], layers, pairs, self.named(chosen), db, every, widened)

    def _level(self, candidate, n=None):
        """The score of a candidate; IMPOSSIBLE where an operator does not take its scales."""
        try:
            return self.score(self.build(*candidate)[0], n)
        except LinnetError:
            return IMPOSSIBLE

    def named(self, candidate):
        """A candidate (equalized, method, corrected) as choices."""
        equalized, method, corrected = candidate
        return {
            "method": method, "equalize": equalized, "correct_bias": corrected, "rounding": self.options.rounding,
            "scales": self.options.scales, "scale_inputs": False, "weights": self.options.weights,
            "mixed": self.options.mixed,
        }  # fmt: skip

    def build(self, equalized, method, corrected, wide=None):
        """(int8 Graph, [Layer], pairs): see to_int8."""
        graph, groups, calibration = self._seen[equalized]
        power_of_two = self.options.scales == "power-of-two"
        quants = quantizations(groups, calibration.ranges(method), power_of_two)
        made, layers, pairs = to_int8(graph, groups, quants, wide, power_of_two)
        narrow(layers, self._narrow.get(equalized, {}))
        refine(layers, calibration.moments, corrected, self.options.rounding, self.options.seed, self._rounded)
        return made, layers, pairs

    def groups(self, candidate):
        return self._seen[candidate[0]][1]

    def wide(self, candidate, representatives):
        """{representative: its Quantization in int16}: 16 bits have room for all that was seen."""
        _, groups, calibration = self._seen[candidate[0]]
        return groups.wide_quantizations(representatives, calibration.ranges("minmax"), self.options.scales == "power-of-two")

    def score(self, graph, n=None):
        """SQNR in dB of a graph's outputs on n samples, evenly spread as files are often sorted, or on all."""
        total = len(self.samples)
        chosen = np.linspace(0, total - 1, min(n or total, total)).astype(int)
        outputs = Runner(graph).outputs([self.samples[i] for i in chosen])
        return output_sqnr_db([wanted[chosen] for wanted in self.wanted], outputs)


def refine(layers, moments, correct_bias, rounding, seed=1, known=None):
    """Rounds weights as asked for and corrects biases for the mean error that is left, in place.

    known: {(float operator, bytes of its scales): weights rounded for its outputs}, which do not depend on activations' ranges.
    """
    known = {} if known is None else known
    random = np.random.default_rng(seed)
    for layer in layers:
        seen = moments.get(layer.real)
        if rounding == "nearest" and not correct_bias or seen is None and rounding != "stochastic":
            continue
        n, axis = layer.weights.shape[layer.spec.axis], layer.spec.axis
        scales = np.broadcast_to(layer.quantized.quant.scale, n)
        rows = weights_of.rows_of(layer.weights, axis).astype(np.float64)
        data = layer.quantized.data
        if layer.quantized.is_int4:
            pass  # rounded as well as can be
        elif rounding == "optimized":
            key = layer.real, scales.tobytes()
            if key not in known:
                known[key] = weights_of.from_rows(round_for_outputs(rows, scales, seen.gram), data.shape, axis)
            data = known[key]
        elif rounding == "stochastic":
            data = weights_of.from_rows(round_at_random(rows, scales, random), data.shape, axis)
        bias = np.zeros(n) if layer.bias is None else layer.bias.copy()
        if correct_bias and seen is not None:
            left = rows - weights_of.rows_of(weights_of.dequantize(data, scales, axis), axis)
            bias += (left * seen.mean).sum(axis=1) if seen.mean.ndim == 2 else left @ seen.mean
        layer.set_weights(data, bias)


def output_sqnr_db(real, quantized):
    """Of all outputs together, each weighed by its own power."""
    return float(np.mean([min(sqnr_db(a, b), 200.0) for a, b in zip(real, quantized)]))


def _choices(option):
    return (False, True) if option == "auto" else (bool(option),)


def _check(options):
    for kind, chosen, known in (
        ("calibration method", options.method, ("auto", *METHODS)),
        ("rounding", options.rounding, ROUNDINGS),
        ("choice of scales", options.scales, SCALES),
        ("form of weights", options.weights, WEIGHTS),
    ):
        if chosen not in known:
            raise LinnetError(f'no {kind} "{chosen}": there are {", ".join(known)}')
