"""The one HTTP client: a question is asked until its answer is whole, and every attempt is recorded.

Sources say what to ask and when an answer is whole; how it is asked is decided here alone.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import requests
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from pipelines.sources.contract import (
    Answer,
    Incomplete,
    KeyRejected,
    NotPublished,
    RateStopped,
    Refused,
    Retry,
    SourceError,
    Unreachable,
    Window,
)
from pipelines.sources.transport import Attempt, Transport
from pipelines.sources.upstream import Reply, Upstream, retry_after

TIMEOUT_SECONDS = (10, 60)
ATTEMPTS = 8
LONGEST_PAUSE_SECONDS = 120.0  # an upstream that asks for more rests until the next run
FIRST_BACKOFF_SECONDS, LONGEST_BACKOFF_SECONDS = 0.5, 20.0


@dataclass(frozen=True)
class Client:
    """A transport bound to what is being asked for, so that every attempt is recorded in its place."""

    transport: Transport
    source: str
    dataset: str
    part: str = ""
    window: Window | None = None
    window_id: int | None = None
    context: Mapping[str, Any] | None = None

    def bind(
        self, part: str, window: Window | None, window_id: int | None, context: Mapping[str, Any]
    ) -> Client:
        return replace(self, part=part, window=window, window_id=window_id, context=context)

    @property
    def now(self) -> datetime:
        return self.transport.settings.now()

    def get(
        self,
        upstream: Upstream,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        whole: Callable[[Reply], None],
        absent: frozenset[int] | tuple[int, ...] = (),
        cost: int = 1,
        rate_key: str = "",
    ) -> Answer:
        """Ask until the answer is whole. `whole` raises `Retry` for a cut or garbled body and
        `Unparsable` for a format that is not the documented one; a status in `absent` raises
        `NotPublished`. `path` may be an absolute link that an earlier answer gave."""
        url = path if path.startswith("https://") else upstream.base + path
        if params:
            url += ("&" if "?" in url else "?") + urlencode(
                {k: v for k, v in params.items() if v is not None}, safe=",:/"
            )
        return self._ask("GET", upstream, url, None, whole, frozenset(absent), cost, rate_key)

    def listing(
        self,
        upstream: Upstream,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        whole: Callable[[Reply], None],
        rate_key: str = "",
    ) -> Answer:
        """`get` for what several datasets need to know before they ask: one request a run, whose answer,
        or whose failure, all of them share. Never for what a window is made of: that is each dataset's own."""
        address = f"{upstream.base}{path}?{urlencode(params or {})}"
        return self.transport.once(
            address, lambda: self.get(upstream, path, params, whole=whole, rate_key=rate_key)
        )

    def post(
        self,
        upstream: Upstream,
        path: str,
        payload: Mapping[str, Any],
        *,
        whole: Callable[[Reply], None],
        cost: int = 1,
    ) -> Answer:
        """The same for upstreams that want a JSON question; the question is kept in the URL's fragment."""
        body = json.dumps(payload, sort_keys=True)
        return self._ask("POST", upstream, upstream.base + path, body, whole, frozenset(), cost, "")

    # ---- one question, many attempts ----------------------------------------------------------

    def _ask(
        self,
        method: str,
        upstream: Upstream,
        url: str,
        payload: str | None,
        whole: Callable[[Reply], None],
        absent: frozenset[int],
        cost: int,
        rate_key: str,
    ) -> Answer:
        retrying = Retrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=self._backoff,
            retry=retry_if_exception_type(Retry),
            sleep=self.transport.pause,
            reraise=True,
        )
        try:
            return retrying(self._attempt, method, upstream, url, payload, whole, absent, cost, rate_key)
        except Retry as last:
            reason = f"gave up after {ATTEMPTS} attempts: {last.reason}"
            error = Unreachable if last.reason.startswith("no connection") else Incomplete
            raise error(self.transport.redact(reason)) from None

    def _backoff(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        wished = error.after_seconds if isinstance(error, Retry) else None
        scale = max(self.transport.settings.rate_scale, 1.0)
        if wished is not None:
            if wished > LONGEST_PAUSE_SECONDS:
                raise RateStopped(
                    f"the upstream asks for a pause of {wished:.0f} s: it rests until the next run"
                )
            return float(wished + 0.05)
        longest = min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2 ** (state.attempt_number - 1))
        return float(random.uniform(longest / 2, longest) / scale)

    def _attempt(
        self,
        method: str,
        upstream: Upstream,
        url: str,
        payload: str | None,
        whole: Callable[[Reply], None],
        absent: frozenset[int],
        cost: int,
        rate_key: str,
    ) -> Answer:
        self.transport.wait_for_turn(upstream, rate_key, cost)
        shown = self.transport.redact(url if payload is None else f"{url}#{payload}")
        started = time.monotonic()
        reply: Reply | None = None
        try:
            reply = self._send(method, upstream, url, payload)
            self._judge(upstream, reply, whole, absent)
        except (Retry, SourceError) as error:
            if isinstance(error, SourceError):
                error.reason = self.transport.redact(error.reason)
                error.args = (error.reason,)
            self._record(method, shown, reply, started, _word(error), error.reason, None)
            raise
        observed_at = self._record(method, shown, reply, started, "ok", None, reply.body)
        return Answer(
            self.dataset,
            self.part,
            self.window or _ALWAYS,
            self.context or {},
            shown,
            reply.status,
            reply.body,
            observed_at,
        )

    def _send(self, method: str, upstream: Upstream, url: str, payload: str | None) -> Reply:
        settings = self.transport.settings
        headers = dict(upstream.headers or {})
        if upstream.key_variable and upstream.key_header and (key := settings.key(upstream.key_variable)):
            headers[upstream.key_header] = upstream.key_prefix + key
        if payload is not None:
            headers["Content-Type"] = "application/json"
        try:
            response = self.transport.session().request(
                method,
                self.transport.address(url),
                headers=headers,
                data=payload,
                timeout=TIMEOUT_SECONDS,
                allow_redirects=settings.mirror is None,
            )
        except requests.Timeout:
            raise Retry("no answer in time") from None
        except requests.ConnectionError as error:  # before the answer began, but for a silence inside it
            if "Read timed out" in str(error):
                raise Retry("the answer stopped halfway") from None
            raise Retry(f"no connection ({_short(error)})") from None
        except requests.RequestException as error:
            raise Retry(f"the answer broke off ({_short(error)})") from None
        # redacted before anything reads it: an excerpt may end in the middle of an echoed key
        return Reply(response.status_code, response.headers, self.transport.redact_bytes(response.content))

    def _judge(
        self, upstream: Upstream, reply: Reply, whole: Callable[[Reply], None], absent: frozenset[int]
    ) -> None:
        """Raise unless the answer stands: the upstream's own words first, then its status."""
        if upstream.refusal:
            upstream.refusal(reply)
        status = reply.status
        if status in absent:
            raise NotPublished(f"HTTP {status}: the upstream has no such file or series")
        if 200 <= status < 300:
            whole(reply)
            return
        if status in (429, 503):
            raise Retry(f"HTTP {status}: asked to slow down", retry_after(reply))
        if status >= 500 or status == 408:
            raise Retry(f"HTTP {status}: {reply.excerpt()}")
        if status == 418:
            raise RateStopped(
                "HTTP 418: this address is banned for a while; the source rests until the next run"
            )
        if status == 401:
            raise KeyRejected(f"HTTP 401: {reply.excerpt()}")
        if status in (403, 451):
            raise Unreachable(f"HTTP {status}: refused for this route ({reply.excerpt(80)})")
        raise Refused(f"HTTP {status}: {reply.excerpt()}")

    def _record(
        self,
        method: str,
        url: str,
        reply: Reply | None,
        started: float,
        verdict: str,
        error: str | None,
        body: bytes | None,
    ) -> datetime:
        observed_at = self.now
        attempt = Attempt(
            dataset=self.dataset,
            source=self.source,
            part=self.part,
            window=self.window,
            window_id=self.window_id,
            method=method,
            url=url,
            status=reply.status if reply else None,
            observed_at=observed_at,
            elapsed_ms=int((time.monotonic() - started) * 1000),
            bytes=len(reply.body) if reply else 0,
            verdict=verdict,
            error=self.transport.redact(error) if error else None,
            context=self.context or {},
        )
        self.transport.recorder.record(attempt, body)
        return observed_at


_ALWAYS = Window(
    datetime.fromisoformat("1970-01-01T00:00:00+00:00"), datetime.fromisoformat("2970-01-01T00:00:00+00:00")
)


def _word(error: Exception) -> str:
    return "retry" if isinstance(error, Retry) else str(getattr(error, "verdict", "failed"))


def _short(error: Exception) -> str:
    cause: BaseException = error
    while cause.__cause__ or cause.__context__:
        cause = cause.__cause__ or cause.__context__  # type: ignore[assignment]
    return type(cause).__name__
