"""What a brief says: sections as data, each from queries on the published file.

A section of which nothing is there says so; nothing of the page's form is decided here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipelines.research.brief import words
from pipelines.research.brief.charts import Chart, draw
from pipelines.research.brief.figures import Figure, Result, run
from pipelines.research.brief.queries import queries
from pipelines.research.brief.words import Sentence
from pipelines.storage.duck import Connection

# (id, title, queries in the order of the page); a query named in CHARTED is drawn as well
SECTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("liquidations", "Liquidations", ("venues", "assets", "spread")),
    ("rank", "Rank and record", ("window", "largest", "standing", "regimes")),
    ("orders", "Largest order", ("orders",)),
    ("published", "As published", ("published_totals", "published_figures", "published_others")),
    ("prices", "Prices", ("price_path", "prices")),
    ("funding", "Funding", ("funding", "funding_path")),
    ("basis", "Basis, open interest, volatility", ("basis", "open_interest", "volatility")),
    ("etf", "ETF flows", ("etf_totals", "etf_funds", "published_flows")),
    ("onchain", "On-chain", ("onchain", "chain_sets")),
    ("coverage", "Coverage", ("coverage",)),
    ("sources", "Sources and vintages", ("sources", "vintages")),
)


class NoSuchDay(Exception):
    """A day of which the published version knows nothing; the message says what range there is."""


@dataclass(frozen=True)
class Section:
    """Sentences, tables and charts of one subject; tables that could not be had say why."""

    id: str
    title: str
    sentences: tuple[Sentence, ...]
    tables: tuple[Result, ...]
    charts: tuple[Chart, ...]


@dataclass(frozen=True)
class Brief:
    """All that is said of one day, from one published version."""

    day: date
    day_figure: Figure
    version: str
    snapshot: Result
    headline: Sentence
    cards: tuple[Figure, ...]
    standing: tuple[Sentence, ...]
    published: tuple[Sentence, ...]
    names: tuple[Sentence, ...]
    sections: tuple[Section, ...]
    results: Mapping[str, Result]

    @property
    def is_sample(self) -> bool:
        return self.origin == "sample"

    @property
    def origin(self) -> str:
        return str(self.snapshot.rows[0]["origin"])

    @property
    def asked(self) -> list[Result]:
        """The queries of which something stands on the page, by name."""
        return [self.results[name] for name in sorted(self.results) if self.results[name]]

    def figures(self) -> Iterator[Figure]:
        """Every figure that stands on the page, each once."""
        seen: set[str] = set()
        for figure in self._all():
            if figure.id not in seen:
                seen.add(figure.id)
                yield figure

    def _all(self) -> Iterator[Figure]:
        yield from (figure for _, row in self.snapshot.shown() for figure in row)
        yield self.day_figure
        yield from self.cards
        told = (self.headline, *self.standing, *self.published, *self.names)
        for sentence in (*told, *(s for section in self.sections for s in section.sentences)):
            yield from (part for part in sentence.parts() if isinstance(part, Figure))
        for section in self.sections:
            for table in section.tables:
                yield from (figure for _, row in table.shown() for figure in row)


def gather(conn: Connection, day: date, withheld: frozenset[str] = frozenset()) -> Brief:
    """The brief of a day, from an open published version; sources in `withheld` are left out.

    Raises NoSuchDay where the version knows nothing of the day.
    """
    tables = tables_of(conn)
    _require(conn, day, tables)
    version = version_of(conn)
    results = {name: run(conn, q, version, day, tables, withheld) for name, q in queries().items()}
    of_day = results["day"]
    asked = results["asked"].figure(results["asked"].rows[0], "day")
    cards = ("total_usd", "long_usd", "short_usd", "long_share", "rank", "ratio_to_30d_median")
    return Brief(
        day=day,
        day_figure=asked,
        version=version,
        snapshot=results["snapshot"],
        headline=words.headline(of_day, asked),
        cards=tuple(f for name in cards if (f := of_day.first(name)) and f.value is not None),
        standing=tuple(words.standing(of_day)),
        published=tuple(words.published(results["published_totals"], results["standing"])),
        names=words.names(results["event"]),
        sections=tuple(_section(*each, results=results, day=day) for each in SECTIONS),
        results=results,
    )


def tables_of(conn: Connection) -> frozenset[str]:
    """Every `schema.table` of a file."""
    rows = conn.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
    return frozenset(name for (name,) in rows)


def version_of(conn: Connection) -> str:
    """The name of the published version."""
    return str(conn.execute("select version from meta.snapshot").fetchall()[0][0])


def _require(conn: Connection, day: date, tables: frozenset[str]) -> None:
    rows: list[Any] = [(None, None, False)]
    if "facts.market_daily" in tables:
        rows = conn.execute(
            "select min(day), max(day), coalesce(bool_or(day = ?), false) from facts.market_daily "
            "where coalesce(liquidations_usd, btc_close_usd, dex_volume_usd, etf_btc_usd, funding_btc_rate_8h) is not null",
            [day],
        ).fetchall()
    first, last, there = rows[0]
    if first is None:
        raise NoSuchDay("the published version has no days yet: run `floodmark run` first")
    if not there:
        where = "lies outside" if not first <= day <= last else "is a hole in"
        raise NoSuchDay(f"{day} {where} what is published, which reaches from {first} to {last}")


def _section(
    id: str, title: str, names: tuple[str, ...], results: Mapping[str, Result], day: date
) -> Section:
    tables = tuple(results[name] for name in names)
    return Section(
        id=id,
        title=title,
        sentences=tuple(_sentences(id, results, day)),
        tables=tables,
        charts=tuple(c for table in tables if table and (c := draw(table))),
    )


def _sentences(id: str, results: Mapping[str, Result], day: date) -> list[Sentence]:
    match id:
        case "liquidations":
            return [
                *words.largest_part(results["venues"], "venue_name"),
                *words.largest_part(results["assets"], "asset"),
            ]
        case "prices":
            return [
                *words.price(results["prices"], "BTC", "Bitcoin"),
                *words.price(results["prices"], "ETH", "Ether"),
            ]
        case "funding":
            return [
                *words.funding(results["funding"], "BTC", "Bitcoin"),
                *words.funding(results["funding"], "ETH", "Ether"),
            ]
        case "etf":
            flows = results["etf_totals"]
            return [*words.flows(flows, day, "BTC", "bitcoin"), *words.flows(flows, day, "ETH", "ether")]
        case "onchain":
            return words.volume(results["onchain"])
        case "orders":
            return words.largest_order(results["orders"])
    return []
