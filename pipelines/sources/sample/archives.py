"""SAMPLE archive files: Binance Vision with its listing, and the OKX archive cut at UTC+8.

Zips of generated funding rates (series.py) in the true layouts; not market data.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date
from functools import cache
from xml.sax.saxutils import escape

from pipelines.sources.sample.series import funding
from pipelines.sources.sample.span import (
    FIRST_DAY,
    HOUR_MS,
    draws,
    months,
    next_month,
    unix,
)
from pipelines.sources.sample.venues import OKX_SWAPS
from pipelines.sources.sample.wire import Question, Reply, as_text, checksum, zipped

XML = "application/xml"
BUCKET = "data.binance.vision"


def missing(key: str) -> Reply:
    """What object stores say of a file that is not there."""
    return as_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code>'
        f"<Message>The specified key does not exist.</Message><Key>{escape(key)}</Key></Error>",
        404,
        XML,
    )


# ---- Binance Vision -------------------------------------------------------------------------------

# futures kind and symbol -> asset, margin, first month with a file
SERIES = {
    ("um", "BTCUSDT"): ("BTC", "linear", FIRST_DAY),
    ("um", "ETHUSDT"): ("ETH", "linear", FIRST_DAY),
    ("um", "SOLUSDT"): ("SOL", "linear", date(2020, 10, 1)),
    ("cm", "BTCUSD_PERP"): ("BTC", "inverse", date(2022, 7, 1)),
    ("cm", "ETHUSD_PERP"): ("ETH", "inverse", date(2022, 7, 1)),
}
HEADER_SINCE = date(2021, 1, 1)  # older files begin with their first row
LATEST_JITTER_MS = 14


@cache
def _vision_files() -> dict[str, tuple[str, str, date]]:
    """Key -> (futures kind, symbol, month) of every zip, in the order of a listing."""
    files = {}
    for (kind, symbol), (_, _, first) in SERIES.items():
        for month in months(first):
            name = f"{symbol}-fundingRate-{month:%Y-%m}.zip"
            files[f"data/futures/{kind}/monthly/fundingRate/{symbol}/{name}"] = (kind, symbol, month)
    return dict(sorted(files.items()))


@cache
def _vision_zip(key: str) -> bytes:
    kind, symbol, month = _vision_files()[key]
    asset, margin, first = SERIES[kind, symbol]
    dice = draws(f"jitter {key}")
    start, end = unix(month) * 1000, unix(next_month(month)) * 1000
    lines = ["calc_time,funding_interval_hours,last_funding_rate"] if month >= HEADER_SINCE else []
    lines += [
        f"{at + max(0, dice.randint(-6, LATEST_JITTER_MS))},8,{rate:.8f}"
        for at, rate in funding("binance", asset, margin, first)
        if start <= at < end
    ]
    return zipped(key.rsplit("/", 1)[1].replace(".zip", ".csv"), "\n".join(lines) + "\n")


def _object(key: str) -> bytes | None:
    """A zip or its .CHECKSUM."""
    name = key.removesuffix(".CHECKSUM")
    if name not in _vision_files():
        return None
    body = _vision_zip(name)
    return body if name == key else f"{checksum(body)}  {name.rsplit('/', 1)[1]}\n".encode()


def vision(asked: Question) -> Reply:
    """data.binance.vision: one file."""
    key = asked.path.lstrip("/")
    body = _object(key)
    if body is None:
        return missing(key)
    return Reply(200, body, "application/zip" if key.endswith(".zip") else "binary/octet-stream")


def vision_listing(asked: Question) -> Reply:
    """s3-ap-northeast-1.amazonaws.com: the bucket's listing (version 2), a thousand keys a page."""
    if asked.path.rstrip("/") != f"/{BUCKET}":
        return missing(asked.path.lstrip("/"))
    prefix, delimiter = asked.params.get("prefix", ""), asked.params.get("delimiter", "")
    token = asked.params.get("continuation-token", "")
    after = asked.params.get("start-after", "")
    if re.fullmatch(r"(?:[0-9a-f]{2})+", token):
        after = bytes.fromhex(token).decode()
    size = max(1, min(1000, asked.number("max-keys", 1000)))
    found: dict[str, str] = {}  # what is shown, a key or a common prefix -> its XML
    for name in _vision_files():
        for key in (name, f"{name}.CHECKSUM"):
            if not key.startswith(prefix):
                continue
            folder, cut, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
            shown = prefix + folder + cut if cut else key
            if shown > after and shown not in found:
                found[shown] = (
                    f"<CommonPrefixes><Prefix>{shown}</Prefix></CommonPrefixes>" if cut else _entry(key)
                )
    page = list(found)[:size]
    more = len(found) > size
    follow = f"<NextContinuationToken>{page[-1].encode().hex()}</NextContinuationToken>" if more else ""
    return as_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Name>{BUCKET}</Name><Prefix>{escape(prefix)}</Prefix>{follow}<KeyCount>{len(page)}</KeyCount>"
        f"<MaxKeys>{size}</MaxKeys><IsTruncated>{str(more).lower()}</IsTruncated>"
        f"{''.join(found[name] for name in page)}</ListBucketResult>",
        content_type=XML,
    )


def _entry(key: str) -> str:
    body = _object(key) or b""
    month = _vision_files()[key.removesuffix(".CHECKSUM")][2]
    etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
    return (
        f"<Contents><Key>{key}</Key><LastModified>{next_month(month)}T02:00:00.000Z</LastModified>"
        f"<ETag>&quot;{etag}&quot;</ETag><Size>{len(body)}</Size><StorageClass>STANDARD</StorageClass></Contents>"
    )


# ---- OKX archive ----------------------------------------------------------------------------------

OKX_SINCE = date(2022, 3, 1)
OKX_FILE = re.compile(
    r"/cdn/okex/traderecords/swaprates/monthly/(\d{6})/([A-Z0-9-]+)-fundingrates-(\d{4})-(0[1-9]|1[0-2])\.zip"
)
SHIFT_MS = 8 * HOUR_MS  # a file's days begin at 00:00 UTC+8, that is 16:00 UTC of the day before


def okx_archive(asked: Question) -> Reply:
    """static.okx.com: monthly funding files of one swap."""
    found = OKX_FILE.fullmatch(asked.path)
    if not found or found[1] != found[3] + found[4] or found[2] not in OKX_SWAPS:
        return missing(asked.path.lstrip("/"))
    swap, month = found[2], date(int(found[3]), int(found[4]), 1)
    if month not in months(OKX_SINCE):
        return missing(asked.path.lstrip("/"))
    return Reply(200, _okx_zip(swap, month), "application/zip")


@cache
def _okx_zip(swap: str, month: date) -> bytes:
    asset, margin = OKX_SWAPS[swap]
    start, end = unix(month) * 1000 - SHIFT_MS, unix(next_month(month)) * 1000 - SHIFT_MS
    rows = [
        f"{swap},{rate:.8f},{at}"
        for at, rate in funding("okx", asset, margin, FIRST_DAY)
        if start <= at < end
    ]
    text = "\n".join(["instrument_name,funding_rate,funding_time", *rows]) + "\n"
    return zipped(f"{swap}-fundingrates-{month:%Y-%m}.csv", text)
