"""What the tests of the context sources share: a damaged answer, and an upstream that fails in passing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import polars as pl
import pytest
from hypothesis import strategies as st

from pipelines.sources.contract import Answer, Retry, SourceError, Unreachable
from pipelines.sources.upstream import Reply
from pipelines.storage.contracts import KINDS


def assert_same_or_named(
    body: bytes,
    whole: Callable[[Reply], None],
    parse: Callable[[Answer], pl.DataFrame],
    answer: Callable[[bytes], Answer],
    good: pl.DataFrame,
) -> None:
    """The damage has a name, or it changed nothing."""
    try:
        whole(Reply(200, {}, body))
        found = parse(answer(body))
    except (SourceError, Retry) as error:
        assert error.reason
    else:
        assert found.sort(found.columns).equals(good.sort(good.columns))


def without_tags(page: str, most: int = 4) -> st.SearchStrategy[str]:
    """A web page that lost a few tags and what stands between them; a row that is gone with all its cells
    leaves no trace, so none is."""
    tags = [at for at, letter in enumerate(page) if letter == "<"] + [len(page)]
    lost = [
        (start, end)
        for n, start in enumerate(tags)
        for end in tags[n + 1 : n + 1 + most]
        if "tr>" not in page[start:end]
    ]
    return st.sampled_from(lost).map(lambda cut: page[: cut[0]] + page[cut[1] :])


def assert_fits(kind: str, frame: pl.DataFrame, key: tuple[str, ...]) -> None:
    """Columns, key and rules of the contract."""
    assert frame.schema == KINDS[kind].columns and KINDS[kind].key == key
    KINDS[kind].schema.validate(frame)
    assert frame.height


def assert_outlives_faults(
    upstream: Any, attempts: Any, path: str, good: bytes, ask: Callable[[], Iterable[Answer]]
) -> None:
    """Cut, garbled, empty, limited and broken answers are asked again; a refused route is not."""
    upstream.answers[path] = [
        (200, {}, good[: len(good) * 2 // 3]),
        (200, {}, b"<html><body>Something went wrong</body></html>"),
        (200, {}, b""),
        (429, {"Retry-After": "0.05"}, b"{}"),
        (502, {}, b"bad gateway"),
        (200, {}, good),
    ]
    before = len(attempts.rows)
    assert [answer.body for answer in ask()][-1] == good
    assert attempts.verdicts[before:] == ["retry"] * 5 + ["ok"]
    for status in (403, 451):
        upstream.answers[path] = [(status, {}, b"not from here")]
        before = len(attempts.rows)
        with pytest.raises(Unreachable, match=str(status)):
            list(ask())
        assert attempts.verdicts[before:] == ["unreachable"]
