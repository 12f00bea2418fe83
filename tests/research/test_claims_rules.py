"""Rules that the article does not need: other days, other kinds, findings over a document, measured claims."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from claims_data import Checker, facts

LATE = "2026-03-01T00:00:00Z"
MARKET = {"quantity": "liquidations_total", "scope": "all venues"}


def one(check_claims: Checker, claim: dict[str, Any], **more: Any) -> Any:
    return check_claims([{"id": "X"} | claim], **more)["X"]


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        # a venue more in the totals helps the later day
        ({"kind": "record", "day": "2025-10-10", "clock": "utc_day"}, "NOT_COMPARABLE"),
        # a feed throttled later helps the earlier day
        (
            {"kind": "record", "day": "2021-04-18", "clock": "utc_day", "period": "2021 to 2024"},
            "NOT_COMPARABLE",
        ),
        (
            {"kind": "largest_since", "day": "2021-09-07", "clock": "utc_day", "since": "event 519"},
            "SUPPORTED",
        ),
        (
            {"kind": "largest_since", "day": "2026-01-31", "clock": "utc_day", "since": "2025-10-10"},
            "SUPPORTED",
        ),
        (
            {"kind": "largest_since", "day": "2026-01-31", "clock": "utc_day", "since": "2025-10-01"},
            "CONTRADICTED",
        ),
        (
            {
                "kind": "ratio_of_days",
                "day": "2021-04-18",
                "clock": "utc_day",
                "against": "2021-04-23",
                "word": "far above",
            },
            "NOT_COMPARABLE",
        ),
        (
            {"kind": "ratio_of_days", "day": "2026-02-05", "against": "2026-02-01", "ratio": "1.2 times"},
            "SUPPORTED",
        ),
        (
            {"kind": "ratio_of_days", "day": "2026-02-05", "against": "2026-02-01", "ratio": "1.5 times"},
            "CONTRADICTED",
        ),
        (
            {
                "kind": "peak",
                "day": "2026-02-01",
                "clock": "utc_day",
                "period": "2025",
                "number": "$19.16 bn",
            },
            "SUPPORTED",
        ),
        ({"kind": "peak", "day": "2026-02-01", "period": "2021-04", "number": "$9.9 bn"}, "SUPPORTED"),
        ({"kind": "peak", "day": "2026-03-01", "period": "last month", "number": "$2.65 bn"}, "SUPPORTED"),
        ({"kind": "peaks", "day": "2026-02-01", "period": "2021", "band": "3 bn to 10 bn"}, "SUPPORTED"),
    ],
)
def test_comparisons(claim: dict[str, Any], verdict: str, check_claims: Checker) -> None:
    row = one(check_claims, MARKET | claim, made_at=LATE)
    assert row.verdict == verdict, row


def test_ranks_among_days_as_of_their_time(check_claims: Checker) -> None:
    def place(day: str, rank: int, made_at: str) -> str:
        claim = MARKET | {
            "kind": "rank",
            "clock": "utc_day",
            "among": "days",
            "places": [{"day": day, "rank": rank}],
        }
        return str(one(check_claims, claim | {"day": day}, made_at=made_at).verdict)

    assert place("2021-05-19", 2, "2024-12-09T00:00:00Z") == "SUPPORTED"
    assert place("2021-05-19", 3, "2026-03-01T00:00:00Z") == "SUPPORTED"
    assert place("2026-01-31", 10, "2026-03-01T00:00:00Z") == "SUPPORTED"
    assert place("2026-01-31", 9, "2026-03-01T00:00:00Z") == "CONTRADICTED"


def test_ratio_of_two_numbers(check_claims: Checker) -> None:
    claim = {
        "kind": "ratio",
        "quantity": "liquidations_total",
        "clock": "rolling_24h",
        "day": "2024-12-09",
        "left": {"scope": "venue binance", "number": "$740 m"},
        "right": {"scope": "venue okx", "number": "$422 m"},
    }
    assert one(check_claims, claim | {"ratio": "1.75 times"}).verdict == "SUPPORTED"
    assert one(check_claims, claim | {"ratio": "175 %"}).verdict == "SUPPORTED"
    assert one(check_claims, claim | {"ratio": "twice"}).verdict == "ARITHMETIC_ERROR"
    bare = claim | {"left": {"scope": "venue binance"}, "right": {"scope": "venue okx"}}
    assert one(check_claims, bare | {"ratio": "1.75 times"}).verdict == "SUPPORTED"
    assert one(check_claims, bare | {"ratio": "2.5 times"}).verdict == "CONTRADICTED"


def test_long_share_with_every_number_printed(check_claims: Checker) -> None:
    claim = MARKET | {
        "kind": "long_share",
        "clock": "rolling_24h",
        "day": "2024-08-05",
        "long": "$930 m",
        "short": "$163 m",
        "share": "85 %",
    }
    assert one(check_claims, claim).verdict == "SUPPORTED"
    assert one(check_claims, claim | {"total": "$1.09 bn"}).verdict == "SUPPORTED"
    assert one(check_claims, claim | {"total": "$1.2 bn", "share": "78 %"}).verdict == "MIXED_VINTAGES"
    assert one(check_claims, claim | {"total": "$1.2 bn", "long": "$950 m"}).verdict == "ARITHMETIC_ERROR"
    shorts = {k: v for k, v in claim.items() if k not in {"long", "short"}} | {
        "side": "short",
        "share": "15 %",
    }
    assert one(check_claims, shorts).verdict == "SUPPORTED"


def test_a_sum_of_venues_needs_no_published_total(check_claims: Checker) -> None:
    claim = {
        "kind": "sum_of_parts",
        "quantity": "liquidations_total",
        "clock": "rolling_24h",
        "day": "2024-12-09",
        "total": {"scope": "venues binance okx bybit", "number": "$1.531 bn"},
        "parts": [
            {"scope": "venue binance", "number": "$740 m"},
            {"scope": "venue okx", "number": "$422 m"},
            {"scope": "venue bybit", "number": "$369 m"},
        ],
    }
    assert one(check_claims, claim).verdict == "SUPPORTED"


def test_a_part_is_a_lower_bound_of_the_whole(check_claims: Checker) -> None:
    """Hyperliquid alone had 10.3 bn, which supports "over 10 bn" and refutes nothing."""
    claim = {"kind": "value", "quantity": "liquidations_total", "day": "2025-10-10", "clock": "utc_day"}
    group = claim | {"scope": "venues hyperliquid binance okx"}
    assert one(check_claims, group | {"number": "over $10 bn"}, made_at=LATE).verdict == "SUPPORTED"
    assert one(check_claims, group | {"number": "$9 bn"}, made_at=LATE).verdict == "UNVERIFIABLE"


def test_documents_find_what_no_claim_lists(check_claims: Checker) -> None:
    day = MARKET | {"clock": "rolling_24h", "day": "2024-12-09"}
    claims = [
        {"id": "A", "kind": "value", "number": "$1.716 bn"} | day,
        {"id": "B", "kind": "value", "number": "$1.75 bn"} | day,
        {"id": "C", "kind": "largest_since", "since": "1 year"} | day,
        {"id": "D", "kind": "largest_since", "since": "2 years"} | day,
    ]
    rows = check_claims(claims)
    extra = [row for name, row in rows.items() if name.startswith("document.")]
    assert [row.verdict for row in extra] == ["INTERNALLY_INCONSISTENT"] * 2
    assert "look-backs" in extra[0].rule
    assert "different numbers" in extra[1].rule
    listed = {"id": "E", "kind": "document", "members": ["A", "B"]}
    rows = check_claims([*claims[:2], listed])
    assert rows["E"].verdict == "INTERNALLY_INCONSISTENT"
    assert not [name for name in rows if name.startswith("document.")]


@pytest.fixture(scope="module")
def measured() -> duckdb.DuckDBPyConnection:
    """Three years of flat days with one event, 0.8 bn on 2024-12-09; 2023 higher than 2022 and 2024."""
    conn = duckdb.connect()
    days = {
        day: Decimal(120_000_000 if day.year == 2023 else 80_000_000)
        for day in (date(2022, 1, 1) + timedelta(days=n) for n in range(1100))
    }
    days[date(2024, 12, 9)] = Decimal(800_000_000)
    facts(conn, days)
    return conn


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ({"kind": "value", "number": "$800 m"}, "SUPPORTED"),
        ({"kind": "value", "number": "$900 m"}, "CONTRADICTED"),
        ({"kind": "largest_since", "since": "2 years"}, "SUPPORTED"),
        ({"kind": "largest_since", "since": "2020"}, "NOT_COMPARABLE"),  # before the series begins
        ({"kind": "record"}, "SUPPORTED"),
        ({"kind": "trend", "period": "2022 to 2023", "step": "year"}, "SUPPORTED"),
        ({"kind": "trend", "period": "2022 to 2024", "step": "year"}, "SUPPORTED"),  # 2024 is not over
        ({"kind": "trend", "period": "2022 to 2023", "step": "year", "direction": "down"}, "CONTRADICTED"),
        ({"kind": "peak", "period": "2024-12", "number": "$800 m"}, "SUPPORTED"),
        ({"kind": "ratio_of_days", "against": "2024-12-01", "ratio": "10 times"}, "SUPPORTED"),
        ({"kind": "weekly_change", "change": "+129 %"}, "SUPPORTED"),
        ({"kind": "long_share", "share": "half"}, "SUPPORTED"),
    ],
)
def test_claims_of_the_measured_universe(
    claim: dict[str, Any], verdict: str, check_claims: Checker, measured: duckdb.DuckDBPyConnection
) -> None:
    here = {"quantity": "liquidations_total", "scope": "this warehouse", "day": "2024-12-09"}
    row = one(check_claims, here | claim, conn=measured)
    assert row.verdict == verdict, row
    if verdict in {"SUPPORTED", "CONTRADICTED"}:
        assert "measured here" in row.vintage or claim["kind"] == "long_share"


def test_measured_scopes_are_whole_venues_and_assets(
    check_claims: Checker, measured: duckdb.DuckDBPyConnection
) -> None:
    claim = {
        "kind": "value",
        "quantity": "liquidations_long",
        "clock": "utc_day",
        "day": "2024-12-09",
        "number": "$100 m",
    }

    def verdict(scope: str, number: str = "$100 m") -> str:
        return str(one(check_claims, claim | {"scope": scope, "number": number}, conn=measured).verdict)

    assert verdict("venue binance asset BTC") == "SUPPORTED"
    assert verdict("venues okx bybit asset BTC") == "SUPPORTED"
    assert verdict("venue okx asset BTC") == "UNVERIFIABLE"  # only the group is measured
    assert verdict("venue binance") == "UNVERIFIABLE"  # two of its assets are measured
    assert verdict("venue binance", "over $150 m") == "SUPPORTED"  # and are a lower bound
    assert verdict("venue binance", "under $150 m") == "UNVERIFIABLE"


def test_a_partial_day_is_a_lower_bound(check_claims: Checker) -> None:
    conn = duckdb.connect()
    facts(conn, {date(2024, 12, n): Decimal(80_000_000) for n in range(1, 10)})
    conn.execute(
        "create table facts.coverage_daily as select date '2024-12-09' as day, 'liquidations' as kind, "
        "unnest(['headline', 'coinalyze', 'okx']) as source, unnest(['all', 'binance', 'bybit+okx']) as venue, "
        "'partial' as status"
    )
    claim = {
        "kind": "value",
        "quantity": "liquidations_total",
        "scope": "this warehouse",
        "day": "2024-12-09",
    }
    assert one(check_claims, claim | {"number": "$90 m"}, conn=conn).verdict == "UNVERIFIABLE"
    assert one(check_claims, claim | {"number": "$70 m"}, conn=conn).verdict == "CONTRADICTED"
    binance, group = {"scope": "venue binance asset BTC"}, {"scope": "venues bybit okx asset BTC"}
    assert one(check_claims, claim | binance | {"number": "$25 m"}, conn=conn).verdict == "UNVERIFIABLE"
    # of the group another source than the one that speaks is partial
    assert one(check_claims, claim | group | {"number": "$25 m"}, conn=conn).verdict == "CONTRADICTED"


def test_prices_flows_and_months_are_measured(check_claims: Checker) -> None:
    conn = duckdb.connect()
    facts(conn, {})
    day, close, days, closes = date(2013, 12, 1), 100, [], []
    while day <= date(2024, 12, 9):  # January and February rise in odd years, no other month does
        close += 1 if day.month in {1, 2} and day.year % 2 else 0
        days.append(day)
        closes.append(close)
        day += timedelta(days=1)
    conn.execute(
        "create or replace table facts.prices_daily as select day, 'SOL' as asset, close as open_usd, "
        "close + 5 as high_usd, close - 5 as low_usd, close as close_usd "
        "from (select unnest(?::date[]) as day, unnest(?) as close)",
        [days, closes],
    )
    asset = {"scope": "asset SOL", "day": "2024-12-02"}
    assert (
        one(check_claims, asset | {"kind": "change_in_day", "number": "$5"}, conn=conn).verdict == "SUPPORTED"
    )
    assert (
        one(check_claims, asset | {"kind": "change_in_day", "number": "$9"}, conn=conn).verdict
        == "CONTRADICTED"
    )
    months = {"kind": "up_months", "scope": "asset SOL", "month": 2, "years": 10, "share": "half"}
    assert one(check_claims, months, conn=conn).verdict == "SUPPORTED"
    assert one(check_claims, months | {"years": 9}, conn=conn).verdict == "CONTRADICTED"
    assert one(check_claims, months | {"years": 12}, conn=conn).verdict == "UNVERIFIABLE"
    flows = {"kind": "sum_since", "quantity": "etf_flow", "scope": "asset ETH", "day": "2024-12-09"}
    # ten measured sessions before the published ones: 2024-11-15 to 2024-11-28
    before = flows | {"since": "2024-11-15", "until": "2024-11-28", "number": "$50 m"}
    assert one(check_claims, before, conn=conn).verdict == "SUPPORTED"
    conn.execute("delete from facts.etf_flow_totals_daily where session_date = date '2024-11-20'")
    row = one(check_claims, before, conn=conn)
    assert (row.verdict, "2024-11-20" in row.rule) == ("UNVERIFIABLE", True)
    conn.execute("insert into facts.etf_flow_totals_daily values (date '2024-11-20', 'ETH', null, 'holiday')")
    assert one(check_claims, before | {"number": "$45 m"}, conn=conn).verdict == "SUPPORTED"
