"""int16 activations for the few layers that need them: each is tried alone, those that help most are kept while they help.

TFLite's 16x8 scheme: symmetric int16 activations, int8 weights, int64 biases.
"""

from dataclasses import dataclass

from linnet.errors import LinnetError
from linnet.quantizer.runner import Runner

N_SAMPLES = 24  # that sensitivity is measured on
LEAST_GAIN_DB = 0.5  # of the outputs, for a layer to be worth its bytes
MOST_SHARE = 0.25  # of the layers that could be


@dataclass
class Widened:
    """One group of activations in int16; what it cost beside those before it."""

    group: object  # its representative, a float Tensor
    kind: str  # of the operator that makes it
    layer: str
    alone_db: float  # what the outputs gain by this one alone
    gained_db: float  # beside those before it
    constant_bytes: int
    arena_bytes: int


def widen_activations(search, candidate):
    """[Widened] in the order they were chosen; search: a Search, candidate: the best it found."""
    groups, start = search.groups(candidate), search.build(*candidate)[0]
    level, size = search.score(start, N_SAMPLES), _size(start)
    possible = groups.that_can_be_wide()

    def tried(chosen):
        made = search.build(*candidate, search.wide(candidate, chosen))[0]
        try:
            return search.score(made, N_SAMPLES), _size(made)
        except LinnetError:
            return float("-inf"), size  # an operator on int16 has scales that it does not take

    alone = {group: tried([group])[0] - level for group in search.progress(possible)}
    found = []
    for group in sorted(alone, key=alone.get, reverse=True):
        if alone[group] < LEAST_GAIN_DB or len(found) >= max(1, MOST_SHARE * len(possible)):
            break
        better, new_size = tried([each.group for each in found] + [group])
        if better - level < LEAST_GAIN_DB:
            continue
        op = groups.graph.producer(group)
        cost = [new - old for new, old in zip(new_size, size)]
        found.append(Widened(group, op.kind, group.name, alone[group], better - level, *cost))
        level, size = better, new_size
    return found


def _size(graph):
    """Bytes (of constants, of arena)."""
    runner = Runner(graph)
    return runner.constant_bytes, runner.arena_bytes
