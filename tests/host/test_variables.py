"""Variables and control flow: what becomes of them at import, which copies stay, what is refused in a sentence."""

import numpy as np
import pytest
from cases.sequences import added, assign, given, joined, like, part, read, variable
from tflite_builder import Op, Options, Tensor, graph_model

from linnet.copies import drop_copies
from linnet.errors import LinnetError
from linnet.graph import IN_PLACE, Step, variables
from linnet.graph import Tensor as GraphTensor
from linnet.importers.tflite import read_tflite
from linnet.lower import lower
from linnet.model import Model
from linnet.packer import assemble, pack_model
from linnet.passes import run_all
from linnet.plan import check_plan

N = 4


def int8(shape=(1, N)):
    return Tensor(shape, "int8", 0.1, 3)


def call_once(index):
    return Op("CALL_ONCE", Options("CallOnceOptions", {"InitSubgraphIndex": index}), [], [])


def sums(first=None):
    """A model whose state is the sum of its inputs; first: its first value, a constant that CALL_ONCE assigns."""
    x, state, total = int8(), int8(), int8()
    handle, operators = variable("sum")
    operators += [read(handle, state), added(state, x, total), assign(handle, total)]
    subgraphs = [([x], [total], operators)]
    if first is not None:
        once, body = variable("sum")
        operators.insert(0, call_once(1))
        subgraphs.append(([], [], [*body, assign(once, first)]))
    return graph_model(subgraphs)


def blob_of(path):
    return pack_model(path, n_golden=0).blob


def kinds(steps):
    return [step.kind for step in steps]


# Import --------------------------------------------------------------------------------------------------------------


def test_a_variable_starts_at_its_zero_point(tflite_file):
    graph = read_tflite(tflite_file(sums()))
    (state,) = {tensor for op in graph.operators for tensor in op.inputs if tensor.initial is not None}
    assert state.name == "sum" and (state.initial == 3).all() and state.shape == (1, N)
    assert [op.kind for op in graph.operators] == ["READ_VARIABLE", "ADD", "ASSIGN_VARIABLE"]


def test_call_once_gives_the_first_value(tflite_file):
    first = np.arange(N, dtype=np.int8).reshape(1, N)
    path = tflite_file(sums(given(first, 0.1)))
    (state,) = {tensor for op in read_tflite(path).operators for tensor in op.inputs if tensor.initial is not None}
    np.testing.assert_array_equal(state.initial, first)
    model = Model(pack_model(path, n_golden=0).data)
    zero = np.full((1, N), 3, np.int8)
    for _ in range(2):
        np.testing.assert_array_equal(model.predict([zero])[0], first.ravel())
        model.predict([zero + 1])
        model.reset()


def test_a_first_value_that_is_not_constant_is_refused(tflite_file):
    once, body = variable("sum")
    unknown = int8()
    operators = [*body, Op("READ_VARIABLE", Options("ReadVariableOptions", {}), [once], [unknown]), assign(once, unknown)]
    x, y = int8(), int8()
    model = graph_model([([x], [y], [call_once(1), added(x, x, y)]), ([], [], operators)])
    with pytest.raises(LinnetError, match="gives a variable a first value that is not constant"):
        read_tflite(tflite_file(model))


def test_a_variable_has_one_size(tflite_file):
    x, y, wrong = int8(), int8(), int8((1, N + 1))
    handle, operators = variable("sum")
    operators += [assign(handle, x), read(handle, wrong), added(x, x, y)]
    with pytest.raises(LinnetError, match=r"takes the variable sum for int8 \(1, 5\), it is int8 \(1, 4\)"):
        read_tflite(tflite_file(graph_model([([x], [y], operators)])))


def test_a_variable_that_nothing_reads_goes(tflite_file):
    x, y = int8(), int8()
    handle, operators = variable("unused")
    operators += [assign(handle, x), added(x, x, y)]
    assert blob_of(tflite_file(graph_model([([x], [y], operators)]))).n_reset == 0


def test_more_subgraphs_that_nothing_calls_do_no_harm(tflite_file):
    x, y, other, made = int8(), int8(), int8(), int8()
    model = graph_model([([x], [y], [added(x, x, y)]), ([other], [made], [added(other, other, made)])])
    assert len(read_tflite(tflite_file(model)).operators) == 1


# Loops and branches --------------------------------------------------------------------------------------------------


def loop(limit, inputs=(), step=1):
    """WHILE i < limit: x += x. limit: a Tensor, constant or one of the inputs."""
    x, y, count = int8(), int8(), Tensor((1,), "int32")
    here, value, bound, goes_on = Tensor((1,), "int32"), int8(), Tensor((1,), "int32"), Tensor((1,), "bool")
    condition = [here, value, bound], [goes_on], [Op("LESS", Options("LessOptions", {}), [here, bound], [goes_on])]
    at, before, end, next_at, after = Tensor((1,), "int32"), int8(), Tensor((1,), "int32"), Tensor((1,), "int32"), int8()
    operators = [added(at, given(np.array([step], np.int32)), next_at), added(before, before, after)]
    body = [at, before, end], [next_at, after, end], operators
    options = Options("WhileOptions", {"CondSubgraphIndex": 1, "BodySubgraphIndex": 2})
    start = given(np.array([0], np.int32))
    main = [x, *inputs], [y], [Op("WHILE", options, [start, x, limit], [count, y, Tensor((1,), "int32")])]
    return graph_model([main, condition, body])


