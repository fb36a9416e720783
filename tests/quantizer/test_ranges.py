"""Ranges from histograms: what each method is to find is known beforehand."""

import numpy as np
import pytest

from linnet.quantizer.ranges import METHODS, Observer, affine


def observed(*arrays):
    observer = Observer()
    for values in arrays:
        observer.see(values)
    for values in arrays:
        observer.count(values)
    return observer


def quantization_error(values, low, high):
    scale, zero_point = affine(low, high)
    q = np.clip(np.rint(values / scale) + zero_point, -128, 127)
    return float(np.mean((scale * (q - zero_point) - values) ** 2))


@pytest.mark.parametrize("low, high", [(-1.0, 1.0), (0.0, 6.0), (-3.0, 0.0), (-0.01, 20.0), (-1e-6, 1e-6)])
def test_zero_is_exact_and_the_ends_are_near(low, high):
    scale, zero_point = affine(low, high)
    assert -128 <= zero_point <= 127
    assert abs(scale * (-128 - zero_point) - low) <= scale and abs(scale * (127 - zero_point) - high) <= scale


def test_nothing_but_zero_has_a_scale():
    assert affine(0.0, 0.0) == (1, 0)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_keeps_zero_and_stays_within_what_was_seen(method):
    random = np.random.default_rng(1)
    for values in (random.normal(0, 1, 5000), random.exponential(1, 5000), -random.exponential(1, 5000), random.normal(5, 0.1, 500)):
        low, high = observed(values).range(method)
        assert min(values.min(), 0) - 1e-6 <= low <= 0 <= high <= max(values.max(), 0) + 1e-6


def test_minmax_is_the_range_of_all_arrays():
    assert observed(np.array([-1.0, 2.0]), np.array([3.0, 0.5])).range("minmax") == (-1.0, 3.0)


def test_percentile_cuts_a_lonely_value_off():
    values = np.append(np.random.default_rng(2).uniform(0, 1, 100_000), 50.0)
    assert observed(values).range("percentile")[1] < 1.1


def test_entropy_cuts_a_heavy_tail():
    observer = observed(np.random.default_rng(3).standard_t(2, 50_000))
    assert observer.range("entropy")[1] < 0.9 * observer.high


def test_mse_is_at_least_as_good_as_the_others():
    random = np.random.default_rng(4)
    for values in (random.normal(0, 1, 50_000), random.standard_t(3, 50_000), np.abs(random.normal(0, 1, 50_000))):
        observer = observed(values)
        errors = {method: quantization_error(values, *observer.range(method)) for method in METHODS}
        assert errors["mse"] <= 1.02 * min(errors.values()), errors
