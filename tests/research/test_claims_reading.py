"""Printed numbers, scopes and spans as they are read, and what a broken claims file is told."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.research.claims import ClaimsError, check
from pipelines.research.claims.amounts import (
    Agreement,
    AmountError,
    agree,
    parse_amount,
    parse_band,
    per_year,
)
from pipelines.research.claims.scopes import ScopeError, parse_scope
from pipelines.research.claims.spans import Calendar, SpanError

HEAD = "document: d\nmade_at: 2024-12-09T23:00:00Z\nclaims:\n"
WHOLE = "quantity: liquidations_total, scope: all venues, day: 2024-12-09"


@pytest.mark.parametrize(
    ("text", "value", "half_unit", "digits", "unit", "per", "bound"),
    [
        ("$1.716bn", "1716000000", "500000", 4, "usd", None, "="),
        ("1.70 bn", "1700000000", "5000000", 3, None, None, "="),
        ("17.16亿", "1716000000", "500000", 4, None, None, "="),
        ("15.3亿美元", "1530000000", "5000000", 3, "usd", None, "="),
        ("57.0万", "570000", "500", 3, None, None, "="),
        ("570,876", "570876", "0.5", 6, None, None, "="),
        ("US$ 740 million", "740000000", "500000", 2, "usd", None, "="),
        ("740 m USD", "740000000", "500000", 2, "usd", None, "="),
        ("94,000", "94000", "0.5", 2, None, None, "="),
        ("over 90 %", "90", "0.5", 1, "pct", None, ">"),
        ("less than $6000", "6000", "0.5", 1, "usd", None, "<"),
        ("about 500 m", "500000000", "500000", 1, None, None, "~"),
        ("-7 %", "-7", "0.5", 1, "pct", None, "="),
        ("−7%", "-7", "0.5", 1, "pct", None, "="),
        ("2.7 % a month", "2.7", "0.05", 2, "pct", "month", "="),
        ("5.4 %/month", "5.4", "0.05", 2, "pct", "month", "="),
        ("0.01% per 8 hours", "0.01", "0.005", 1, "pct", "8h", "="),
        ("17 % annualised", "17", "0.5", 2, "pct", "year", "="),
        ("12 bps", "0.12", "0.005", 2, "pct", None, "="),
        ("1.5 times", "1.5", "0.05", 2, "times", None, "="),
        ("0.155e9", "155000000", "500000", 3, None, None, "="),
        ("182 m BTC", "182000000", "500000", 3, "BTC", None, "="),
    ],
)
def test_printed_numbers(
    text: str, value: str, half_unit: str, digits: int, unit: str | None, per: str | None, bound: str
) -> None:
    amount = parse_amount(text)
    assert amount.value == Decimal(value)
    assert amount.half_unit == Decimal(half_unit)
    assert (amount.digits, amount.unit, amount.per, amount.bound) == (digits, unit, per, bound)


@pytest.mark.parametrize(
    ("text", "percent", "bound"),
    [("half", 50, "="), ("most", 50, ">"), ("6 of 12", 50, "="), ("a quarter", 25, "=")],
)
def test_shares_in_words(text: str, percent: int, bound: str) -> None:
    amount = parse_amount(text)
    assert (amount.value, amount.unit, amount.bound) == (percent, "pct", bound)


@pytest.mark.parametrize("text", ["", "many", "1 bn apples", "%", "1/0", "3 % per fortnight"])
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(AmountError):
        parse_amount(text)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("20 to 30 %", 20, 30),
        ("500 m to 1 bn", 500_000_000, 1_000_000_000),
        ("500-800 m", 500_000_000, 800_000_000),
        ("5亿至10亿", 500_000_000, 1_000_000_000),
    ],
)
def test_bands(text: str, low: int, high: int) -> None:
    assert [edge.value for edge in parse_band(text)] == [low, high]


@pytest.mark.parametrize(
    ("said", "figure", "found"),
    [
        ("1.8 bn", "1750000000", Agreement.EXACT),
        ("1.7 bn", "1750000000", Agreement.EXACT),
        ("1.70 bn", "1750000000", Agreement.NO),
        ("2 bn", "1750000000", Agreement.ROUNDED),  # half a unit, but more than 5 %
        ("94,000", "94150.05", Agreement.ROUNDED),
        ("100,000", "101109.6", Agreement.NO),  # one digit says nothing
        ("over 90 %", "89.2", Agreement.NO),
        ("about 500 m", "520000000", Agreement.ROUNDED),
        ("about 500 m", "539600000", Agreement.NO),
    ],
)
def test_agreement(said: str, figure: str, found: Agreement) -> None:
    assert agree(parse_amount(said), Decimal(figure)) is found


@given(st.integers(1, 10**9), st.sampled_from(["", "k", "m", "bn", "万", "亿"]))
def test_a_printed_number_agrees_with_itself(number: int, magnitude: str) -> None:
    amount = parse_amount(f"{number} {magnitude}")
    assert agree(amount, amount.value) is Agreement.EXACT
    assert parse_amount(f"{amount.value:f}").value == amount.value
    assert amount.digits == len(str(number).rstrip("0"))


def test_intervals_of_a_year() -> None:
    assert [per_year(p) for p in ("8h", "1h", "day", "month", "year")] == [1095, 8760, 365, 12, 1]


def test_scopes() -> None:
    published = parse_scope("chain set Ethereum Base Arbitrum Polygon Optimism")
    assert parse_scope("chains Ethereum, Base, Arbitrum, Polygon").within(published) == {"optimism"}
    assert parse_scope("chains Ethereum, Base").within(published) is None
    assert parse_scope("chain Solana").within(published) is None
    tile = parse_scope('group small caps (the tile "Others")')
    assert parse_scope("group Others").within(tile) == frozenset()
    assert parse_scope("group altcoins").within(tile) is None
    assert parse_scope("venue okx asset btc") == parse_scope("asset BTC venue OKX")
    for wrong in ("okx", "venue", "all"):
        with pytest.raises(ScopeError, match="write all venues"):
            parse_scope(wrong)


def test_spans() -> None:
    events = [{"event": "519", "day": date(2021, 5, 19)}]
    cycles = [{"cycle": "bull", "name": "the bull", "from_day": date(2022, 11, 21), "to_day": None}]
    names, day = Calendar(events, cycles), date(2024, 12, 9)
    since = {
        t: names.after(t, day) for t in ("2021-12-04", "nearly two years", "18 months", "event 519", "2022")
    }
    assert [d.isoformat() for d in since.values()] == [
        "2021-12-04",
        "2022-12-09",
        "2023-06-09",
        "2021-05-19",
        "2021-12-31",
    ]
    assert names.after("cycle bull", day) == date(2022, 11, 20)
    periods = {
        t: str(names.period(t, day, day)) for t in ("2024-11", "past year", "2022 to 2023-06", "since 2022")
    }
    assert list(periods.values()) == [
        "2024-11-01 to 2024-11-30",
        "2023-12-09 to 2024-12-08",
        "2022-01-01 to 2023-06-30",
        "2022-01-01 to 2024-12-09",
    ]
    for wrong in ("event 99", "the dawn", "cycle x"):
        with pytest.raises(SpanError, match="write"):
            names.after(wrong, day)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ["line 1", "claims"]),
        ("a: [", ["line 1", "YAML"]),
        (HEAD + "  - {id: A, kind: valu}\n", ["line 4", "claim A", "did you mean value"]),
        (HEAD + "  - {id: A}\n", ["line 4", "claim A", "kind is missing", "sum_of_parts"]),
        (
            HEAD + "  - {id: A, kind: value, quantity: liquidations_total}\n",
            ["claim A", "write number: $1.7 bn"],
        ),
        (HEAD + "  - id: A\n    kind: value\n    number: many\n", ["line 6", "claim A", "'many'"]),
        (HEAD + "  - {id: A, kind: value, number: 1 bn}\n", ["line 4", "claim A", "quantity is missing"]),
        (
            HEAD + f"  - {{id: A, kind: value, number: 1 bn, {WHOLE}, verdict: SUPPORTED}}\n",
            ["verdict is no field"],
        ),
        (HEAD + f"  - {{id: A, kind: statement, {WHOLE}}}\n" * 2, ["A stands twice"]),
        (HEAD + "  - {id: A, kind: document, members: [B, C]}\n", ["A lists B"]),
        (
            HEAD + "  - id: A\n    kind: share\n    part: {number: 1, foo: 2}\n    of: 1\n    share: 3 %\n",
            ["line 6", "foo"],
        ),
        (
            HEAD + f"  - {{id: A, kind: largest_since, {WHOLE}, since: the dawn}}\n",
            ["line 4", "the dawn", "event 519"],
        ),
        (
            HEAD + f"  - {{id: A, kind: ratio_of_days, {WHOLE}, against: event 7, word: far above}}\n",
            ["event '7'"],
        ),
        (
            HEAD + f"  - {{id: A, kind: value, number: 1 bn, {WHOLE}, clock: noon}}\n",
            ["clock 'noon'", "utc_day"],
        ),
        (
            HEAD + "  - {id: A, kind: value, number: 1, quantity: x, scope: okx, day: 2024-12-09}\n",
            ["scope 'okx'"],
        ),
        (
            HEAD + "  - {id: A, kind: value, number: 1, quantity: x, scope: all venues, day: 2024-13-09}\n",
            ["day", "2024-12-09"],
        ),
    ],
)
def test_a_broken_file_says_where_and_what_to_write(
    text: str, parts: list[str], tmp_path: Path, empty: duckdb.DuckDBPyConnection
) -> None:
    path = tmp_path / "claims.yaml"
    path.write_text(text)
    with pytest.raises(ClaimsError) as error:
        check(path, empty)
    for part in parts:
        assert part in str(error.value)
    assert len(error.value.problems) == 1


def test_a_file_that_is_not_there(tmp_path: Path, empty: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(ClaimsError, match="cannot be read"):
        check(tmp_path / "none.yaml", empty)
