"""The static site: an index of all events, the all-time table, daily series and attributions.

Series whose licence does not let one republish them are left out unless told otherwise.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from pipelines.research.brief.charts import Chart, draw_series
from pipelines.research.brief.content import NoSuchDay, gather, tables_of, version_of
from pipelines.research.brief.figures import Result, exact, run
from pipelines.research.brief.page import brief_page, render
from pipelines.research.brief.queries import QUERIES, queries
from pipelines.settings import Settings
from pipelines.storage.duck import Connection, reader
from pipelines.storage.folder import Folder

PAGES = {
    "index.html": "Events",
    "largest.html": "Largest days",
    "liquidations.html": "Liquidations",
    "etf_flows.html": "ETF flows",
    "onchain_volume.html": "On-chain volume",
    "funding.html": "Funding",
    "prices.html": "Prices",
    "attribution.html": "Sources",
}


@dataclass(frozen=True)
class Series:
    """How a daily series is drawn: its time, its figure, what tells its lines apart, the axis."""

    time: str
    value: str
    by: str | None
    axis: str
    longest_step: timedelta = timedelta(days=1)  # between two points with nothing missing in between


SERIES: Mapping[str, Series] = {
    "liquidations": Series("day", "total_usd", None, "$~s"),
    "etf_flows": Series("session_date", "cumulative_usd", "asset", "$~s", timedelta(days=4)),
    "onchain_volume": Series("day", "volume_usd", None, "$~s"),
    "funding": Series("day", "apr", "venue", "+.0%"),
    "prices": Series("day", "close_usd", "asset", "$~s"),
}


def write_site(settings: Settings, out: Path, include_all: bool = False) -> list[Path]:
    """The site of the published version in force, as static files under `out`.

    Only sources that reference.sources marks as free to pass on are shown; with `include_all` every
    source is, for a reader's own use. Raises NothingPublished where there is no version.
    """
    with reader(Folder(settings.warehouse)) as conn:
        return _Site(conn, out, include_all).write()


def withheld_sources(conn: Connection, tables: frozenset[str]) -> frozenset[str]:
    """Sources whose terms forbid passing their series on, or do not say that one may."""
    if "reference.sources" not in tables:
        return frozenset()
    rows = conn.execute("select source from reference.sources where may_republish is not true").fetchall()
    return frozenset(source for (source,) in rows)


class _Site:
    def __init__(self, conn: Connection, out: Path, include_all: bool) -> None:
        self.conn, self.out = conn, out
        self.tables = tables_of(conn)
        self.withheld = frozenset() if include_all else withheld_sources(conn, self.tables)
        self.version = version_of(conn)
        self.origin, self.now_at = conn.execute("select origin, now_at from meta.snapshot").fetchall()[0]
        self.written: list[Path] = []
        self.sources = self._ask("attribution")

    def write(self) -> list[Path]:
        self.out.mkdir(parents=True, exist_ok=True)
        events = self._ask("events")
        links = self._briefs({row["peak_day"] for row in events.rows})
        self._page("index.html", "Liquidation events", tables=[events], links=links)
        self._page(
            "largest.html",
            "Largest liquidation days",
            tables=[self._ask("largest_days"), self._ask("published_days")],
            links=links,
        )
        for name, form in SERIES.items():
            self._series(name, form)
        self._page("attribution.html", "Sources", tables=[self.sources])
        return self.written

    def _ask(self, name: str) -> Result:
        now: datetime = self.now_at
        query = queries(QUERIES / "site")[name]
        return run(self.conn, query, self.version, now.date(), self.tables, self.withheld)

    def _briefs(self, days: Iterable[date]) -> dict[str, str]:
        """Writes the brief of each day; its address by day."""
        links = {}
        for day in sorted(days):
            try:
                brief = gather(self.conn, day, self.withheld)
            except NoSuchDay:
                continue  # a named event before the data begin is in the index, without a page
            self._write(f"{day}/index.html", brief_page(brief, home="../index.html"))
            links[day.isoformat()] = f"{day}/index.html"
        return links

    def _series(self, name: str, form: Series) -> None:
        result = self._ask(name)
        chart: Chart | None = None
        if result:
            self._write(f"{name}.csv", _csv(result))
            chart = draw_series(result, form.time, form.value, form.by, form.axis, form.longest_step)
        self._page(
            f"{name}.html",
            result.query.title,
            series=result,
            charts=[chart] if chart else [],
            file=f"{name}.csv" if result else None,
            years=[(y, list(rows)) for y, rows in groupby(result.rows, lambda row: row[form.time].year)],
            columns=[result.query.column(c) for c in result.query.shown],
        )

    def _page(self, here: str, title: str, **told: Any) -> None:
        shown: dict[str, Any] = {
            "tables": [],
            "series": None,
            "charts": [],
            "file": None,
            "years": [],
            "columns": [],
            "links": None,
        }
        shown |= told
        asked = [r for r in (*shown["tables"], shown["series"]) if r]
        html = render(
            "site.html",
            here=here,
            title=title,
            pages=PAGES,
            asked=asked,
            is_sample=self.origin == "sample",
            version=self.version,
            now_at=self.now_at,
            origin=self.origin,
            attributions=[r["attribution"] for r in self.sources.rows if r["source"] not in self.withheld],
            withheld=[r["name"] for r in self.sources.rows if r["source"] in self.withheld],
            **shown,
        )
        self._write(here, html)

    def _write(self, name: str, text: str) -> None:
        path = self.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.written.append(path)


def _csv(result: Result) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(result.query.shown)
    writer.writerows([exact(row[name]) for name in result.query.shown] for row in result.rows)
    return out.getvalue()
