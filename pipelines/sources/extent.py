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


def first_day(client: Client, usual_days: int, most_days: int) -> date:
    """The first UTC day to ask a heavy feed for.

    A stretch of at most `most_days` days that was named is wanted whole; a run over all of history
    takes the last `usual_days` whole days.
    """
    window = client.window
    if window is not None and (window.end - window.start) <= timedelta(days=most_days):
        return window.first_day
    return client.now.date() - timedelta(days=usual_days)
