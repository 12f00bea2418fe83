"""What the warehouse measures, as figures: liquidations, prices, ETF flows, DEX volume, funding.

SQL in, figures out. A table or a column that does not exist is no evidence, never a zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, Protocol

from pipelines.research.claims.figures import DAY, SESSION, Figure
from pipelines.research.claims.scopes import Scope
from pipelines.settings import SQL

HERE = "this warehouse"
_PRICE = {
    "price_open": "open_usd",
    "price_high": "high_usd",
    "price_low": "low_usd",
    "price_close": "close_usd",
}


class Cursor(Protocol):
    @property
    def description(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...


class Connection(Protocol):
    """An open DuckDB connection; it is only read."""

    def execute(self, query: str, parameters: Any = ..., /) -> Cursor: ...


class Warehouse:
    """The facts behind a connection on a published version, which may hold few tables or none."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._columns: dict[str, set[str]] = {}
        for schema, table, column in self.query(
            "select table_schema, table_name, column_name from information_schema.columns"
        ):
            self._columns.setdefault(f"{schema}.{table}", set()).add(column)

    def query(self, sql: str, *parameters: Any) -> list[Any]:
        return self._conn.execute(sql, list(parameters)).fetchall()

    def has(self, table: str, *columns: str) -> bool:
        return set(columns) <= self._columns.get(table, set()) and table in self._columns

    def reference(self, name: str) -> list[dict[str, Any]]:
        """The rows of reference.<name>; where the warehouse has none, those of the file that makes them."""
        if self.has(f"reference.{name}") and (rows := self._rows(f"select * from reference.{name}")):
            return rows
        return self._rows((SQL / "reference" / f"{name}.sql").read_text(encoding="utf-8"))

    def _rows(self, sql: str) -> list[dict[str, Any]]:
        cursor = self._conn.execute(sql, [])
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    @cached_property
    def is_sample(self) -> bool:
        """Built from the sample, whose days are made to fit the published figures."""
        return self.has("meta.build", "origin") and ("sample",) in self.query("select origin from meta.build")

    @cached_property
    def universe(self) -> tuple[frozenset[str], frozenset[str]]:
        """(venues, assets) of the measured liquidations; a group of venues is one."""
        table = "facts.liquidations_daily"
        if not self.has(table, "venue", "asset"):
            return frozenset(), frozenset()
        pairs = self.query(f"select distinct venue, asset from {table}")
        return frozenset(v for v, _ in pairs), frozenset(a for _, a in pairs)

    def measures(self, scope: Scope) -> bool:
        """Whether liquidations of exactly this scope are measured: every venue and every asset of it."""
        if scope.warehouse:
            return self.has("facts.liquidation_totals_daily", "day", "total_usd")
        members = {m for v in self._venues(scope) for m in v.split("+")}
        assets = self.universe[1]
        return bool(scope.venues and scope.assets and members == scope.venues and scope.assets <= assets)

    def _venues(self, scope: Scope) -> list[str]:
        """The measured venues inside a scope; all of them where it names none."""
        venues = self.universe[0]
        return sorted(v for v in venues if not scope.venues or set(v.split("+")) <= scope.venues)

    def _assets(self, scope: Scope) -> list[str]:
        return sorted(a for a in self.universe[1] if not scope.assets or a in scope.assets)

    def liquidations(self, metric: str, scope: Scope, first: date, last: date) -> list[Figure]:
        """UTC-day figures of what is measured of a scope, in order of days; `metric` is liquidations_<side>.

        A day on which the coverage of a venue is partial is a lower bound.
        """
        table, side = "facts.liquidations_daily", metric.removeprefix("liquidations_")
        if side not in {"total", "long", "short"}:
            return []
        if self.has(table, "day", "venue", "asset", "side", "amount_usd"):
            venues, assets = self._venues(scope), self._assets(scope)
            rows = self.query(
                f"select day, sum(amount_usd) from {table} where day between ? and ? "
                "and list_contains(?, venue) and list_contains(?, asset) and (? = 'total' or side = ?) "
                "group by day order by day",
                first,
                last,
                venues,
                assets,
                side,
                side,
            )
            series = f"measured: {', '.join(venues)}; {len(assets)} assets"
        elif scope.warehouse and self.has("facts.liquidation_totals_daily", "day", f"{side}_usd"):
            rows = self.query(
                f"select day, {side}_usd from facts.liquidation_totals_daily "
                f"where day between ? and ? and {side}_usd is not null order by day",
                first,
                last,
            )
            series, venues = f"measured: {HERE}", []
        else:
            return []
        partial = self._partial(venues, scope.warehouse)
        return [
            replace(_figure(metric, scope, DAY, d, v, series), bound=">=" if d in partial else "=")
            for d, v in rows
        ]

    def _partial(self, venues: Sequence[str], whole: bool) -> set[date]:
        """Days on which the source that speaks for one of the venues (or for the whole) is incomplete."""
        if not self.has("facts.coverage_daily", "day", "kind", "source", "venue", "status"):
            return set()
        partial = "select day from facts.coverage_daily where kind = 'liquidations' and status = 'partial'"
        if whole:
            rows = self.query(f"{partial} and source = 'headline'")
        elif self.has("facts.liquidations_daily", "source"):
            spoken = "select day, venue, source from facts.liquidations_daily"
            mine = "list_contains(?, venue) and (day, venue, source) in"
            rows = self.query(f"{partial} and {mine} ({spoken})", list(venues))
        else:
            rows = []
        return {day for (day,) in rows}

    def narrower(self, metric: str, scope: Scope, first: date, last: date) -> list[Figure]:
        """What the warehouse measures of a scope that is wider: a lower bound, for notes only."""
        if not metric.startswith("liquidations_") or scope.group or scope.chains or scope.symbols:
            return []
        if not scope.whole_market:
            return self.liquidations(metric, scope, first, last)
        return self.liquidations(metric, Scope(HERE, warehouse=True), first, last)

    def prices(self, metric: str, asset: str, first: date, last: date) -> list[Figure]:
        """Daily prices of an asset; `metric` is price_open, price_high, price_low or price_close."""
        column = _PRICE.get(metric)
        if not column or not self.has("facts.prices_daily", "day", "asset", column):
            return []
        rows = self.query(
            f"select day, {column} from facts.prices_daily "
            f"where asset = ? and day between ? and ? and {column} is not null order by day",
            asset,
            first,
            last,
        )
        scope = Scope(f"asset {asset}", assets=frozenset({asset}))
        return [_figure(metric, scope, DAY, d, v, f"measured: {asset} price") for d, v in rows]

    def flows(self, asset: str, first: date, last: date) -> list[Figure]:
        """Net ETF flows of reported sessions. Holidays, partial and missing sessions are left out."""
        if not self.has("facts.etf_flow_totals_daily", "session_date", "asset", "total_usd", "status"):
            return []
        rows = self.query(
            "select session_date, total_usd from facts.etf_flow_totals_daily where asset = ? and status = "
            "'reported' and session_date between ? and ? and total_usd is not null order by session_date",
            asset,
            first,
            last,
        )
        scope = Scope(f"asset {asset}", assets=frozenset({asset}))
        return [_figure("etf_flow", scope, SESSION, d, v, f"measured: {asset} ETFs") for d, v in rows]

    def closed(self, asset: str, first: date, last: date) -> set[date]:
        """Weekdays that are known to be no session of the New York exchanges."""
        found: set[date] = set()
        if self.has("meta.us_sessions", "session_date", "is_session"):
            found |= {
                d
                for (d,) in self.query(
                    "select session_date from meta.us_sessions "
                    "where not is_session and session_date between ? and ?",
                    first,
                    last,
                )
            }
        if self.has("facts.etf_flow_totals_daily", "session_date", "asset", "status"):
            found |= {
                d
                for (d,) in self.query(
                    "select session_date from facts.etf_flow_totals_daily "
                    "where asset = ? and status = 'holiday' and session_date between ? and ?",
                    asset,
                    first,
                    last,
                )
            }
        return found

    def chain_volume(self, chains: frozenset[str], first: date, last: date) -> list[Figure]:
        """DEX volume of a set of chains a day; a day on which one of them is missing is left out."""
        if not self.has("facts.onchain_volume_daily", "day", "chain", "volume_usd"):
            return []
        rows = self.query(
            "select day, sum(volume_usd) from facts.onchain_volume_daily where day between ? and ? "
            "and list_contains(?, lower(chain)) and volume_usd is not null group by day "
            "having count(distinct lower(chain)) = ? order by day",
            first,
            last,
            sorted(chains),
            len(chains),
        )
        scope = Scope(f"chains {' '.join(sorted(chains))}", chains=chains)
        return [_figure("dex_volume", scope, DAY, d, v, "measured: DEX volume") for d, v in rows]

    def funding(self, venue: str, asset: str, first: date, last: date) -> list[Figure]:
        """Mean funding rate a day of one venue, in percent per 8 h."""
        if not self.has("facts.funding_daily", "day", "venue", "asset", "rate_8h"):
            return []
        rows = self.query(
            "select day, rate_8h from facts.funding_daily where venue = ? and asset = ? "
            "and day between ? and ? and rate_8h is not null order by day",
            venue,
            asset,
            first,
            last,
        )
        scope = Scope(f"venue {venue} asset {asset}", venues=frozenset({venue}), assets=frozenset({asset}))
        return [
            _figure("funding_rate", scope, DAY, d, Decimal(str(v)) * 100, "measured: funding", "pct", "8h")
            for d, v in rows
        ]


def missing_days(figures: Sequence[Figure], first: date, last: date) -> int:
    """How many days between two days (both included) have no figure."""
    return (last - first).days + 1 - len({f.day for f in figures if first <= f.day <= last})


def _figure(
    metric: str,
    scope: Scope,
    clock: str,
    day: date,
    value: Any,
    series: str,
    unit: str = "usd",
    per: str | None = None,
) -> Figure:
    return Figure(
        id=f"{metric} {day}",
        metric=metric,
        scope=scope,
        clock=clock,
        day=day,
        value=value if isinstance(value, Decimal) else Decimal(str(value)),
        unit=unit,
        source=HERE,
        per=per,
        series=series,
        measured=True,
    )
