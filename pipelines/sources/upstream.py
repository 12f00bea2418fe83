"""An upstream host as a neighbour, and one reply of it: whole or not, and what its words mean."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from pipelines.sources.contract import Retry


@dataclass(frozen=True)
class Reply:
    """One HTTP answer whose body was read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def json(self) -> Any:
        """The body as JSON, numbers exact (Decimal); raises `Retry` where it does not parse."""
        return parse_json(self.body)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def excerpt(self, length: int = 160) -> str:
        return " ".join(self.text[: length * 2].split())[:length]


def parse_json(body: bytes) -> Any:
    """Parse a whole JSON body with exact decimals; `Retry` where it is cut or not JSON."""
    if not body.strip():
        raise Retry("an empty body where JSON was expected")
    try:
        return json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise Retry(f"the body is not whole JSON ({error})") from None


@dataclass(frozen=True)
class Upstream:
    """One upstream host as a neighbour: address, limits, headers, key, and its own refusals.

    `rates` are (calls, seconds); several hold at once. `refusal` may read any answer that is not
    2xx, or 2xx with an error inside, and raise `Retry` or a `SourceError`; what it lets pass is
    judged by its status.
    """

    base: str  # https://host
    rates: tuple[tuple[int, float], ...] = ()
    key_variable: str | None = None
    key_header: str | None = None
    key_prefix: str = ""
    headers: Mapping[str, str] | None = None
    refusal: Callable[[Reply], None] | None = None


def whole_json(reply: Reply) -> None:
    """The completeness test that most sources share: the body closes as JSON."""
    reply.json  # noqa: B018  (parsing is the test)


def retry_after(reply: Reply) -> float | None:
    """Retry-After in seconds; some upstreams send a fraction, none a date."""
    try:
        return max(0.0, float(reply.headers.get("Retry-After", "")))
    except ValueError:
        return None
