"""The memory plan: the order of the steps, and a place in the arena for every tensor and every step's scratch.

A strip-packing problem with one twist: an output may share memory with an input that dies at its step, as long as it
starts at least `overlap` bytes before it (graph.Step), or where it starts. First fit over several orders, then a short seeded search.
"""

import random
from dataclasses import dataclass

from linnet import core
from linnet.errors import LinnetError
from linnet.fields import ALIGNMENT, padded
from linnet.graph import IN_PLACE, variables


# The search ends after so many rounds, or fewer in a model of very many tensors: it looks at so many conflicts.
MAX_ROUNDS = 4000
MAX_CONFLICTS = 4_000_000


@dataclass(eq=False)
class Item:
    """Something that occupies [offset, offset + bytes) while steps first ... last run."""

    what: object  # a graph.Tensor, or the index of a step whose scratch this is
    bytes: int
    first: int  # -1: before the first step, a model input
    last: int  # len(steps): after the last step, a model output
    offset: int = 0

    @property
    def is_scratch(self):
        return isinstance(self.what, int)


@dataclass
class Plan:
    steps: list  # in the order in which they run
    items: list
    arena_bytes: int  # scratch included, a multiple of 16
    offsets: dict  # graph.Tensor: bytes from the start of the arena
    scratch: list  # (offset, bytes) for every step


def plan_memory(steps, inputs, outputs, alignment=ALIGNMENT, reorder=True):
    """The smallest plan found for these steps (list of graph.Step).

    inputs, outputs: the model's tensors. alignment: of every offset, bytes, a multiple of 4.
    reorder: other orders of the steps may be tried where the graph branches. The result is always the same for the same
    arguments. Raises LinnetError when a step reads a tensor that nothing has made.
    """
    _check_complete(steps, inputs, outputs)
    # What is read before a variable is written may not be read after.
    orders = _orders(steps, inputs, outputs) if reorder and not variables(steps) else [list(steps)]
    plans = [_plan_order(order, inputs, outputs, alignment, n_rounds=0) for order in orders]
    best = min(plans, key=lambda plan: plan.arena_bytes)
    return _plan_order(best.steps, inputs, outputs, alignment, n_rounds=MAX_ROUNDS)


def in_arena(tensor):
    """Constants lie in the blob."""
    return tensor.data is None


def _check_complete(steps, inputs, outputs):
    made = {*inputs, *variables(steps)}
    for index, step in enumerate(steps):
        for tensor in filter(in_arena, step.inputs):
            if tensor not in made:
                raise LinnetError(f'operator {index} {step.name} reads "{tensor.name}", which nothing before it makes')
        made.update(step.outputs)
    for tensor in outputs:
        if tensor not in made:
            raise LinnetError(f'no operator makes the output "{tensor.name}"')


# Lifetimes and constraints ---------------------------------------------------------------------------------


def lifetimes(steps, inputs, outputs):
    """The Items of these steps in this order, without offsets; scratch sizes are the C core's own answer."""
    first, last = {tensor: -1 for tensor in inputs}, {tensor: -1 for tensor in inputs}
    for index, step in enumerate(steps):
        for tensor in step.outputs:
            first[tensor] = last[tensor] = index
        for tensor in filter(in_arena, step.inputs):
            last[tensor] = index
    last.update((tensor, len(steps)) for tensor in outputs)
    for tensor in variables(steps):
        first[tensor], last[tensor] = -1, len(steps)
    items = [Item(tensor, tensor.bytes, first[tensor], last[tensor]) for tensor in first]
    for index, step in enumerate(steps):
        n_bytes = core.scratch_bytes(step.code, step.params, step.variant)
        if n_bytes:
            items.append(Item(index, n_bytes, index, index))
    return items


def _gap(steps, low, high):
    """The least bytes from the start of `low` to the start of `high`: the one rule of overlap.

    Both are live at some step. low.bytes, unless low is the first output of the very step at which the input high dies;
    then it may be anything down to minus the length of high.
    """
    needs = _needs(steps, low, high)
    if not needs or None in needs or IN_PLACE in needs:
        return low.bytes
    return min(max(needs), low.bytes)


def _needs(steps, output, dying):
    """The overlaps that the step states of its output 0 and an input that dies at it; [] of any other two items."""
    if output.is_scratch or dying.is_scratch or output.first != dying.last or not 0 <= output.first < len(steps):
        return []
    step = steps[output.first]
    if step.outputs[0] is not output.what:
        return []
    return [overlap for tensor, overlap in zip(step.inputs, step.overlap) if tensor is dying.what]


def _may_coincide(steps, a, b):
    """Whether two items that _gap keeps apart may yet start at the same byte."""
    needs = _needs(steps, a, b) or _needs(steps, b, a)
    return bool(needs) and all(need == IN_PLACE for need in needs)


def _conflicts(steps, items):
    """For every item: [(index of an item live at the same time, least distance when that one is lower, ... higher, whether
    both may start together nevertheless)]."""
    found = [[] for _ in items]
    for a, item in enumerate(items):
        for b, other in enumerate(items):
            if a != b and item.first <= other.last and other.first <= item.last:
                found[a].append((b, _gap(steps, other, item), _gap(steps, item, other), _may_coincide(steps, item, other)))
    return found


