"""A small real HTTP server that stands for the upstreams, and clients that reach it as a mirror.

Also what every source's property test shares: ways to damage a good JSON answer.
"""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import strategies as st

from pipelines.settings import Settings
from pipelines.sources.contract import Answer, Window
from pipelines.sources.http import Client
from pipelines.sources.transport import Attempt, Transport

KEYS = ("COINALYZE_API_KEY", "COINGLASS_API_KEY", "SOSOVALUE_API_KEY", "TARDIS_API_KEY")


@dataclass(frozen=True)
class Asked:
    """One request as the server saw it; `path` starts with the upstream host."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass
class Loopback:
    """`answers[path]` are served in turn, the last one for ever; an unknown path is a 404.

    An answer is (status, headers, body). With a Content-Length of its own in `headers` the body ends
    where it ends and the connection is closed: an answer that breaks off.
    """

    url: str = ""
    answers: dict[str, list[tuple[int, dict[str, str], bytes]]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def serve(self, path: str, *bodies: Any, status: int = 200, **headers: str) -> None:
        """Bodies in turn at one path: bytes and text as they are, anything else as JSON."""
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        for body in bodies:
            raw = (
                body
                if isinstance(body, bytes)
                else (body if isinstance(body, str) else json.dumps(body)).encode()
            )
            self.answers.setdefault(path, []).append((status, told, raw))

    def next_answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        queue = self.answers.get(path)
        if not queue:
            return 404, {}, b"404 page not found"
        return queue.pop(0) if len(queue) > 1 else queue[0]


@pytest.fixture
def upstream() -> Iterator[Loopback]:
    """The server; tests fill `answers` and read `asked`."""
    loopback, lock = Loopback(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with lock:
                headers = {name.lower(): value for name, value in self.headers.items()}
                loopback.asked.append(
                    Asked(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
                )
                status, told, raw = loopback.next_answer(parts.path)
            self.send_response(status)
            for name, value in told.items():
                self.send_header(name, value)
            if "Content-Length" in told:
                self.close_connection = True
            else:
                self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = answer  # noqa: N815  (the names that http.server calls)

        def log_message(self, format: str, *args: Any) -> None:
            """The test's output is the test's."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    loopback.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield loopback
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass
class Attempts:
    """A recorder that keeps what it is given."""

    rows: list[Attempt] = field(default_factory=list)
    bodies: list[bytes | None] = field(default_factory=list)

    def record(self, attempt: Attempt, body: bytes | None) -> None:
        self.rows.append(attempt)
        self.bodies.append(body)

    @property
    def verdicts(self) -> list[str]:
        return [attempt.verdict for attempt in self.rows]

    @property
    def everything(self) -> str:
        """All that was recorded, as one text to look for a secret in."""
        return repr(self.rows) + repr(self.bodies)


@pytest.fixture
def attempts() -> Attempts:
    return Attempts()


@pytest.fixture
def open_client(upstream: Loopback, attempts: Attempts) -> Callable[..., Client]:
    """`open_client(source, dataset, COINALYZE_API_KEY=...)`: a client whose every request goes to `upstream`.

    Waiting is a thousand times shorter than in life, but for what an upstream asks with Retry-After.
    """

    def build(source: str = "nobody", dataset: str = "nobody_nothing", **variables: Any) -> Client:
        told: dict[str, Any] = dict.fromkeys(KEYS)
        told |= {"FLOODMARK_MIRROR": upstream.url, "FLOODMARK_NOW": "2024-12-10T03:00:00Z"}
        told |= {"FLOODMARK_RATE_SCALE": 1000, "FLOODMARK_SAMPLE": False, **variables}
        return Client(Transport(Settings(_env_file=None, **told), attempts), source, dataset)

    return build


# ---- answers and their damage -----------------------------------------------------------------------


@pytest.fixture(scope="session")
def answer_of() -> Callable[..., Answer]:
    """An `Answer` made by hand, for parsers: body as JSON unless bytes, observed 2024-12-10 03:00 UTC."""

    def build(body: Any, context: dict[str, Any], url: str = "https://nowhere.example/") -> Answer:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        window = Window.of_days(date(2020, 1, 1), date(2024, 12, 9))
        observed_at = datetime(2024, 12, 10, 3, tzinfo=UTC)
        return Answer("nobody_nothing", "part", window, context, url, 200, raw, observed_at)

    return build


Path = tuple[Any, ...]
STRANGERS = (None, True, "abc", "", {}, [], {"a": 1}, [[1]], -0.5e300)


def _paths(value: Any, at: Path = ()) -> Iterator[Path]:
    yield at
    if isinstance(value, dict | list):
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _paths(inner, (*at, name))


def _inside(value: Any, path: Path) -> Any:
    for name in path:
        value = value[name]
    return value


@st.composite
def damaged_json(draw: st.DrawFn, good: Any, spare: Callable[[Path], bool] = lambda path: False) -> bytes:
    """`good` with one field dropped, renamed or of another type, rows doubled, or the end cut off.

    `spare(path)` is true for fields whose absence or null the upstream documents as an answer.
    """
    value = copy.deepcopy(good)
    paths = [path for path in _paths(value) if not spare(path)]
    kind = draw(st.sampled_from(("drop", "rename", "alter", "double", "cut")))
    if kind == "cut":
        raw = json.dumps(value).encode()
        return raw[: draw(st.integers(0, len(raw) - 1))]
    if kind in ("drop", "rename"):
        *to, name = draw(st.sampled_from([p for p in paths if p and isinstance(p[-1], str)]))
        taken = _inside(value, tuple(to)).pop(name)
        if kind == "rename":
            _inside(value, tuple(to))[name + draw(st.sampled_from(("_v2", "s", "Usd")))] = taken
    elif kind == "double":
        rows = _inside(
            value, draw(st.sampled_from([p for p in paths if isinstance(_inside(value, p), list)]))
        )
        if rows:
            rows.insert(draw(st.integers(0, len(rows))), copy.deepcopy(draw(st.sampled_from(rows))))
    else:
        path = draw(st.sampled_from(paths))
        now = _inside(value, path)
        other = draw(st.sampled_from([each for each in STRANGERS if type(each) is not type(now)]))
        if not path:
            value = other
        else:
            _inside(value, path[:-1])[path[-1]] = other
    return json.dumps(value).encode()


@pytest.fixture(scope="session")
def damage() -> Callable[..., st.SearchStrategy[bytes]]:
    """The strategy above, for `data.draw(damage(good))`."""
    return damaged_json
