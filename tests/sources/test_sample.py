"""The built-in sample: true wire formats through the real sources, pinned to the published figures.

The expected figures are the published ones, written here once more by hand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache

import polars as pl
import pytest

from pipelines.runs.plan import plan_part
from pipelines.settings import SAMPLE_NOW, Settings
from pipelines.sources.contract import Dataset, Part, Window
from pipelines.sources.http import Client
from pipelines.sources.registry import datasets
from pipelines.sources.sample import figures
from pipelines.sources.sample.assets import ASSETS
from pipelines.sources.sample.liquidations import VENUES
from pipelines.sources.transport import Attempt, Transport

# published totals in billion USD, largest first; equal ones in the order of their days
PUBLISHED_BN = {
    date(2021, 4, 18): "9.94",
    date(2021, 5, 19): "9.01",
    date(2021, 2, 22): "4.1",
    date(2021, 9, 7): "3.65",
    date(2021, 2, 23): "3.15",
    date(2021, 4, 23): "2.92",
    date(2021, 4, 16): "2.77",
    date(2021, 5, 13): "2.47",
    date(2021, 12, 4): "2.465",  # a window of 2.5, on a day that the list of the largest days leaves out
    date(2021, 1, 10): "1.8",
    date(2024, 12, 9): "1.7",
    date(2021, 1, 3): "1.36",
    date(2022, 1, 21): "1.21",
    date(2022, 10, 25): "1.155",  # "at least 1.1" on the short side alone, so the long side is on top
    date(2024, 3, 5): "1.1",
    date(2024, 12, 5): "1.1",
    date(2024, 8, 5): "1.09",
    date(2022, 6, 13): "1.0",
    date(2023, 8, 17): "1.0",
    date(2024, 4, 13): "0.963",
    date(2024, 11, 12): "0.8",
    date(2024, 1, 3): "0.698",
    date(2024, 11, 26): "0.693",
    date(2024, 7, 5): "0.685",
    date(2024, 3, 20): "0.638",
    date(2024, 10, 1): "0.5396",
    date(2024, 11, 24): "0.4943",
}
# the sides, where they were printed, in billion USD
PUBLISHED_LONG_BN = {
    date(2023, 8, 17): "0.821",
    date(2024, 3, 20): "0.471",
    date(2024, 4, 13): "0.772",
    date(2024, 8, 5): "0.93",
    date(2024, 10, 1): "0.4668",
    date(2024, 11, 24): "0.36637",
    date(2024, 11, 26): "0.577",
    date(2024, 12, 9): "1.55",
}
FALSE_BN = {"28.16", "0.2816", "6.54", "7.68"}
LAST_DAY = date(2025, 1, 14)


class Nobody:
    """A recorder that keeps nothing."""

    def record(self, attempt: Attempt, body: bytes | None) -> None:
        return None


@cache
def transport() -> Transport:
    return Transport(Settings(_env_file=None, FLOODMARK_SAMPLE=True, FLOODMARK_MIRROR=None), Nobody())


def client(dataset: Dataset) -> Client:
    return Client(transport(), dataset.source, dataset.name)


def windows(dataset: Dataset, part: Part) -> list[Window]:
    """What a first night asks; of archive months only the first two and the last two."""
    asked = plan_part(dataset, part, None, [], SAMPLE_NOW)
    return asked if len(asked) < 50 or dataset.cut != "month" else [*asked[:2], *asked[-2:]]


def load(name: str, assets: tuple[str, ...]) -> pl.DataFrame:
    """A dataset through its own parts, fetch and parse."""
    dataset = datasets()[name]
    frames = []
    for part in dataset.parts(client(dataset), assets):
        for window in windows(dataset, part):
            asking = client(dataset).bind(part.name, window, None, part.context)
            frames += [dataset.parse(answer) for answer in dataset.fetch(asking, part, window)]
    return pl.concat(frames)


@pytest.fixture(scope="module")
def loaded() -> Callable[[str], pl.DataFrame]:
    """Datasets by name, each loaded once; prices of the coins that both venues have."""

    @cache
    def frame(name: str) -> pl.DataFrame:
        few = ("BTC", "ETH") if datasets()[name].kind == "prices" else tuple(a.symbol for a in ASSETS)
        return load(name, few)

    return frame


def days_of(frame: pl.DataFrame) -> dict[date, tuple[Decimal, Decimal]]:
    """UTC day -> (long, short) over all rows."""
    day = pl.col("bucket_start").dt.date().alias("day")
    rows = frame.group_by(day).agg(pl.col("long_usd").sum(), pl.col("short_usd").sum()).rows()
    return {day: (long, short) for day, long, short in rows}


# ---- formats: every dataset is read by its real source ----------------------------------------------


@pytest.mark.parametrize(
    ("name", "column", "first", "last"),
    [
        ("coinalyze_liquidations", "bucket_start", date(2020, 1, 1), LAST_DAY),
        ("coinglass_liquidations", "bucket_start", date(2020, 1, 1), LAST_DAY),
        ("coinglass_etf_flows", "session_date", date(2024, 1, 11), LAST_DAY),
        ("farside_etf_flows", "session_date", date(2024, 1, 11), LAST_DAY),
        ("defillama_dex_volume", "day", date(2020, 1, 1), LAST_DAY),
        ("binance_vision_funding", "settled_at", date(2020, 1, 1), date(2024, 12, 31)),
        ("binance_klines", "bucket_start", date(2020, 1, 1), LAST_DAY),
        ("bybit_funding", "settled_at", date(2020, 1, 1), LAST_DAY),
        ("okx_archive_funding", "settled_at", date(2022, 2, 28), date(2024, 12, 31)),
        ("okx_funding", "settled_at", date(2024, 10, 15), LAST_DAY),
        ("coinbase_candles", "bucket_start", date(2020, 1, 1), LAST_DAY),
    ],
)
def test_every_dataset_is_read_by_its_own_source(
    loaded: Callable[[str], pl.DataFrame], name: str, column: str, first: date, last: date
) -> None:
    held = loaded(name)[column].cast(pl.Date)
    assert held.min() == first
    # pages reach to the moment asked, so the settlement at 00:00 of the running day may come along
    assert held.max() in (last, last + timedelta(days=1) if column == "settled_at" else last)


def test_days_have_no_holes(loaded: Callable[[str], pl.DataFrame]) -> None:
    assert len(days_of(loaded("coinalyze_liquidations"))) == (LAST_DAY - date(2020, 1, 1)).days + 1
    for market in ("BTCUSDT", "ETHUSDT"):
        bars = loaded("binance_klines").filter(pl.col("market") == market)
        assert len(bars) == (LAST_DAY - date(2020, 1, 1)).days + 1


# ---- liquidations ------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", PUBLISHED_BN)
def test_a_published_day_adds_up_to_its_figure(loaded: Callable[[str], pl.DataFrame], day: date) -> None:
    long, short = days_of(loaded("coinalyze_liquidations"))[day]
    assert long + short == Decimal(PUBLISHED_BN[day]) * 10**9
    if day in PUBLISHED_LONG_BN:
        assert long == Decimal(PUBLISHED_LONG_BN[day]) * 10**9


def test_the_ranking_is_the_published_one(loaded: Callable[[str], pl.DataFrame]) -> None:
    totals = {day: long + short for day, (long, short) in days_of(loaded("coinalyze_liquidations")).items()}
    ranked = sorted(totals, key=lambda day: (-totals[day], day))
    assert ranked[: len(PUBLISHED_BN)] == list(PUBLISHED_BN)
    rest = [totals[day] for day in ranked[len(PUBLISHED_BN) :]]
    assert max(rest) < Decimal("0.4943") * 10**9
    assert 100e6 < sorted(rest)[len(rest) // 2] < 400e6


def test_false_figures_are_never_used(loaded: Callable[[str], pl.DataFrame]) -> None:
    printed = {row["total_bn"] for row in figures.reference_rows("published_liquidation_days")}
    assert {Decimal(false) for false in FALSE_BN} <= printed
    totals = {long + short for long, short in days_of(loaded("coinalyze_liquidations")).values()}
    assert not totals & {Decimal(false) * 10**9 for false in FALSE_BN}


def test_venues_and_assets_of_a_published_day(loaded: Callable[[str], pl.DataFrame]) -> None:
    day = loaded("coinalyze_liquidations").filter(pl.col("bucket_start").dt.date() == date(2024, 12, 9))

    def sides(column: str, value: str) -> tuple[Decimal, Decimal]:
        ((long, short),) = day.filter(pl.col(column) == value).select("long_usd", "short_usd").sum().rows()
        return long, short

    cent = Decimal("0.05")
    for venue, published in (("binance", 740), ("okx", 422), ("bybit", 369)):
        assert abs(sum(sides("venue", venue)) - published * 10**6) <= cent
    for asset, total, long in (("BTC", 182, 140), ("ETH", 243, 219)):
        assert abs(sum(sides("asset", asset)) - total * 10**6) <= cent
        assert abs(sides("asset", asset)[0] - long * 10**6) <= cent


def test_every_venue_and_every_listed_asset_has_its_share(loaded: Callable[[str], pl.DataFrame]) -> None:
    frame = loaded("coinalyze_liquidations")
    assert set(frame["venue"]) == {venue.id for venue in VENUES} and len(VENUES) >= 4
    for asset in ASSETS:
        own = frame.filter(pl.col("asset") == asset.symbol)
        assert own["bucket_start"].dt.date().min() == asset.first_day
        assert (
            own.filter(pl.col("long_usd") < 0).is_empty() and own.filter(pl.col("short_usd") < 0).is_empty()
        )


def test_coinglass_tells_the_sum_of_its_three_venues_and_pads_with_zeros(
    loaded: Callable[[str], pl.DataFrame],
) -> None:
    frame = loaded("coinglass_liquidations").filter(pl.col("asset") == "BTC")
    group = days_of(frame.filter(pl.col("venue") == "binance+bybit+okx"))
    parts = days_of(frame.filter(pl.col("venue").is_in(["binance", "okx", "bybit"])))
    assert group == parts
    assert group[date(2020, 12, 22)] == (0, 0)
    assert min(group[date(2020, 12, 23)]) > 0
    own = loaded("coinalyze_liquidations").filter((pl.col("asset") == "BTC") & (pl.col("venue") == "binance"))
    mine, theirs = days_of(own), days_of(frame.filter(pl.col("venue") == "binance"))
    for day in (date(2021, 5, 19), date(2024, 12, 9)):
        assert 0 < abs(theirs[day][0] - mine[day][0]) <= mine[day][0] * Decimal("0.0201")


# ---- ETF flows ----------------------------------------------------------------------------------------


def etf_totals(frame: pl.DataFrame, asset: str) -> Iterator[tuple[date, Decimal, Decimal | None]]:
    """(session, printed total, sum of the funds; None where no fund reported)."""
    for (session,), rows in frame.filter(pl.col("asset") == asset).group_by(
        "session_date", maintain_order=True
    ):
        funds = rows.filter(pl.col("fund") != "TOTAL")["flow_usd"].drop_nulls()
        printed = rows.filter(pl.col("fund") == "TOTAL")["flow_usd"].item()
        yield session, printed, funds.sum() if len(funds) else None


@pytest.mark.parametrize("name", ["farside_etf_flows", "coinglass_etf_flows"])
def test_etf_totals_are_published_and_add_up(loaded: Callable[[str], pl.DataFrame], name: str) -> None:
    expected = {
        "BTC": {date(2024, 1, 11): "655.3", date(2024, 3, 12): "1045.0", date(2024, 12, 19): "-671.9"},
        "ETH": {date(2024, 11, 29): "332.9", date(2024, 12, 5): "428.5", date(2024, 12, 10): "305.7"},
    }
    own = {
        "farside_etf_flows": ("1373.8", "1114.1", "479.1"),
        "coinglass_etf_flows": ("1359.4", "1121.2", "483.6"),
    }
    days = (date(2024, 11, 7), date(2024, 11, 11), date(2024, 12, 9))
    expected["BTC"] |= dict(zip(days, own[name], strict=True))
    for asset, published_days in expected.items():
        sessions = {session: (printed, funds) for session, printed, funds in etf_totals(loaded(name), asset)}
        for day, millions in published_days.items():
            assert sessions[day] == (Decimal(millions) * 10**6,) * 2
        assert all(funds is None or printed == funds for printed, funds in sessions.values())
        pinned = max(abs(Decimal(millions)) for millions in published_days.values()) * 10**6
        quiet = [
            abs(printed)
            for day, (printed, _) in sessions.items()
            if (asset, day) not in figures.etf_pins("Farside")
        ]
        assert max(quiet) < pinned / 3


def test_holidays_are_dashes_and_no_zero(loaded: Callable[[str], pl.DataFrame]) -> None:
    holidays = {
        session: printed
        for session, printed, funds in etf_totals(loaded("farside_etf_flows"), "BTC")
        if funds is None
    }
    assert set(holidays.values()) == {0}
    assert {date(2024, 1, 15), date(2024, 7, 4), date(2024, 12, 25), date(2025, 1, 9)} <= set(holidays)
    assert len(holidays) == 11
    frame = loaded("farside_etf_flows").filter(pl.col("asset") == "BTC")
    mini = frame.filter((pl.col("fund") == "BTC") & (pl.col("session_date") < date(2024, 7, 31)))
    assert len(mini) > 100 and mini["flow_usd"].null_count() == len(mini)


# ---- prices, funding, DEX volume -----------------------------------------------------------------------


def test_published_prices_stand_in_the_bars(loaded: Callable[[str], pl.DataFrame]) -> None:
    bars = {
        (row["market"], row["bucket_start"].date()): row for row in loaded("binance_klines").rows(named=True)
    }
    btc, eth = bars["BTCUSDT", date(2024, 12, 9)], bars["ETHUSDT", date(2024, 12, 6)]
    assert (btc["open"], btc["high"], btc["low"]) == tuple(
        map(Decimal, ("101109.6", "101215.93", "94150.05"))
    )
    assert (eth["high"], eth["close"]) == (Decimal("4087.73"), Decimal("3998.87"))
    assert bars["ETHUSDT", date(2024, 12, 9)]["low"] == 3509
    for name in ("binance_klines", "coinbase_candles"):
        inside = (pl.col("low") <= pl.min_horizontal("open", "close")) & (
            pl.col("high") >= pl.max_horizontal("open", "close")
        )
        assert loaded(name).select(inside.all()).item()


@pytest.mark.parametrize(
    "name", ["binance_vision_funding", "bybit_funding", "okx_archive_funding", "okx_funding"]
)
def test_funding_is_plausible(loaded: Callable[[str], pl.DataFrame], name: str) -> None:
    rates = loaded(name)["rate"]
    assert Decimal("-0.0005") <= rates.min() < 0 < rates.max() <= Decimal("0.0005")


def test_okx_says_the_same_over_both_routes(loaded: Callable[[str], pl.DataFrame]) -> None:
    both = loaded("okx_archive_funding").join(
        loaded("okx_funding"), on=["market", "settled_at"], suffix="_rest", how="inner"
    )
    assert len(both) > 500
    assert both.filter(pl.col("rate") != pl.col("rate_rest")).is_empty()


def test_okx_files_are_cut_at_utc_plus_eight(loaded: Callable[[str], pl.DataFrame]) -> None:
    swap = loaded("okx_archive_funding").filter(pl.col("market") == "BTC-USDT-SWAP")["settled_at"]
    assert swap.min() == datetime(2022, 2, 28, 16, tzinfo=UTC)
    assert swap.max() == datetime(2024, 12, 31, 8, tzinfo=UTC)
    assert swap.is_unique().all()


def test_dex_volume_has_a_hole_and_a_negative_day(loaded: Callable[[str], pl.DataFrame]) -> None:
    frame = loaded("defillama_dex_volume")
    total = frame.filter(pl.col("chain") == "all")
    assert total["value"].null_count() == 1
    assert len(total.filter(pl.col("value") < 0)) == 1
    assert {"ethereum", "solana", "base", "arbitrum", "polygon"} <= set(frame["chain"])
    whole = dict(total.select("day", "value").rows())
    chains = defaultdict(Decimal)
    for day, value in frame.filter(pl.col("chain") != "all").select("day", "value").rows():
        chains[day] += value
    assert {day for day, value in whole.items() if value != chains[day]} == {
        date(2020, 7, 15),
        date(2020, 9, 20),
    }
