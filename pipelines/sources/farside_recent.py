"""Farside Investors: flows of the spot solana ETFs per fund and session, from a page of the last weeks (no key).

Licence, units and table are those of farside.py, whose parser reads it. Limits: none published; a page a run.
Depth: the last two to three weeks; copies of 2026-01 and 2026-04 held 13 and 12 sessions. The first fund was
listed on 2025-10-28; no page with all sessions is known, so what was before the first night comes from other
sources or from older copies (`floodmark load-page`).
Traps: the page forgets, so a window is whole only where the page reaches back to its first session, else what
the page no longer holds would be taken for withdrawn; its bytes were never seen here, its form is taken from
the short pages of the other coins: another label, header or footer is refused by name and not guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from pipelines.sources.contract import Answer, Cut, Dataset, Incomplete, Part, Window
from pipelines.sources.farside import UPSTREAM, oldest_session, parse, whole_page
from pipelines.sources.http import Client

PAGES = {"SOL": ("/sol/", date(2025, 10, 28))}
DEPTH_DAYS = 14  # two weeks less the running day: nine sessions, or ten


def parts(client: Client, assets: Sequence[str]) -> list[Part]:
    """The one page, whatever assets are asked."""
    return [
        Part(asset, (asset.lower(),), {"asset": asset}, since=first) for asset, (_, first) in PAGES.items()
    ]


def fetch(client: Client, part: Part, window: Window) -> Iterator[Answer]:
    """The page, which must reach back to the first session of the window; there is no smaller question."""
    path, _ = PAGES[part.context["asset"]]
    answer = client.get(UPSTREAM, path, whole=whole_page)
    first, oldest = first_session(window), oldest_session(answer)
    if first and (oldest is None or oldest > first):
        begins = f"begins on {oldest}" if oldest else "has no session"
        raise Incomplete(f"the page {begins}, asked since the session of {first}")
    yield answer


def first_session(window: Window) -> date | None:
    """The first day of the window on which New York trades; None where it has none, as on a weekend."""
    import exchange_calendars  # it brings pandas, which nothing else here needs

    # a calendar must hold a session, and in ten days there always is one
    end = max(window.last_day, window.first_day + timedelta(days=10))
    calendar = exchange_calendars.get_calendar("XNYS", start=str(window.first_day), end=str(end))
    first: date = calendar.first_session.date()
    return first if first <= window.last_day else None


DATASETS = (
    Dataset(
        name="farside_sol_etf_flows",
        source="farside",
        kind="etf_flows",
        title="Spot SOL ETF flows per fund and session, last weeks (Farside Investors)",
        earliest=PAGES["SOL"][1],
        cut=Cut.DAYS,
        days_per_window=DEPTH_DAYS,
        depth_days=DEPTH_DAYS,
        parts=parts,
        fetch=fetch,
        parse=parse,
        tail_days=10,
    ),
)
