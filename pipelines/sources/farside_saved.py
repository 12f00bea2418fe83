"""Farside pages that a user saved in a browser, where the site answers this machine with a browser check.

Reads one file into the answer that farside.py would have got; who puts it into the ledger is not said here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from pipelines.sources.contract import Answer, Retry, Unparsable, Window, midnight
from pipelines.sources.farside import DATASETS, PAGES, whole_page
from pipelines.sources.upstream import Reply

NAMES = {f"farside-{asset.lower()}.html": asset for asset in PAGES}  # farside-btc.html, farside-eth.html


def answer_from_file(path: Path) -> Answer:
    """The saved page as an answer of farside_etf_flows, observed when the file was written.

    `Unparsable` where the name is none of farside-btc.html and farside-eth.html, the page is not whole, or
    the file is older than the first session.
    The window ends at 00:00 UTC of the day of saving, as that of a fetched page does.
    """
    asset = NAMES.get(path.name)
    if asset is None:
        raise Unparsable(f"{path.name}: expected one of {', '.join(NAMES)}")
    body = path.read_bytes()
    try:
        whole_page(Reply(200, {}, body))
    except Retry as cut:
        raise Unparsable(f"{path.name}: {cut.reason}") from None
    saved_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    page, first = PAGES[asset]
    if saved_at.date() <= first:
        raise Unparsable(f"{path.name}: saved on {saved_at:%Y-%m-%d}, before its first session was over")
    window = Window(midnight(first), midnight(saved_at.date()))
    return Answer(
        DATASETS[0].name, asset, window, {"asset": asset}, f"https://farside.co.uk{page}", 200, body, saved_at
    )
