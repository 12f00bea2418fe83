"""What all clients of one run share: sessions, limiters, lists, the mirror, secrets, the record of attempts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar, cast
from urllib.parse import urlsplit

import requests
from pyrate_limiter import Limiter, Rate

from pipelines.settings import Settings
from pipelines.sources.contract import RateStopped, Window
from pipelines.sources.upstream import Upstream

USER_AGENT = "Mozilla/5.0 (compatible; Floodmark/0.1; self-hosted market data warehouse)"
SECRET_MARK = "[secret]"
T = TypeVar("T")


@dataclass(frozen=True)
class Attempt:
    """What the ledger keeps of one request, answered or not; never a secret."""

    dataset: str
    source: str
    part: str
    window: Window | None
    window_id: int | None
    method: str
    url: str
    status: int | None
    observed_at: datetime
    elapsed_ms: int
    bytes: int
    verdict: str  # ok | absent | retry | refused | unreachable | key_rejected | failed
    error: str | None
    context: Mapping[str, Any]


class Recorder(Protocol):
    """Where attempts go; `body` is given for answers that stand, and is landed."""

    def record(self, attempt: Attempt, body: bytes | None) -> None: ...


class Transport:
    """What all clients of one run share: sessions, limiters, settings, the recorder, the stop flag."""

    def __init__(self, settings: Settings, recorder: Recorder) -> None:
        self.settings = settings
        self.recorder = recorder
        self.stopped = threading.Event()
        self._local = threading.local()
        self._limiters: dict[str, Limiter] = {}
        self._once: dict[str, Future[Any]] = {}
        self._lock = threading.Lock()

    def session(self) -> requests.Session:
        """One session per thread: requests does not promise that threads may share one."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"})
            if self.settings.sample:
                from pipelines.sources.sample import SampleAdapter

                session.mount("https://", SampleAdapter())
            self._local.session = session
        return session

    def wait_for_turn(self, upstream: Upstream, rate_key: str, cost: int) -> None:
        """Block until the upstream's own limits allow `cost` more calls."""
        scale = self.settings.rate_scale
        if not upstream.rates or scale == 0 or self.settings.sample:
            return
        name = f"{upstream.base} {rate_key}"
        with self._lock:
            limiter = self._limiters.get(name)
            if limiter is None:
                # a little wider than the upstream's window: its clock and ours are not one
                rates = [
                    Rate(calls, max(1, int(seconds * 1030 / scale) + 20)) for calls, seconds in upstream.rates
                ]
                limiter = self._limiters[name] = Limiter(rates)
        limiter.try_acquire(name, cost)

    def once(self, name: str, work: Callable[[], T]) -> T:
        """What `work` gives or raises, done once a run under this name; whoever else comes waits for it."""
        with self._lock:
            is_first = name not in self._once
            shared = self._once.setdefault(name, Future())
        if is_first:
            try:
                shared.set_result(work())
            except BaseException as error:
                shared.set_exception(error)
        return cast(T, shared.result())

    def pause(self, seconds: float) -> None:
        if self.stopped.wait(seconds):
            raise RateStopped("the run was stopped")

    def address(self, url: str) -> str:
        """Where a request for an upstream address really goes."""
        if not self.settings.mirror:
            return url
        parts = urlsplit(url)
        return f"{self.settings.mirror}/{parts.netloc}{parts.path}" + (
            f"?{parts.query}" if parts.query else ""
        )

    def redact(self, text: str) -> str:
        for secret in self.settings.secrets:
            text = text.replace(secret, SECRET_MARK)
        return text

    def redact_bytes(self, body: bytes) -> bytes:
        for secret in self.settings.secrets:
            body = body.replace(secret.encode(), SECRET_MARK.encode())
        return body
