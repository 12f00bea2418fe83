"""Black-76: prices, volatilities and deltas agree with each other, and smiles are read without invention."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import black76


def test_a_call_at_the_forward_costs_what_the_normal_distribution_says():
    """F (2 N(s/2) - 1) with s = 0.5 of a year of 25 %: known values of N."""
    assert black76.price(100, 100, 50, 91.25, True) == pytest.approx(100 * (2 * 0.5497382 - 1), abs=1e-4)
    assert black76.delta(100, 100, 50, 91.25, True) == pytest.approx(0.5497382, abs=1e-6)
    assert black76.delta(100, 100, 50, 91.25, False) == pytest.approx(0.5497382 - 1, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.floats(-0.8, 0.8), st.floats(15, 250), st.floats(1, 365), st.booleans())
def test_inversion_finds_the_volatility_that_made_the_price(moneyness, iv, days, call):
    deviation = iv / 100 * math.sqrt(days / 365)
    strike = 50_000 * math.exp(2 * moneyness * deviation)
    premium = black76.price(50_000, strike, iv, days, call)
    found = black76.implied_pct(premium, 50_000, strike, days, call)
    assert found is not None and found == pytest.approx(iv, abs=1e-4)
    other = black76.price(50_000, strike, iv, days, not call)
    assert (premium - other) * (1 if call else -1) == pytest.approx(50_000 - strike, abs=1e-6)
    there = black76.delta(50_000, strike, iv, days, True) - black76.delta(50_000, strike, iv, days, False)
    assert there == pytest.approx(1)


@pytest.mark.parametrize(
    ("strike", "call", "premium"), [(40_000, True, 10_000), (60_000, False, 9_999), (60_000, True, 0)]
)
def test_a_price_without_time_value_has_no_volatility(strike, call, premium):
    assert black76.implied_pct(premium, 50_000, strike, 30, call) is None


def test_between_neighbours_in_delta_and_not_beyond():
    smile = [(-0.10, 70.0), (-0.30, 60.0), (-0.50, 58.0)]
    assert black76.at_delta(smile, -0.25) == pytest.approx(62.5)
    assert black76.at_delta(smile, -0.30) == 60
    assert black76.at_delta(smile, -0.05) is None and black76.at_delta([], -0.25) is None


def test_the_two_ways_to_thirty_days():
    term = [(20.0, 50.0), (40.0, 60.0)]
    assert black76.at_days(term, 30) == 55
    assert black76.at_days_by_variance(term, 30) == pytest.approx(
        math.sqrt((50**2 * 20 + 60**2 * 40) / 2 / 30)
    )
    assert black76.at_days(term, 19.9) is None and black76.at_days_by_variance(term[:1], 30) is None
