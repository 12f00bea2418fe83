"""What the modules of the sample that speak for an upstream share: a question, a reply, their plain forms.

Replies are whole and free of faults; limits, keys and outages are not played here.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

JSON = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Question:
    """A request as an upstream sees it; `path` is decoded."""

    path: str
    params: Mapping[str, str]

    def number(self, name: str, default: int) -> int:
        """A whole number of the query; the default where it is absent or none."""
        text = self.params.get(name, "")
        return int(text) if text.lstrip("-").isdigit() else default


@dataclass(frozen=True)
class Reply:
    """What goes back, body in full."""

    status: int
    body: bytes
    content_type: str = JSON


Upstream = Callable[[Question], Reply]


def as_json(content: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(content, separators=(",", ":")).encode())


def as_text(text: str, status: int = 200, content_type: str = "text/plain; charset=utf-8") -> Reply:
    return Reply(status, text.encode(), content_type)


def zipped(name: str, text: str) -> bytes:
    """One csv in a zip that has the same bytes whenever it is made."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(name, date_time=(2025, 1, 1, 0, 0, 0))
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, text)
    return buffer.getvalue()


def checksum(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def plain(cents: int) -> int | float:
    """Cents as the number of USD that JSON shows: no `.0`."""
    return cents // 100 if cents % 100 == 0 else cents / 100
