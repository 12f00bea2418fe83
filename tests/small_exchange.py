"""A small exchange: a real HTTP server on loopback, and datasets that ask it through FLOODMARK_MIRROR.

What an exchange says is in `books`; what goes wrong with it is in `troubles`.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import polars as pl

from pipelines.sources.contract import Answer, Cut, Dataset, Part, Window, midnight
from pipelines.sources.frames import frame
from pipelines.sources.http import Client
from pipelines.sources.upstream import Upstream, parse_json, whole_json

DAY = 86_400
KEY = ("venue", "market", "asset", "bucket_start", "bucket_seconds")
Book = dict[date, tuple[str, str]]  # UTC day -> (long_usd, short_usd)
Reply = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True)
class Question:
    """One request as the exchange saw it."""

    host: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]

    @property
    def days(self) -> tuple[str, str]:
        return self.query["from"], self.query["to"]


@dataclass
class Exchange:
    """`books[host][market]` is served; `troubles[host]` may answer in its place, or be slow."""

    url: str = ""
    books: dict[str, dict[str, Book]] = field(default_factory=dict)
    troubles: dict[str, Callable[[Question], Reply | None]] = field(default_factory=dict)
    asked: list[Question] = field(default_factory=list)

    def host(self, name: str) -> dict[str, Book]:
        return self.books.setdefault(f"{name}.example", {})

    def asked_of(self, name: str) -> list[Question]:
        return [q for q in self.asked if q.host == f"{name}.example"]

    def answer(self, q: Question) -> Reply:
        self.asked.append(q)
        trouble = self.troubles.get(q.host)
        if trouble and (reply := trouble(q)):
            return reply
        book = self.books.get(q.host, {}).get(q.query.get("market", ""))
        if book is None:
            return 404, {}, b'{"error": "no such market"}'
        first, last = (date.fromisoformat(d) for d in q.days)
        rows = [[str(d), *book[d]] for d in sorted(book) if first <= d <= last]
        return 200, {}, json.dumps(rows).encode()


@contextmanager
def open_exchange() -> Iterator[Exchange]:
    """The exchange, listening until the block ends."""
    exchange = Exchange()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            _, host, path = parts.path.split("/", 2)
            headers = {k.lower(): v for k, v in self.headers.items()}
            question = Question(host, path, dict(parse_qsl(parts.query)), headers)
            status, told, body = exchange.answer(question)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **told}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """The test's output is the test's."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    exchange.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield exchange
    finally:
        server.shutdown()
        server.server_close()


def slow(seconds: float, after: int = 0) -> Callable[[Question], None]:
    """A trouble: every answer but the first `after` takes so long."""
    seen = iter(range(10**9))

    def wait(question: Question) -> None:
        if next(seen) >= after:
            time.sleep(seconds)

    return wait


def book(first: date, days: int, start: int = 100) -> Book:
    """So many days with figures of their own, to the last of four places."""
    return {
        first + timedelta(days=n): (f"{start + n}.{n % 10000:04d}", f"{start + 2 * n}.5000")
        for n in range(days)
    }


def parse(answer: Answer) -> pl.DataFrame:
    """[[day, long, short], ...] as rows of liquidation_buckets."""
    asset = answer.context["asset"]
    rows = [
        ("small", answer.part, asset, midnight(date.fromisoformat(d)), DAY, Decimal(long), Decimal(short))
        for d, long, short in parse_json(answer.body)
    ]
    return frame("liquidation_buckets", rows, KEY)


def dataset(name: str = "small", **changes: Any) -> Dataset:
    """A dataset of daily liquidations at https://<name>.example, by default in windows of ten days.

    One part per asset that is asked for. `key` names the variable whose value goes into X-Key.
    """
    key = changes.get("key")
    upstream = Upstream(base=f"https://{name}.example", key_variable=key, key_header="X-Key" if key else None)

    def parts(client: Client, assets: Sequence[str]) -> list[Part]:
        return [Part(a, (a,), {"asset": a}) for a in assets]

    def fetch(client: Client, part: Part, window: Window) -> Iterator[Answer]:
        asked = {"market": part.name, "from": str(window.first_day), "to": str(window.last_day)}
        absent = (404,) if changes.get("cut") in (Cut.DAY, Cut.MONTH) else ()
        yield client.get(upstream, "/liquidations", asked, whole=whole_json, absent=absent)

    told: dict[str, Any] = {
        "name": f"{name}_liquidations",
        "source": name,
        "kind": "liquidation_buckets",
        "title": "Liquidations of a small exchange",
        "earliest": date(2024, 1, 1),
        "cut": Cut.DAYS,
        "days_per_window": 10,
        "parts": parts,
        "fetch": fetch,
        "parse": parse,
    }
    return Dataset(**(told | changes))


# ---- a small sql/ ------------------------------------------------------------------------------------

SMALL_SQL = {
    "reference/universe": """\
-- description: The assets of the small exchange.
-- grain: asset
-- column: asset | text | Asset
select 'BTC' as asset
""",
    "facts/liquidations_daily": """\
-- description: One row per UTC day, venue and asset.
-- grain: day, venue, asset
-- column: day | date | UTC day
-- column: venue | text | Venue
-- column: asset | text | Asset
-- column: source | text | Source
-- column: amount_usd | usd | Liquidated notional
-- assert: amount_is_small | amount_usd < 1e9
with in_force as (
    select *
    from raw.liquidation_buckets
    qualify row_number() over (
        partition by dataset, venue, market, asset, bucket_start, bucket_seconds order by vintage desc
    ) = 1
)
select
    (bucket_start at time zone 'UTC')::date as day,
    venue,
    asset,
    min(source) as source,
    sum(long_usd + short_usd) as amount_usd
from in_force
where not retracted
group by day, venue, asset
""",
    "facts/liquidation_totals_daily": """\
-- description: One row per UTC day.
-- grain: day
-- column: day | date | UTC day
-- column: total_usd | usd | Liquidated notional
select day, sum(amount_usd) as total_usd
from facts.liquidations_daily
group by day
""",
    "rankings/largest_liquidation_days": """\
-- description: The days by size.
-- grain: rank
-- column: rank | rank | 1 is the largest
-- column: day | date | UTC day
-- column: total_usd | usd | Liquidated notional
select row_number() over (order by total_usd desc, day) as rank, day, total_usd
from facts.liquidation_totals_daily
""",
}


def write_sql(root: Path) -> Path:
    """The small sql/ below `root`; true models, few of them."""
    for name, text in SMALL_SQL.items():
        path = root / f"{name}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def install(patch: Callable[[Any, str, Any], None], sql: Path, datasets: Sequence[Dataset]) -> None:
    """Make `datasets` the registry and `sql` the models, by `patch(object, name, value)`."""
    from pipelines.models.contract import load_models
    from pipelines.runs import build
    from pipelines.sources import registry

    named, models = {d.name: d for d in datasets}, load_models(sql)
    patch(registry, "datasets", lambda: named)
    patch(registry, "ON_REQUEST", frozenset())
    patch(build, "models", lambda: models)
    patch(build, "macros", dict)