@pytest.mark.parametrize("turns", [0, 1, 5])
def test_a_loop_is_unrolled(turns, tflite_file):
    graph = read_tflite(tflite_file(loop(given(np.array([turns], np.int32)))))
    assert [op.kind for op in graph.operators] == (["ADD"] * turns or ["RESHAPE"])
    assert all(tensor.source is None for op in graph.operators[:-1] for tensor in op.outputs)


def test_a_loop_over_what_the_model_is_given_is_refused(tflite_file):
    limit = Tensor((1,), "int32")
    path = tflite_file(loop(limit, [limit]))
    with pytest.raises(LinnetError, match="WHILE .*depending on the model's input.*unroll it .keras: unroll=True.* one step"):
        read_tflite(path)


def test_a_loop_without_end_is_refused(tflite_file):
    path = tflite_file(loop(given(np.array([1], np.int32)), step=0))
    with pytest.raises(LinnetError, match="goes round more than 1024 times; export a model of one step"):
        read_tflite(path)


def branch(condition, inputs=(), indices=(1, 2)):
    x, y, a, a_out, b, b_out = (int8() for _ in range(6))
    options = Options("IfOptions", {"ThenSubgraphIndex": indices[0], "ElseSubgraphIndex": indices[1]})
    double = [a], [a_out], [added(a, a, a_out)]
    same = [b], [b_out], [Op("RELU", None, [b], [b_out])]
    return graph_model([([x, *inputs], [y], [Op("IF", options, [condition, x], [y])]), double, same])


@pytest.mark.parametrize(("taken", "kind"), [(True, "ADD"), (False, "RELU")])
def test_a_branch_is_taken(taken, kind, tflite_file):
    graph = read_tflite(tflite_file(branch(given(np.array([taken])))))
    assert [op.kind for op in graph.operators] == [kind]


def test_a_branch_on_what_the_model_is_given_is_refused(tflite_file):
    condition = Tensor((1,), "bool")
    with pytest.raises(LinnetError, match="IF .*takes one way or the other depending on the model's input"):
        read_tflite(tflite_file(branch(condition, [condition])))


@pytest.mark.parametrize(("indices", "sentence"), [((7, 7), "calls subgraph 7 of 3"), ((0, 0), "other inputs than it has|too deeply"),
                                                   ((-1, 2), "calls subgraph -1 of 3")])  # fmt: skip
def test_calls_of_what_is_not_there_are_refused(indices, sentence, tflite_file):
    with pytest.raises(LinnetError, match=sentence):
        read_tflite(tflite_file(branch(given(np.array([True])), (), indices)))


def test_a_list_that_a_loop_fills_is_made_once(tflite_file):
    """As TensorFlow writes it: what lies before, the new element, what lies after."""
    x, zeros = int8((1, N)), given(np.zeros((3, N), np.int8), 0.1)
    operators, whole = [], zeros
    for i in range(3):
        doubled, before, after, new = int8(), int8((i, N)), int8((2 - i, N)), int8((3, N))
        operators += [added(x, x, doubled), part(whole, before, (0, 0)), part(whole, after, (i + 1, 0))]
        operators.append(joined([before, doubled, after], new, axis=0))
        whole = new
    # A subgraph of its own: the slices of nothing are TensorFlow's in loops.
    a = int8((1, N))
    for op in operators:
        op.inputs = [a if tensor is x else tensor for tensor in op.inputs]
    main_y = int8((3, N))
    options = Options("IfOptions", {"ThenSubgraphIndex": 1, "ElseSubgraphIndex": 1})
    main = [x], [main_y], [Op("IF", options, [given(np.array([True])), x], [main_y])]
    graph = run_all(read_tflite(tflite_file(graph_model([main, ([a], [whole], operators)]))))
    assert [op.kind for op in graph.operators] == ["ADD"] * 3 + ["CONCATENATION"]
    assert len(graph.operators[-1].inputs) == 3


# Copies --------------------------------------------------------------------------------------------------------------


def dropped(path):
    """(kinds of the steps as lowered, kinds of those that are left)"""
    graph = run_all(read_tflite(path))
    steps = lower(graph)
    plan = assemble(steps, graph.inputs, graph.outputs).plan
    check_plan(plan, graph.inputs, graph.outputs)
    return kinds(steps), kinds(plan.steps)


def test_a_sum_is_kept_where_it_is_an_output(tflite_file):
    """The sum is the model's output as well: the copy to the variable stays, that from it goes."""
    before, after = dropped(tflite_file(sums()))
    assert before == ["READ_VARIABLE", "ADD", "ASSIGN_VARIABLE"] and after == ["ADD", "ASSIGN_VARIABLE"]


