"""How much is asked for when nobody says: long histories of a few assets, heavy tapes of a few days.

Whoever names assets or days gets what was named; these are the manners of a plain night.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from pipelines.sources.http import Client

LEADING_ASSETS = 5


def leading(assets: Sequence[str]) -> Sequence[str]:
    """The first assets of the list, which is in the order of their weight; empty (all there are) stays so."""
    return assets[:LEADING_ASSETS]


def first_day(client: Client, usual_days: int, most_days: int, depth_days: int | None = None) -> date:
    """The first UTC day to ask a heavy feed for.

    A stretch of at most `most_days` days was named, and is wanted whole. A longer one, or one that
    begins where the upstream's `depth_days` cut it off, is all there is: then it is the last
    `usual_days` whole days.
    """
    window, today = client.window, client.now.date()
    if window is None or window.end - window.start > timedelta(days=most_days):
        return today - timedelta(days=usual_days)
    cut_off = depth_days is not None and window.first_day <= today - timedelta(days=depth_days - 1)
    return today - timedelta(days=usual_days) if cut_off else window.first_day
