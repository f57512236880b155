import json
from decimal import Decimal, getcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.calibration import Calibrator, fit_platt, sigmoid
from models.combination import combine, mean_gradient, risk_log_odds

getcontext().prec = 60
margins = st.lists(st.tuples(st.floats(-30, 30), st.floats(-30, 30)), min_size=1, max_size=30)
PHI = (0.5, -0.25, 0.75)


def exact_log_odds(u, v):
    one = Decimal(1)
    clean = one / (one + Decimal(u).exp()) * (one / (one + Decimal(v).exp()))
    return float(((one - clean) / clean).ln())


@settings(max_examples=100, deadline=None)
@given(margins)
def test_risk_keeps_its_digits_in_both_tails(pairs):
    z = np.array(pairs).T
    expected = [exact_log_odds(u, v) for u, v in pairs]
    np.testing.assert_allclose(risk_log_odds(z), expected, rtol=1e-13, atol=1e-13)
    p = combine(z, np.zeros(2)).risk
    np.testing.assert_allclose(p, sigmoid(np.array(expected)), rtol=1e-12)


def test_tiny_probabilities_add_up():
    z = np.full((2, 1), np.log(1e-12))
    assert combine(z, np.zeros(2)).risk[0] == pytest.approx(2e-12, rel=1e-11)


@settings(max_examples=100, deadline=None)
@given(margins, st.floats(-30, 30), st.floats(-30, 30))
def test_contributions_of_risk_are_additive(pairs, base_u, base_v):
    z, base = np.array(pairs).T, np.array([base_u, base_v])
    delta = z - base[:, None]
    parts = [delta[h][:, None] * np.array([*PHI[:2], 1 - sum(PHI[:2])]) for h in range(2)]
    found = combine(z, base, parts)
    gap = found.base + found.contributions.sum(axis=1) - found.log_odds
    assert np.abs(gap).max() <= 1e-9


@settings(max_examples=50, deadline=None)
@given(margins, st.integers(1, 29))
def test_chunks_give_the_same_bits(pairs, cut):
    z, base = np.array(pairs).T, np.array([-4.0, -5.0])
    whole = mean_gradient(base, z)
    parts = [mean_gradient(base, z[:, :cut]), mean_gradient(base, z[:, cut:])]
    assert np.array_equal(whole, np.concatenate(parts, axis=1))


@settings(max_examples=50, deadline=None)
@given(margins)
def test_risk_rises_with_each_head_and_exceeds_both(pairs):
    z = np.array(pairs).T
    risk = risk_log_odds(z)
    assert (risk >= z.max(axis=0) - 1e-12).all()
    assert (risk_log_odds(z + np.array([[0.5], [0.0]])) >= risk).all()


def test_symmetric_heads_share_alike():
    z, base = np.array([[1.0], [1.0]]), np.array([-3.0, -3.0])
    weight = mean_gradient(base, z)
    assert weight[0, 0] == weight[1, 0]


def test_one_head_is_that_head():
    z, part = np.array([[0.3, -7.0]]), np.array([[1.3, 0.0], [0.0, -6.0]])
    found = combine(z, np.array([-1.0]), [part])
    assert np.array_equal(found.log_odds, z[0])
    assert np.array_equal(found.contributions, part)
    assert found.base == -1.0


def test_platt_recovers_a_known_map():
    rng = np.random.default_rng(0)
    m = rng.normal(size=60_000)
    y = (rng.random(60_000) < sigmoid(1.7 * m - 2)).astype(float)
    fitted = fit_platt(m, y)
    assert fitted.slope == pytest.approx(1.7, abs=0.06)
    assert fitted.intercept == pytest.approx(-2.0, abs=0.06)


def test_weights_make_it_speak_for_the_traffic():
    rng = np.random.default_rng(1)
    m = rng.normal(size=200_000)
    y = (rng.random(len(m)) < sigmoid(m - 5)).astype(float)
    p = np.clip(sigmoid(2 * m + 3 * y - 2), 0.02, 1)  # finds are chosen more often
    chosen = rng.random(len(m)) < p
    plain = fit_platt(m[chosen], y[chosen])
    weighted = fit_platt(m[chosen], y[chosen], 1 / p[chosen], population="traffic")
    assert weighted.probability(m).mean() == pytest.approx(y.mean(), rel=0.1)
    assert plain.probability(m).mean() > 2 * y.mean()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 30), st.floats(1e-3, 1e3))
def test_the_map_is_strictly_increasing_whatever_the_labels(seed, finds, scale):
    rng = np.random.default_rng(seed)
    m = rng.normal(size=100) * scale
    y = np.zeros(100)
    y[rng.permutation(100)[:finds]] = 1
    fitted = fit_platt(m, y, rng.random(100) + 0.01)
    assert fitted.slope > 0
    order = np.sort(m)
    assert (np.diff(fitted.log_odds(order)) > 0).all()


def test_a_reversed_margin_gives_the_base_rate_not_a_reversed_rank():
    m = np.linspace(-1, 1, 1000)
    y = (m < -0.8).astype(float)
    fitted = fit_platt(m, y)
    assert 0 < fitted.slope < 0.1
    assert fitted.probability(m).mean() == pytest.approx(y.mean(), rel=0.05)


def test_perfect_separation_and_constant_margins_stay_finite():
    y = np.array([0.0] * 50 + [1.0] * 50)
    assert np.isfinite(fit_platt(np.where(y == 1, 5.0, -5.0), y).slope)
    assert np.isfinite(fit_platt(np.zeros(100), y).intercept)
    with pytest.raises(ValueError, match="finds and clean"):
        fit_platt(np.zeros(3), np.zeros(3))


def test_calibrator_round_trip_and_refusals():
    c = Calibrator(0.7, -1.25, "traffic", 12, 900)
    assert Calibrator.from_json(json.loads(json.dumps(c.to_json()))) == c
    for change in ({"slope": 0}, {"slope": -1}, {"intercept": "x"}, {"population": "all"}):
        with pytest.raises(ValueError, match=r"slope|population|could not convert"):
            Calibrator.from_json(c.to_json() | change)
    with pytest.raises(ValueError, match="not a calibrator"):
        Calibrator.from_json({})