def check_plan(plan, inputs, outputs):
    """Raises AssertionError unless no two live things overlap but where a step allows it, and all lie in the arena."""
    items = lifetimes(plan.steps, inputs, outputs)
    for item in items:
        item.offset = plan.scratch[item.what][0] if item.is_scratch else plan.offsets[item.what]
        assert item.offset % 4 == 0 and 0 <= item.offset <= plan.arena_bytes - item.bytes, item
    for a, item in enumerate(items):
        for other in items[a + 1 :]:
            if item.first <= other.last and other.first <= item.last:
                apart = other.offset - item.offset
                above, below = _gap(plan.steps, item, other), _gap(plan.steps, other, item)
                together = apart == 0 and _may_coincide(plan.steps, item, other)
                assert apart >= above or -apart >= below or together, f"{item} overlaps {other}"


# Placement -------------------------------------------------------------------------------------------------


def _place(order, items, conflicts, alignment, limit):
    """First fit in this order (item indices): (offsets, peak in bytes), or None once the peak reaches the limit."""
    offsets, peak = [None] * len(items), 0
    for index in order:
        n_bytes = items[index].bytes
        forbidden = []  # open intervals in which this item must not start
        for other, below, above, together in conflicts[index]:
            at = offsets[other]
            if at is not None:
                forbidden += [(at - above, at), (at, at + below)] if together else [(at - above, at + below)]
        forbidden.sort()
        offset = 0
        for start, end in forbidden:
            if start < offset < end:
                offset = -(-end // alignment) * alignment
        offsets[index] = offset
        peak = max(peak, offset + n_bytes)
        if peak >= limit:
            return None
    return offsets, peak


def _floor(items, conflicts, n_steps):
    """Bytes that no plan can go below: at every step what is live, less what one output can share with one input."""
    floor = 0
    for step in range(-1, n_steps + 1):
        live = [i for i, item in enumerate(items) if item.first <= step <= item.last]
        total = sum(items[i].bytes for i in live)
        saving = 0
        for i in live:
            for other, below, above, together in conflicts[i]:
                if other in live:
                    mine, its = items[i].bytes, items[other].bytes
                    union = min(max(its, max(below, 0) + mine), max(mine, max(above, 0) + its))
                    saving = max(saving, mine + its - (max(mine, its) if together else union))
        floor = max(floor, total - saving)
    return floor


def _plan_order(steps, inputs, outputs, alignment, n_rounds):
    items = lifetimes(steps, inputs, outputs)
    conflicts = _conflicts(steps, items)
    floor = _floor(items, conflicts, len(steps))
    keys = [
        lambda item: (-item.bytes, item.first),
        lambda item: (-item.bytes * (item.last - item.first + 1), item.first),
        lambda item: (-item.last, -item.bytes),  # backwards in time: a chain of in-place outputs sinks to the bottom
        lambda item: (item.first, -item.bytes),
        lambda item: (item.is_scratch, -item.last, -item.bytes),
        lambda item: (item.is_scratch, -item.bytes),
    ]
    best, best_order, peak = None, None, float("inf")
    for key in keys:
        order = sorted(range(len(items)), key=lambda index: key(items[index]))
        placed = _place(order, items, conflicts, alignment, peak)
        if placed:
            (best, peak), best_order = placed, order
    chance = random.Random(1)
    n_rounds = min(n_rounds, MAX_CONFLICTS // max(1, sum(map(len, conflicts))))
    for _ in range(n_rounds if len(items) > 1 else 0):
        if peak <= floor + alignment - 1:
            break
        # Move whatever stands at the peak, or anything else, to another turn.
        order = list(best_order)
        top = max(range(len(items)), key=lambda index: best[index] + items[index].bytes)
        moved = top if chance.random() < 0.3 else chance.randrange(len(items))
        order.remove(moved)
        order.insert(chance.randrange(len(items)), moved)
        placed = _place(order, items, conflicts, alignment, peak + 1)
        if placed:
            (best, peak), best_order = placed, order
    for item, offset in zip(items, best or []):
        item.offset = offset
    places = {item.what: (item.offset, item.bytes) for item in items if item.is_scratch}
    return Plan(
        steps=list(steps),
        items=items,
        arena_bytes=padded(0 if not items else peak),
        offsets={item.what: item.offset for item in items if not item.is_scratch},
        scratch=[places.get(index, (0, 0)) for index in range(len(steps))],
    )


# Orders of the steps ---------------------------------------------------------------------------------------


def _orders(steps, inputs, outputs):
    """The order given and, where the graph branches, one made by always taking the step that leaves least alive."""
    order, made, waiting = [], {tensor for tensor in inputs}, list(steps)
    branches = False
    uses = {}
    for step in steps:
        for tensor in set(filter(in_arena, step.inputs)):
            uses[tensor] = uses.get(tensor, 0) + 1
    while waiting:
        ready = [step for step in waiting if all(tensor in made for tensor in filter(in_arena, step.inputs))]
        branches |= len(ready) > 1

        def growth(step):
            dying = {t for t in filter(in_arena, step.inputs) if uses[t] == 1 and t not in outputs}
            return sum(t.bytes for t in step.outputs) - sum(t.bytes for t in dying)

        step = min(ready, key=growth)  # the first of equals: as the file has them
        for tensor in set(filter(in_arena, step.inputs)):
            uses[tensor] -= 1
        made.update(step.outputs)
        order.append(step)
        waiting.remove(step)
    return [list(steps), order] if branches else [list(steps)]
