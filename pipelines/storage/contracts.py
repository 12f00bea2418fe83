"""The raw kinds: for each, one schema with units, its key, and what makes a row good.

`parse` functions of pipelines/sources return frames of exactly these columns; the loader adds the
provenance columns (`dataset`, `observed_at`, `vintage`, `retracted`, `landing`) by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import dataframely as dy
import polars as pl

USD = pl.Decimal(18, 4)  # money: sums must not depend on the order of addition
PRICE = pl.Decimal(28, 12)
RATE = pl.Decimal(28, 18)  # fractions: HTX states 18 places, and sums are compared to the last
AMOUNT = pl.Decimal(28, 12)  # coins, contracts
UTC_TIME = pl.Datetime("us", "UTC")

VENUE = r"^[a-z0-9]+(\+[a-z0-9]+)*$"
ASSET = r"^[A-Z0-9]+$"


def _text(**more: Any) -> dy.String:
    return dy.String(min_length=1, **more)


def _decimal(kind: pl.DataType, **more: Any) -> dy.Decimal:
    assert isinstance(kind, pl.Decimal)
    return dy.Decimal(kind.precision, kind.scale or 0, **more)


def _time() -> dy.Datetime:
    return dy.Datetime(
        time_unit="us",
        time_zone="UTC",
        nullable=False,
        check={"not_before_bitcoin": lambda t: t >= datetime(2009, 1, 1, tzinfo=UTC)},
    )


class LiquidationBuckets(dy.Schema):
    """Liquidated notional per bucket as an upstream adds it up; USD, by the side of the position."""

    venue = _text(nullable=False, regex=VENUE)  # a group is its sorted members, `bybit+okx`
    market = _text(nullable=False)  # the upstream's own name of the series
    asset = _text(nullable=False, regex=ASSET)
    bucket_start = _time()
    bucket_seconds = dy.Int64(nullable=False, min=60, max=86400)
    long_usd = _decimal(USD, nullable=False, min=Decimal(0))
    short_usd = _decimal(USD, nullable=False, min=Decimal(0))


class LiquidationOrders(dy.Schema):
    """Single liquidation orders, immutable; `side` is the liquidated position."""

    venue = _text(nullable=False, regex=VENUE)
    market = _text(nullable=False)
    asset = _text(nullable=False, regex=ASSET)
    liquidated_at = _time()
    order_id = dy.String(nullable=True)
    side = dy.String(nullable=False, regex="^(long|short)$")
    price = _decimal(PRICE, nullable=False, min=Decimal(0))
    price_kind = dy.String(nullable=False, regex="^(fill|bankruptcy|order)$")
    native_amount = _decimal(AMOUNT, nullable=False, min=Decimal(0))
    native_unit = dy.String(nullable=False, regex="^(contract|coin|usd)$")
    multiplier = _decimal(AMOUNT, nullable=True)  # coin (linear) or USD (inverse) per native unit
    usd = _decimal(USD, nullable=False, min=Decimal(0))


class Instruments(dy.Schema):
    """What one unit of a contract is worth, as its venue lists it; terms stand until others are listed."""

    venue = _text(nullable=False, regex=VENUE)
    market = _text(nullable=False)  # the list it stands on
    instrument = _text(nullable=False)  # as orders and rates of the venue name it
    asset = _text(nullable=False, regex=ASSET)
    margin = dy.String(nullable=False, regex="^(linear|inverse)$")
    native_unit = dy.String(nullable=False, regex="^(contract|coin|usd)$")
    multiplier = _decimal(AMOUNT, nullable=False, min_exclusive=Decimal(0))  # coins (linear) or USD a unit
    stated_at = _time()
    listed_at = dy.Datetime(time_unit="us", time_zone="UTC", nullable=True)  # where the list says it


class EtfFlows(dy.Schema):
    """Net flow per fund and New York trading date; null where the fund had not reported.

    Fund `TOTAL` is the total as printed by the upstream.
    """

    market = _text(nullable=False)  # the page or list it stands on
    asset = _text(nullable=False, regex=ASSET)
    fund = _text(nullable=False, regex=r"^[A-Z0-9]+$")
    session_date = dy.Date(nullable=False)
    flow_usd = _decimal(USD, nullable=True)


class OnchainVolume(dy.Schema):
    """A daily measure of a chain; null and negative points are kept as they came."""

    market = _text(nullable=False)  # the upstream's own name of the series
    chain = _text(nullable=False)  # lower case; `all` is the upstream's own total
    metric = _text(nullable=False, regex=r"^[a-z0-9_]+$")  # dex_volume_usd, transfer_volume_usd, …
    day = dy.Date(nullable=False)
    value = _decimal(AMOUNT, nullable=True)  # in the unit that the metric's name ends with


class FundingRates(dy.Schema):
    """Funding per settlement: a fraction per interval, positive where longs pay shorts."""

    venue = _text(nullable=False, regex=VENUE)
    market = _text(nullable=False)
    asset = _text(nullable=False, regex=ASSET)
    margin = dy.String(nullable=False, regex="^(linear|inverse)$")
    settled_at = _time()
    rate = _decimal(RATE, nullable=False, min=Decimal("-0.5"), max=Decimal("0.5"))
    interval_hours = _decimal(pl.Decimal(8, 4), nullable=True)  # only where the upstream says it
    rate_kind = dy.String(nullable=False, regex="^(settled|bucket_mean|bucket_close)$")


class Prices(dy.Schema):
    """Price bars; USD or a dollar stablecoin, named in `quote`."""

    venue = _text(nullable=False, regex=VENUE)
    market = _text(nullable=False)
    asset = _text(nullable=False, regex=ASSET)
    quote = _text(nullable=False, regex=ASSET)
    bucket_start = _time()
    bucket_seconds = dy.Int64(nullable=False, min=60, max=86400)
    open = _decimal(PRICE, nullable=False, min=Decimal(0))
    high = _decimal(PRICE, nullable=False, min=Decimal(0))
    low = _decimal(PRICE, nullable=False, min=Decimal(0))
    close = _decimal(PRICE, nullable=False, min=Decimal(0))
    base_volume = _decimal(AMOUNT, nullable=True)
    quote_volume = _decimal(AMOUNT, nullable=True)

    @dy.rule()
    def high_is_highest(cls) -> pl.Expr:
        return pl.col("high") >= pl.max_horizontal("open", "close", "low")

    @dy.rule()
    def low_is_lowest(cls) -> pl.Expr:
        return pl.col("low") <= pl.min_horizontal("open", "close", "high")


class OpenInterest(dy.Schema):
    """Open interest, one-sided, at a moment."""

    venue = _text(nullable=False, regex=VENUE)
    market = _text(nullable=False)
    asset = _text(nullable=False, regex=ASSET)
    margin = dy.String(nullable=False, regex="^(linear|inverse|all)$")
    measured_at = _time()
    amount_coin = _decimal(AMOUNT, nullable=True, min=Decimal(0))
    amount_usd = _decimal(AMOUNT, nullable=True, min=Decimal(0))


class FuturesBasis(dy.Schema):
    """Futures price against its index at a moment; the premium is a fraction, annualised in SQL."""

    venue = _text(nullable=False, regex=VENUE)
    market = _text(nullable=False)
    asset = _text(nullable=False, regex=ASSET)
    measured_at = _time()
    expires_at = dy.Datetime(time_unit="us", time_zone="UTC", nullable=True)  # null: perpetual
    future_price = _decimal(PRICE, nullable=False, min=Decimal(0))
    index_price = _decimal(PRICE, nullable=False, min=Decimal(0))


class OptionVolatility(dy.Schema):
    """Implied volatility measures, in percentage points a year."""

    venue = _text(nullable=False, regex=VENUE)
    market = _text(nullable=False)
    asset = _text(nullable=False, regex=ASSET)
    measure = _text(nullable=False, regex=r"^[a-z0-9_]+$")  # dvol_close, skew_25d_30d, …
    measured_at = _time()
    value = _decimal(RATE, nullable=True)


@dataclass(frozen=True)
class Kind:
    """A raw table: its schema, its key (without `dataset`), and the column that places it in time."""

    name: str
    schema: type[dy.Schema]
    key: tuple[str, ...]
    time: str
    events: bool = False  # immutable events: a window is replaced, vintages do not exist
    standing: bool = False  # stands until another answer says otherwise, whatever the time of either

    @property
    def columns(self) -> dict[str, pl.DataType]:
        """Column name to polars type, in the order of the table."""
        return {n: c.dtype for n, c in self.schema.columns().items()}

    @property
    def values(self) -> tuple[str, ...]:
        """What makes a vintage differ; that the same was said at another time does not."""
        return tuple(c for c in self.columns if c not in self.key and c != self.time)

    @property
    def time_is_date(self) -> bool:
        return self.columns[self.time] == pl.Date


KINDS: dict[str, Kind] = {
    k.name: k
    for k in (
        Kind(
            "liquidation_buckets",
            LiquidationBuckets,
            ("venue", "market", "asset", "bucket_start", "bucket_seconds"),
            "bucket_start",
        ),
        Kind(
            "liquidation_orders",
            LiquidationOrders,
            ("venue", "market", "liquidated_at", "order_id"),
            "liquidated_at",
            events=True,
        ),
        Kind("instruments", Instruments, ("venue", "market", "instrument"), "stated_at", standing=True),
        Kind("etf_flows", EtfFlows, ("market", "asset", "fund", "session_date"), "session_date"),
        Kind("onchain_volume", OnchainVolume, ("market", "chain", "metric", "day"), "day"),
        Kind(
            "funding_rates",
            FundingRates,
            ("venue", "market", "asset", "settled_at", "rate_kind"),
            "settled_at",
        ),
        Kind(
            "prices", Prices, ("venue", "market", "asset", "bucket_start", "bucket_seconds"), "bucket_start"
        ),
        Kind("open_interest", OpenInterest, ("venue", "market", "asset", "measured_at"), "measured_at"),
        Kind("futures_basis", FuturesBasis, ("venue", "market", "asset", "measured_at"), "measured_at"),
        Kind(
            "option_volatility",
            OptionVolatility,
            ("venue", "market", "asset", "measure", "measured_at"),
            "measured_at",
        ),
    )
}
