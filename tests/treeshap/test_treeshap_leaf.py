"""The Shapley values of one leaf against rational arithmetic, and its two evaluations against each other."""

from fractions import Fraction
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.treeshap import leaf


def exactly(value, share, agree):
    """Shapley values of a leaf, from the weights of coalitions."""
    d, z = len(share), [Fraction(s) for s in share]
    out = []
    for i in range(d):
        ways = [Fraction(1)]  # by size of the coalition
        for j in range(d):
            if j != i:
                known = [Fraction(0), *(w * int(agree[j]) for w in ways)]
                unknown = [*(w * z[j] for w in ways), Fraction(0)]
                ways = [k + u for k, u in zip(known, unknown, strict=True)]
        weights = [Fraction(factorial(k) * factorial(d - 1 - k), factorial(d)) for k in range(d)]
        total = sum(w * way for w, way in zip(weights, ways, strict=True))
        out.append(float(Fraction(value) * (int(agree[i]) - z[i]) * total))
    return np.array(out)


def added(value, share, agree):
    d, n = agree.shape
    out = np.zeros((d, n))
    work = np.zeros((2 * d + 1, leaf.STRIP))
    leaf.add(d, value, share, leaf.rule(d), agree, n, np.arange(d), out, 0, work)
    return out


@settings(max_examples=60, deadline=None)
@given(data=st.data(), d=st.integers(1, 14), value=st.floats(-1e3, 1e3))
def test_as_rational_arithmetic(data, d, value):
    shares = st.one_of(st.sampled_from([0.0, 1.0, 1e-9, 0.5]), st.floats(0, 1))
    share = np.array(data.draw(st.lists(shares, min_size=d, max_size=d)))
    agree = np.array(data.draw(st.lists(st.integers(0, 1), min_size=d, max_size=d)), dtype=np.uint8)
    ours = added(value, share, agree[:, None])[:, 0]
    np.testing.assert_allclose(ours, exactly(value, share, agree), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("d", [40, 70])
def test_as_rational_arithmetic_on_long_paths(d):
    rng = np.random.default_rng(d)
    share, agree = rng.integers(0, 65, d) / 64.0, (rng.random(d) < 0.9).astype(np.uint8)
    np.testing.assert_allclose(
        added(2.0, share, agree[:, None])[:, 0], exactly(2.0, share, agree), rtol=1e-11, atol=1e-15
    )


@pytest.mark.parametrize("d", range(1, 11))
def test_all_patterns_at_once_are_the_bits_of_each_alone(d):
    rng = np.random.default_rng(d)
    share, value = rng.random(d), rng.standard_normal()
    patterns = np.arange(1 << d)
    agree = ((patterns[None, :] >> np.arange(d)[:, None]) & 1).astype(np.uint8)
    sums, work = np.zeros((d, 1 << d)), np.zeros((2, 1 << d))
    leaf.fill(d, share, leaf.rule(d), sums, work)
    low = (1 << np.arange(d))[:, None] - 1
    others = ((patterns >> (np.arange(d)[:, None] + 1)) << np.arange(d)[:, None]) | (patterns & low)
    table = (np.take_along_axis(sums, others, axis=1) * (agree - share[:, None])) * value
    assert (table + 0.0).tobytes() == added(value, share, agree).tobytes()


@pytest.mark.parametrize("n", [1, 2, 3, 17, 64, 128, 1024])
def test_points_and_weights_of_the_quadrature(n):
    x, w = leaf._gauss_legendre(n)
    for power in {0, 1, 2, min(5, 2 * n - 1), 2 * n - 1} & set(range(2 * n)):
        assert abs((w * x**power).sum() - 1 / (power + 1)) < 1e-14
    if n <= 128:
        theirs, weights = np.polynomial.legendre.leggauss(n)
        np.testing.assert_allclose(x, (theirs + 1) / 2, rtol=0, atol=1e-14)
        np.testing.assert_allclose(w, weights / 2, rtol=1e-10, atol=1e-15)


def test_half_as_many_points_as_columns():
    found = leaf.rule(600)
    numbers = found.end - found.first
    assert numbers[:129].tolist() == [1, *(-(-d // 2) for d in range(1, 129))]
    assert (numbers[1:] >= np.arange(1, 601) / 2).all()
    assert set(numbers[129:].tolist()) == {128, 256, 512}
    assert found.end.max() == len(found.point) == len(found.weight)
