"""Rounding by chance: right on average. For the outputs' sake: never worse than the nearest weights, and the best there is where all can be tried."""

import itertools

import numpy as np

from linnet.quantizer.rounding import round_at_random, round_for_outputs


def output_error(rows, scales, q, gram):
    error = q * scales[:, None] - rows
    return np.einsum("ck,kj,cj->c", error, gram, error)


def test_never_worse_than_the_nearest():
    random = np.random.default_rng(1)
    for k in (3, 9, 40):
        x = random.normal(0, 1, (200, k)) @ random.normal(0, 1, (k, k))  # correlated inputs
        gram = x.T @ x / len(x)
        rows, scales = random.normal(0, 1, (8, k)), random.uniform(0.02, 0.2, 8)
        nearest = np.clip(np.rint(rows / scales[:, None]), -127, 127)
        found = round_for_outputs(rows, scales, gram).astype(float)
        assert np.all(output_error(rows, scales, found, gram) <= output_error(rows, scales, nearest, gram) + 1e-9)
        assert np.all(np.abs(found) <= 127)


def test_near_the_best_of_all_roundings():
    random = np.random.default_rng(2)
    excess = []  # over the best of rounding each weight up or down: of what was found, of the nearest
    for _ in range(20):
        x = random.normal(0, 1, (50, 6)) + random.normal(0, 2, (50, 1))
        gram = x.T @ x / len(x)
        rows, scales = random.normal(0, 1, (1, 6)), np.array([0.3])
        floor = np.floor(rows / 0.3)
        every = [floor + np.array(bits) for bits in itertools.product((0, 1), repeat=6)]
        best = min(output_error(rows, scales, q, gram)[0] for q in every)
        nearest = output_error(rows, scales, np.rint(rows / 0.3), gram)[0]
        found = output_error(rows, scales, round_for_outputs(rows, scales, gram).astype(float), gram)[0]
        assert found <= nearest + 1e-9
        excess.append((found / best, nearest / best))
    found, nearest = np.array(excess).T
    assert found.mean() < 1.1 < nearest.mean() and np.median(found) < 1.001


def test_uncorrelated_inputs_leave_the_nearest():
    rows, scales = np.random.default_rng(3).normal(0, 1, (4, 10)), np.full(4, 0.1)
    assert np.array_equal(round_for_outputs(rows, scales, np.eye(10)), np.clip(np.rint(rows / 0.1), -127, 127))


def test_a_gram_matrix_per_channel():
    random = np.random.default_rng(4)
    rows, scales = random.normal(0, 1, (5, 9)), np.full(5, 0.2)
    x = random.normal(0, 1, (5, 60, 9)) + 1
    grams = np.einsum("cnk,cnj->ckj", x, x) / 60
    alone = [round_for_outputs(rows[c : c + 1], scales[:1], grams[c])[0] for c in range(5)]
    assert np.array_equal(round_for_outputs(rows, scales, grams), np.array(alone))


def test_by_chance_each_weight_is_right_on_average():
    rows, scales = np.random.default_rng(5).normal(0, 1, (3, 20)), np.array([0.1, 0.2, 0.05])
    exact = rows / scales[:, None]
    random = np.random.default_rng(6)
    drawn = np.stack([round_at_random(rows, scales, random) for _ in range(4000)]).astype(float)
    assert np.all((drawn == np.floor(exact)) | (drawn == np.ceil(exact)))
    assert np.abs(drawn.mean(axis=0) - exact).max() < 0.05  # six standard errors
    assert not np.allclose(np.rint(exact), exact, atol=0.3)  # the nearest would be far off


def test_by_chance_stays_within_the_limits():
    rows = np.array([[1.27, -1.27, 1.2699, 0.0]])
    for seed in range(20):
        found = round_at_random(rows, np.array([0.01]), np.random.default_rng(seed))
        assert found.dtype == np.int8 and np.all(np.abs(found.astype(int)) <= 127) and found[0, 3] == 0
