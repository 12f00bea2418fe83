"""What stands in a body: JSON, or a zip that holds one csv; completeness tests and readers for both.

Completeness tests raise `Retry`; readers are for `parse` and raise `Unparsable`.
"""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pipelines.sources.contract import Answer, Retry, Unparsable
from pipelines.sources.upstream import Reply, parse_json


def json_of(answer: Answer) -> Any:
    """The body as JSON with exact numbers; `Unparsable` where it is not JSON."""
    try:
        return parse_json(answer.body)
    except Retry as error:
        raise Unparsable(error.reason) from None


def whole_list(reply: Reply) -> None:
    """The body closes as JSON and is a list, even an empty one."""
    if not isinstance(reply.json, list):
        raise Retry(f"expected a list, found {type(reply.json).__name__}: {reply.excerpt(80)}")


def whole_zip(sha256: str | None = None) -> Callable[[Reply], None]:
    """A test that the body is a sound zip of one csv, with this checksum where one is published."""

    def whole(reply: Reply) -> None:
        if sha256 is not None and (found := hashlib.sha256(reply.body).hexdigest()) != sha256:
            raise Retry(f"the zip does not match its checksum: expected {sha256[:12]}, found {found[:12]}")
        _member(reply.body)

    return whole


def csv_of(answer: Answer, prefix: str) -> list[list[str]]:
    """The lines of the one csv of a zip, header included; its name must begin with `prefix`."""
    try:
        name, content = _member(answer.body)
    except Retry as error:
        raise Unparsable(error.reason) from None
    if not name.startswith(prefix):
        raise Unparsable(f"the zip holds {name!r}, which is not of {prefix!r}")
    try:
        text = content.decode("utf-8-sig")
        return [line for line in csv.reader(io.StringIO(text, newline=""), strict=True) if line]
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unparsable(f"{name}: not a csv in UTF-8 ({error})") from None


def records(
    lines: Sequence[Sequence[str]], needed: Sequence[str], order: Sequence[str] | None = None
) -> Iterator[dict[str, str]]:
    """Csv lines by field name. Where the header is absent, `order` is the documented one, if any."""
    if not lines:
        return
    names, body = [name.strip() for name in lines[0]], lines[1:]
    if order is not None and not names[0][:1].isalpha():
        names, body = list(order), lines
    for field in needed:
        if names.count(field) != 1:
            raise Unparsable(f"csv: field {field!r} is not there once; found {', '.join(names[:12])[:120]}")
    for number, line in enumerate(body, start=1):
        if len(line) != len(names):
            raise Unparsable(f"csv: row {number} has {len(line)} fields, expected {len(names)}")
        yield dict(zip(names, line, strict=True))


def _member(body: bytes) -> tuple[str, bytes]:
    """Name and content of the one csv; `zipfile` tests the content's own checksum while it reads."""
    if not body:
        raise Retry("an empty body where a zip was expected")
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = archive.namelist()
            if len(names) != 1 or not names[0].endswith(".csv"):
                raise Retry(f"a zip of one csv was expected, found {names[:3]}")
            return names[0], archive.read(names[0])
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise Retry(f"the body is not a whole zip ({error})") from None
