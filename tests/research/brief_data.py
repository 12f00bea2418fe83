"""A small published version for briefs and the site: given raw rows, the true models, the true publisher.

A market of two venues and two assets around 2024-12-09; what a test wants to know stands in the test.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipelines.settings import Origin, Settings
from pipelines.storage.folder import Folder
from pipelines.storage.publish import publish

sys.path.append(str(Path(__file__).parent.parent / "sql"))
from sql_warehouse import Warehouse, at

EVENT = date(2024, 12, 9)
FIRST, LAST = date(2024, 10, 20), date(2024, 12, 20)
LARGER = date(2024, 10, 25)  # the last day before the event with more
LONG_M = {EVENT: 480, LARGER: 600, date(2024, 12, 5): 300}  # others: 40
SHORT_M = 20
VENUES = {"binance": Decimal("0.75"), "okx": Decimal("0.25")}
ASSETS = {"BTC": Decimal("0.4"), "ETH": Decimal("0.6")}
PARTIAL = date(2024, 12, 12)  # one bucket of four hours only
HOLIDAY = "2024-11-28"


def days(first: date = FIRST, last: date = LAST) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def long_usd(day: date) -> Decimal:
    return Decimal(LONG_M.get(day, 40)) * 1_000_000


def liquidations(day: date) -> list[dict[str, Any]]:
    return [
        {
            "venue": venue,
            "market": f"{asset}-{venue}",
            "asset": asset,
            "bucket_start": at(day.isoformat()),
            "bucket_seconds": 14400 if day == PARTIAL else 86400,
            "long_usd": long_usd(day) * part * of_asset,
            "short_usd": Decimal(SHORT_M) * 1_000_000 * part * of_asset,
        }
        for venue, part in VENUES.items()
        for asset, of_asset in ASSETS.items()
    ]


def price(asset: str, day: date) -> Decimal:
    base = {"BTC": 100_000, "ETH": 4_000}[asset]
    return Decimal(base) * (90 if day == EVENT else 100) / 100


def warehouse() -> Warehouse:
    """The models, built on the given rows."""
    made = Warehouse(holidays=[HOLIDAY])
    every = days()
    end = (LAST + timedelta(days=1)).isoformat()
    for source, kind in (
        ("coinalyze", "liquidation_buckets"),
        ("coinglass", "liquidation_buckets"),
        ("farside", "etf_flows"),
        ("defillama", "onchain_volume"),
        ("binance", "funding_rates"),
        ("binance", "prices"),
    ):
        made.dataset(source, kind, earliest=FIRST.isoformat())
    for name in (
        "coinalyze_liquidations",
        "coinglass_liquidations",
        "farside_etf_flows",
        "defillama_dex_volume",
        "binance_funding",
        "binance_bars",
    ):
        made.window(name, FIRST.isoformat(), end)
    made.raw("liquidation_buckets", "coinalyze", [row for d in every for row in liquidations(d)])
    # another source tells one venue a little higher on the day of the event
    other = [r | {"long_usd": r["long_usd"] + 1000} for r in liquidations(EVENT) if r["venue"] == "binance"]
    made.raw("liquidation_buckets", "coinglass", other)
    made.raw(
        "etf_flows",
        "farside",
        [
            {
                "market": asset,
                "asset": asset,
                "fund": fund,
                "session_date": d,
                "flow_usd": Decimal(flow) * 1_000_000,
            }
            for d in every
            if d.weekday() < 5 and d.isoformat() != HOLIDAY
            for asset, fund, flow in (("BTC", "IBIT", 300), ("BTC", "GBTC", -50), ("ETH", "ETHA", 80))
        ],
    )
    made.raw(
        "onchain_volume",
        "defillama",
        [
            {
                "market": chain,
                "chain": chain,
                "metric": "dex_volume_usd",
                "day": d,
                "value": Decimal(value) * 10**9,
            }
            for d in every
            for chain, value in (("all", 10), ("ethereum", 4), ("solana", 3))
        ],
    )
    made.raw(
        "funding_rates",
        "binance",
        [
            {
                "venue": "binance",
                "market": f"{asset}USDT",
                "asset": asset,
                "margin": "linear",
                "settled_at": at(f"{d} {hour:02}:00"),
                "rate": Decimal("0.0001"),
                "rate_kind": "settled",
            }
            for d in every
            for asset in ASSETS
            for hour in (0, 8, 16)
        ],
    )
    made.raw(
        "prices",
        "binance",
        [
            {
                "venue": "binance",
                "market": f"{asset}USDT",
                "asset": asset,
                "quote": "USDT",
                "bucket_start": at(d.isoformat()),
                "bucket_seconds": 86400,
                "open": price(asset, d - timedelta(days=1)),
                "high": price(asset, d) * Decimal("1.2"),
                "low": price(asset, d) * Decimal("0.8"),
                "close": price(asset, d),
                "quote_volume": Decimal(10**9),
            }
            for d in every
            for asset in ASSETS
        ],
    )
    made.build()
    return made


def publish_to(folder: Path, made: Warehouse) -> Settings:
    """The folder with this version in force, and the settings that read it."""
    where = Folder(folder)
    where.claim(Origin.MIRROR)
    publish(made.conn, where, now_at=made.now, origin="mirror", commit="0" * 12, macros={})
    return Settings(FLOODMARK_WAREHOUSE=folder, FLOODMARK_MIRROR="http://127.0.0.1:9")