def test_a_window_slides_without_copies(tflite_file):
    x, state, window, rest, y = int8(), int8((1, 2)), int8((1, N + 2)), int8((1, 2)), int8((1, N + 2))
    handle, operators = variable("window")
    operators += [read(handle, state), joined([state, x], window), part(window, rest, (0, N)), assign(handle, rest)]
    operators += [Op("RELU", None, [window], [y])]
    path = tflite_file(graph_model([([x], [y], operators)]))
    assert dropped(path)[1] == ["CONCATENATION", "SLICE", "RELU"]
    model, seen = Model(pack_model(path, n_golden=0).data), np.full(2, 3)
    for number in range(5):
        given_x = np.arange(number, number + N, dtype=np.int8) + 4
        seen = np.concatenate([seen, given_x])
        np.testing.assert_array_equal(model.predict([given_x.reshape(1, N)])[0], seen)
        seen = seen[-2:]


def step(inputs, outputs, code=10, overlap=0):
    return Step(code, "", inputs, outputs, b"", b"", 0, [overlap] * len(inputs))


def tensors(*names):
    return [GraphTensor(name, (1, N), "int8") for name in names]


def state():
    return GraphTensor("v", (1, N), "int8", initial=np.zeros((1, N), np.int8))


def test_a_read_is_kept_where_the_variable_changes_before_its_last_user():
    x, old, y = tensors("x", "old", "y")
    v = state()
    steps = [step([v], [old], 8), step([x], [v], 8), step([old], [y])]
    assert len(drop_copies(steps, [y])) == 3
    assert len(drop_copies([steps[0], steps[2], steps[1]], [y])) == 2


def test_an_assign_is_kept_where_the_old_value_is_wanted_in_between():
    x, new, y = tensors("x", "new", "y")
    v = state()
    make, use, put = step([x], [new]), step([v], [y]), step([new], [v], 8)
    assert len(drop_copies([make, use, put], [y])) == 3
    assert len(drop_copies([use, make, put], [y])) == 2


@pytest.mark.parametrize(("overlap", "n_left"), [(0, 2), (IN_PLACE, 2), (-4, 2), (None, 3), (1, 3)])
def test_a_new_value_replaces_the_old_only_where_its_maker_works_in_place(overlap, n_left):
    x, new, y = tensors("x", "new", "y")
    v = state()
    left = drop_copies([step([v, x], [new], 6, overlap), step([new], [v], 8), step([new], [y])], [y])
    assert len(left) == n_left and variables(left) == [v]


def test_outputs_and_inputs_of_the_model_keep_their_copies():
    x, y = tensors("x", "y")
    v = state()
    assert len(drop_copies([step([v], [y], 8), step([x], [v], 8)], [y])) == 2


def test_a_value_that_goes_to_two_variables_is_copied_to_one():
    x, new, y, z = tensors("x", "new", "y", "z")
    v, w = state(), state()
    steps = [step([x], [new]), step([new], [v], 8), step([new], [w], 8), step([v], [y]), step([w], [z])]
    left = drop_copies(steps, [y, z])
    assert len(left) == 4 and left[0].outputs == [v] and left[1].inputs == [v] and left[1].outputs == [w]


@pytest.mark.parametrize("seed", range(40))
def test_no_result_depends_on_the_copies_that_are_left_out(seed, tflite_file, monkeypatch):
    """Random programs over three variables, run after run, with all copies and without those that go."""
    random = np.random.default_rng(seed)
    x = int8()
    names, values, operators, handles = ("a", "b", "c"), [x], [], {}
    for name in names:
        handles[name], begin = variable(name)
        operators += begin
    for _ in range(random.integers(4, 16)):
        handle, what = handles[names[random.integers(3)]], random.integers(3)
        if what == 1:
            operators.append(assign(handle, values[random.integers(len(values))]))
            continue
        values.append(int8())
        if what == 0:
            operators.append(read(handle, values[-1]))
        else:
            one, other = random.integers(len(values) - 1, size=2)
            operators.append(added(values[one], values[other], values[-1]))
    shown = [value for value in values if random.integers(3) == 0] or values[-1:]
    y = int8((1, N * len(shown)))
    graph = run_all(read_tflite(tflite_file(graph_model([([x], [y], [*operators, joined(shown, y)])]))))
    steps = lower(graph)
    short = assemble(steps, graph.inputs, graph.outputs)
    check_plan(short.plan, graph.inputs, graph.outputs)
    monkeypatch.setattr("linnet.packer.drop_copies", lambda steps, outputs: steps)
    whole = assemble(steps, graph.inputs, graph.outputs)
    models = Model(short.data), Model(whole.data)
    for _ in range(5):
        given_x = random.integers(-128, 128, (1, N)).astype(np.int8)
        np.testing.assert_array_equal(*(model.predict([given_x])[0] for model in models))


def test_a_model_has_at_most_255_variables():
    x, y = tensors("x", "y")
    steps = [step([x], [state()], 8) for _ in range(256)] + [step([x], [y], 8)]
    with pytest.raises(LinnetError, match="has 256 variables, supported are 255"):
        assemble(steps, [x], [y])
