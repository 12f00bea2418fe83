"""Farside pages that a user saved in a browser, where the site answers this machine with a browser check.

Reads one file into the answer that farside.py or farside_recent.py would have got; who puts it into the
ledger is not said here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from pipelines.sources import farside, farside_recent
from pipelines.sources.contract import Answer, Retry, Unparsable, Window, midnight
from pipelines.sources.upstream import Reply

# farside-btc.html, farside-eth.html, farside-sol.html -> dataset, asset, path of the page, first session
NAMES = {
    f"farside-{asset.lower()}.html": (module.DATASETS[0].name, asset, path, first)
    for module in (farside, farside_recent)
    for asset, (path, first) in module.PAGES.items()
}


def answer_from_file(file: Path) -> Answer:
    """The saved page as an answer of its dataset, observed when the file was written.

    `Unparsable` where the name is none of NAMES, the page is not whole, or the file is older than the first
    session. The window ends at 00:00 UTC of the day of saving, as that of a fetched page does.
    """
    if file.name not in NAMES:
        raise Unparsable(f"{file.name}: expected one of {', '.join(NAMES)}")
    dataset, asset, path, first = NAMES[file.name]
    body = file.read_bytes()
    try:
        farside.whole_page(Reply(200, {}, body))
    except Retry as cut:
        raise Unparsable(f"{file.name}: {cut.reason}") from None
    saved_at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    if saved_at.date() <= first:
        raise Unparsable(f"{file.name}: saved on {saved_at:%Y-%m-%d}, before its first session was over")
    window = Window(midnight(first), midnight(saved_at.date()))
    url = farside.UPSTREAM.base + path
    return Answer(dataset, asset, window, {"asset": asset}, url, 200, body, saved_at)
