"""Every venue over artificial rows whose sums are known beforehand: sides, units, intervals, skew, holes.

The formulas are those of the replay server's own page; the numbers below are theirs, worked out here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

DOLLARS_OF_A_UNIT = {  # contract by contract, as the page has them; an asset's day is their sum
    "gate": {"BTC": 5 + 1, "ETH": 25, "SOL": 100, "XRP": 5, "DOGE": 1, "ADA": 5, "BNB": 0.5},
    "okx": {"BTC": 500 + 100, "ETH": 250 + 10, "SOL": 100},
    "htx": {"BTC": 50 + 100, "ETH": 25 + 10, "SOL": 100, "XRP": 5, "DOGE": 10, "ADA": 5, "BNB": 50},
    "dydx": {"BTC": 50, "ETH": 25, "SOL": 100, "XRP": 5, "DOGE": 10},
}
TARDIS = {
    "binance": {"BTC": 50 + 100, "ETH": 25 + 10, "SOL": 100},
    "bybit": {"BTC": 50 + 100, "ETH": 25 + 10, "SOL": 100},
    "okx": {"BTC": 500 + 100, "ETH": 250 + 10},
    "htx": {"BTC": 50 + 100, "ETH": 25 + 10},
    "gate": {"BTC": 5, "ETH": 25},
    "deribit": {"BTC": 10, "ETH": 1},
    "bitmex": {"BTC": 100},
}
LONG_UNITS, SHORT_UNITS = 576, 600  # of a day, times the day's weight
PRICE = {"BTC": 50_000, "ETH": 2_500, "SOL": 100, "XRP": 0.5, "ADA": 0.5, "BNB": 500, "DOGE": 0.1}
BY_INTERVAL = {1: 0.003, 4: 0.00066, 8: 0.00027}  # sum of a day's rates
SKEW, PREMIUM = {"BTC": 4.0, "ETH": -2.0}, {"BTC": 0.10, "ETH": 0.08}


def number(day: str) -> int:
    return (date.fromisoformat(day) - date(1970, 1, 1)).days


def days(first: str, last: str) -> Iterator[str]:
    for n in range(number(last) - number(first) + 1):
        yield (date.fromisoformat(first) + timedelta(days=n)).isoformat()


def expected_orders(dollars: dict[str, dict[str, float]], *of: str) -> dict[tuple[str, ...], float]:
    """(day, venue, asset, side) to the dollars of that day."""
    return {
        (day, venue, asset, side): units * (1 + number(day) % 7) * unit
        for day in of
        for venue, assets in dollars.items()
        for asset, unit in assets.items()
        for side, units in (("long", LONG_UNITS), ("short", SHORT_UNITS))
    }


def told_orders(run, where: str) -> dict[tuple[str, ...], float]:
    rows = run.sql(f"from facts.liquidation_order_days where {where}")
    assert all(r["is_whole_day"] for r in rows)
    return {(r["day"], r["venue"], r["asset"], r["side"]): r["amount_usd"] for r in rows}


def sources(*names: str) -> list[str]:
    return [word for name in names for word in ("--source", name)]


def at(replay, run, clock: str):
    """The command at another moment, and the server with it."""
    replay.move_to(clock)
    return run.with_(FLOODMARK_NOW=clock)


def test_sums_of_orders_by_day_and_side_linear_and_inverse_together(serve, floodmark):
    run = floodmark(serve("--shape-rows"))
    of = ("2024-12-08", "2024-12-10")
    asked = sources("gate_liq_orders", "gate_contract_stats", "htx_liquidation_orders", "dydx_liquidations")
    run("run", "--from", of[0], "--to", of[1], *asked)
    venues = {name: DOLLARS_OF_A_UNIT[name] for name in ("gate", "htx", "dydx")}
    assert told_orders(run, f"day between '{of[0]}' and '{of[1]}'") == expected_orders(venues, *days(*of))
    # another stream of the same venue, by the hour: 1,000 + hour long, 500 + hour short, three contracts
    buckets = run.sql(
        "select asset, side, amount_usd, buckets from facts.liquidations_by_source_daily"
        " where source = 'gate' and day = '2024-12-09' and feed = 'buckets'"
    )
    assert {(r["asset"], r["side"]): (r["amount_usd"], r["buckets"]) for r in buckets} == {
        ("BTC", "long"): (2 * 24_276, 48),
        ("BTC", "short"): (2 * 12_276, 48),
        ("ETH", "long"): (24_276, 24),
        ("ETH", "short"): (12_276, 24),
    }


def test_a_feed_of_24_hours_makes_a_whole_day_of_two_askings(serve, floodmark):
    replay = serve("--shape-rows")
    run = at(replay, floodmark(replay), "2024-12-09T12:00:00Z")
    run("run", *sources("okx_liquidation_orders"))
    assert run.one("select count(*) from facts.liquidation_order_days where is_whole_day") == 0
    run = at(replay, run, "2024-12-10T06:00:00Z")
    run("run", *sources("okx_liquidation_orders"))
    only = {"okx": DOLLARS_OF_A_UNIT["okx"]}
    assert told_orders(run, "day = '2024-12-09'") == expected_orders(only, "2024-12-09")
    status = "select status from facts.coverage_daily where source = 'okx' and venue = 'all' and kind ="
    assert run.one(f"{status} 'liquidations' and day = '2024-12-09'") == "complete"
    assert run.one(f"{status} 'liquidations' and day = '2024-12-08'") == "partial"


def test_free_sample_days_of_an_archive_of_many_venues(serve, floodmark):
    run = floodmark(serve("--shape-rows"))
    run("run", "--from", "2024-11-01", "--to", "2024-12-02", *sources("tardis"))
    assert told_orders(run, "true") == expected_orders(TARDIS, "2024-11-01", "2024-12-01")


def test_multipliers_are_those_that_the_venues_state_or_that_their_files_measure(serve, floodmark):
    run = floodmark(serve("--shape-rows"))
    lists = sources("gate_contracts", "okx_contracts", "htx_contracts")
    orders = sources("gate_liq_orders", "htx_liquidation_orders", "okx_liquidation_orders")
    run("run", "--from", "2024-12-30", "--to", "2024-12-31", *lists, *orders)
    verdicts = run.sql("select dataset, terms, count(*) as contracts from facts.order_terms group by all")
    told = {(r["dataset"], r["terms"]): r["contracts"] for r in verdicts}
    # the lists were first seen after the orders, which says nothing against them
    assert set(told) == {
        (name, "assumed") for name in ("gate_liq_orders", "htx_liquidation_orders", "okx_liquidation_orders")
    }
    assert sum(told.values()) >= 8 + 9 + 5
    worth = (
        "select distinct asset, multiplier from facts.instruments where venue = 'gate' and margin = 'linear'"
    )
    for row in run.sql(worth):
        assert row["multiplier"] * PRICE[row["asset"]] == pytest.approx(
            DOLLARS_OF_A_UNIT["gate"][row["asset"]] - (row["asset"] == "BTC")
        )
    archive = sources("binance_cm_contracts", "binance_cm_liquidations")
    run("run", "--from", "2023-06-20", "--to", "2023-06-30", *archive)
    (coin_margined,) = run.sql("from facts.order_terms where dataset = 'binance_cm_liquidations'")
    assert (coin_margined["multiplier"], coin_margined["terms"]) == (100, "stated")
    assert (coin_margined["orders"], coin_margined["amount_usd"]) == (2, 5_000), "the doubled row is one"


def test_sums_of_funding_at_every_interval_and_across_its_change(serve, floodmark):
    run = floodmark(serve("--shape-rows"))
    asked = sources("hyperliquid", "dydx_funding", "htx_funding", "htx_inverse_funding", "bitget_funding")
    run("run", "--from", "2024-06-29", "--to", "2024-07-03", *asked)
    rows = run.sql(
        "from facts.funding_by_market_daily where not (source = 'hyperliquid' and asset in ('BTC', 'ETH'))"
    )
    told = {(r["day"], r["source"], r["market"]): r for r in rows}
    assert len(told) == 5 * (3 + 5 + 7 + 7)
    for (day, source, _), r in told.items():
        if source in ("hyperliquid", "dydx"):
            hours = 1
        elif r["asset"] == "SOL" or (r["asset"] == "ETH" and day >= "2024-07-01"):
            hours = 4
        else:
            hours = 8
        assert (r["status"], r["settlements"]) == ("complete", 24 // hours), r
        assert r["rate_sum"] == pytest.approx(BY_INTERVAL[hours], abs=1e-12), r
        rate_8h = BY_INTERVAL[hours] / 3
        if r["asset"] == "ETH" and day == "2024-07-01" and hours == 4:
            rate_8h = (1 + 2 * (5 + 9 + 13 + 17 + 21)) * 1e-5 / 6  # 00:00 still pays for eight hours
        assert r["rate_8h"] == pytest.approx(rate_8h, abs=1e-12), r
    assert {r["margin"] for r in rows} == {"linear", "inverse"}


def test_open_interest_is_one_sided_whatever_the_venue_sends(serve, floodmark):
    run = floodmark(serve("--shape-rows"))
    asked = ("binance_open_interest", "bybit_open_interest", "okx_open_interest", "htx_open_interest")
    run("run", "--from", "2024-12-08", "--to", "2024-12-10", *sources(*asked))
    rows = run.sql("from facts.open_interest_daily where day between '2024-12-08' and '2024-12-10'")
    assert {(r["venue"], r["margin"]) for r in rows} == {
        ("binance", "linear"),
        ("bybit", "linear"),
        ("bybit", "inverse"),
        ("okx", "linear"),
        ("okx", "inverse"),
        ("htx", "linear"),
        ("htx", "inverse"),
    }
    for r in rows:
        coins = 10_000 + 10 * (number(r["day"]) % 100)
        # Bybit tells coins for one margin and dollars for the other, and no price is loaded here
        assert (r["open_interest_coin"], r["open_interest_usd"]) != (None, None)
        assert r["open_interest_coin"] in (None, coins), r
        assert r["open_interest_usd"] in (None, pytest.approx(coins * PRICE[r["asset"]], rel=1e-12)), r
    htx = [r for r in rows if r["venue"] == "htx"]
    assert len(htx) == 3 * len(DOLLARS_OF_A_UNIT["htx"]) + 3 * 2  # the inverse ones are BTC and ETH
    for r in htx:  # dollars of either margin, and coins where they were asked for
        assert r["open_interest_usd"] is not None
        assert (r["open_interest_coin"] is None) == (r["margin"] == "inverse")


# clock, asset, (put less call at 25 delta over 30 days: linear, in variance), put/call, from the recorded chains
CHAINS = [
    ("2020-05-21T23:22:36Z", "BTC", (15.90, 15.94), 0.895),
    ("2020-09-12T23:08:57Z", "BTC", (4.69, 4.11), 0.762),
    ("2024-01-08T11:19:42Z", "ETH", (0.84, 0.06), 0.325),
]


def test_skew_of_recorded_chains_and_of_the_artificial_surface_and_the_futures_premium(serve, floodmark):
    replay = serve()
    run = floodmark(replay)
    for clock in (*(c[0] for c in CHAINS), "2025-01-01T03:00:00Z"):
        run = at(replay, run, clock)
        run("run", *sources("deribit_option_skew", "deribit_futures_basis"))
    measures = {
        (r["measured_at"][:10], r["asset"], r["measure"]): r["value"]
        for r in run.sql("from facts.option_volatility_daily")
    }
    for clock, asset, (linear, variance), put_call in CHAINS:
        told = {
            name: value for (day, of, name), value in measures.items() if (day, of) == (clock[:10], asset)
        }
        assert told["skew_25d_30d"] == pytest.approx(linear, abs=0.3)
        assert told["skew_25d_30d_variance"] == pytest.approx(variance, abs=0.3)
        assert told["risk_reversal_25d_30d"] == pytest.approx(-told["skew_25d_30d"], abs=1e-9)
        assert told["put_call_open_interest_ratio"] == pytest.approx(put_call, abs=0.001)
    for asset, skew in SKEW.items():
        for name in ("skew_25d_30d", "skew_25d_30d_variance"):
            assert measures["2025-01-01", asset, name] == pytest.approx(skew, abs=0.06)
        assert measures["2025-01-01", asset, "put_call_open_interest_ratio"] == 0.5
    for expiry, skew in (("20250124", 3.32), ("20250131", 4.02), ("20250207", 4.72)):
        assert measures["2025-01-01", "BTC", f"skew_25d_{expiry}"] == pytest.approx(skew, abs=0.06)

    futures = run.sql("from facts.futures_basis_daily where day = '2024-12-31'")
    dated = [r for r in futures if r["tenor_days"] is not None]
    assert len(dated) == 16 and len(futures) == 18
    for r in dated:  # a price has two decimals: near its expiry that is a lot of a year
        cent = 0.01 / r["index_price"] * 365 / r["tenor_days"]
        assert r["annualised_premium"] == pytest.approx(PREMIUM[r["asset"]], abs=cent)
    assert next(r["future_price"] for r in futures if r["market"] == "BTC-28MAR25") == 95_758.41
    assert all(r["annualised_premium"] is None for r in futures if r["tenor_days"] is None)


def test_holes_of_a_recording_are_partial_or_missing_and_never_zero(serve, floodmark):
    run = floodmark(serve("--shape-rows"), FLOODMARK_ASSETS="BTC,ETH")
    run("run", "--from", "2024-01-01", "--to", "2024-12-31", *sources("hyperliquid"))
    for asset, rate_sum in (("BTC", 0.0007501157), ("ETH", 0.0011818117)):
        rows = run.sql(f"from facts.funding_by_market_daily where asset = '{asset}'")
        whole = [r for r in rows if r["status"] == "complete"]
        assert (len(whole), len(rows) - len(whole)) == (245, 13)
        assert all(r["rate_sum"] is None and r["rate_8h"] is None for r in rows if r not in whole)
        assert all(r["settlements"] > 0 and r["rate_sum"] != 0 for r in whole)
        (day,) = [r for r in rows if r["day"] == "2024-12-09"]
        assert day["rate_sum"] == pytest.approx(rate_sum, abs=1e-10)
    counts = run.sql(
        "select status, count(*) as days from facts.coverage_daily where source = 'hyperliquid'"
        " and kind = 'funding' and venue = 'all' and year(day) = 2024 group by status"
    )
    assert {r["status"]: r["days"] for r in counts} == {"complete": 245, "partial": 13, "missing": 108}
