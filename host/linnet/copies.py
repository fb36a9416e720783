"""Leaves out copies from and to variables: users read the variable itself, and what makes its next value writes it there."""

from dataclasses import replace

from linnet.graph import IN_PLACE
from linnet.operators import reshape


def drop_copies(steps, outputs):
    """These Steps without the copies of variables that no result depends on. outputs: the model's tensors.

    Steps of a model with variables keep their order, so it is known here what a variable holds when.
    """
    steps = [replace(step, inputs=list(step.inputs), outputs=list(step.outputs)) for step in steps]
    for copy in [step for step in steps if _is_copy(step)]:
        if copy.inputs[0].initial is not None and _can_read_in_place(steps, copy, outputs):
            _put(steps, copy.outputs[0], copy.inputs[0])
            steps.remove(copy)
    for copy in [step for step in steps if _is_copy(step)]:
        if copy.outputs[0].initial is not None and _can_write_in_place(steps, copy, outputs):
            _put(steps, copy.inputs[0], copy.outputs[0])
            steps.remove(copy)
    return steps


def _is_copy(step):
    return step.code == reshape.CODE


def _put(steps, tensor, variable):
    """The variable takes the place of the tensor."""
    for step in steps:
        step.inputs = [variable if t is tensor else t for t in step.inputs]
        step.outputs = [variable if t is tensor else t for t in step.outputs]


def _can_read_in_place(steps, copy, outputs):
    """Every user of the copy comes before the variable changes."""
    variable, made = copy.inputs[0], copy.outputs[0]
    if made in outputs or made.initial is not None:
        return False
    at = steps.index(copy)
    users = [i for i, step in enumerate(steps) if made in step.inputs]
    changes = [i for i, step in enumerate(steps) if variable in step.outputs and i > at]
    # A copy into the variable may be the last user: it moves bytes either way.
    return not changes or all(i < changes[0] or i == changes[0] and _is_copy(steps[i]) for i in users)


def _can_write_in_place(steps, copy, outputs):
    """Between the step that makes the new value and the copy nobody wants the old one, nor after it the new one in vain."""
    made, variable = copy.inputs[0], copy.outputs[0]
    makers = [i for i, step in enumerate(steps) if made in step.outputs]
    if made in outputs or made.data is not None or made.initial is not None or len(makers) != 1:
        return False
    maker, at = makers[0], steps.index(copy)
    if steps[maker].outputs[0] is not made or variable in steps[maker].outputs:
        return False
    if any(variable in step.inputs + step.outputs for step in steps[maker + 1 : at]):
        return False
    changes = [i for i, step in enumerate(steps) if variable in step.outputs and i > at]
    if changes and any(made in step.inputs for step in steps[changes[0] :]):
        return False
    overlaps = [overlap for tensor, overlap in zip(steps[maker].inputs, steps[maker].overlap) if tensor is variable]
    return all(overlap == IN_PLACE or overlap is not None and overlap <= 0 for overlap in overlaps)
