"""Spans of time as journalists write them: "nearly 2 years", "event 519", "2024-11", "cycle bull-2022".

Names of events and cycles come from reference.market_events and reference.market_cycles.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10}
_LENGTH = re.compile(
    r"(?:(?:the|past|last|nearly|almost|about|around|over|more than)\s+)*"
    r"(?P<n>\d+|[a-z]+)?[\s-]*(?P<unit>day|week|month|year)s?"
)
_MONTH, _YEAR = re.compile(r"(\d{4})-(\d{2})"), re.compile(r"\d{4}")
_RANGE = re.compile(r"(\S+)\s+(?:to|until|-|–)\s+(\S+)")
START = date(2009, 1, 3)  # before it there was no market


class SpanError(ValueError):
    """A text that is no span of time; the message says what to write."""


@dataclass(frozen=True)
class Span:
    """Days from `first` to `last`, both included, and how they are called."""

    first: date
    last: date
    name: str

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"


class Calendar:
    """Reads spans; knows the named events and cycles."""

    def __init__(self, events: Sequence[Mapping[str, Any]], cycles: Sequence[Mapping[str, Any]]) -> None:
        self._events = {str(e["event"]).lower(): e for e in events}
        self._cycles = {str(c["cycle"]).lower(): c for c in cycles}
        self._cycles |= {str(c["name"]).lower(): c for c in cycles}

    def event(self, text: str) -> date | None:
        """The day of an event, "event 519" or "519"; None where the text is not of that form."""
        name = text.strip().lower().removeprefix("event ").strip()
        if name in self._events:
            day = self._events[name]["day"]
            assert isinstance(day, date)
            return day
        if text.strip().lower().startswith("event "):
            raise SpanError(f"event {name!r} is unknown; write one of {', '.join(self._events)}, or its date")
        return None

    def day(self, text: str) -> date:
        """One day: a date or an event."""
        found = self.event(text) or _iso(text)
        if not found:
            raise SpanError(f"{text!r} is no day; write a date or event and one of {', '.join(self._events)}")
        return found

    def cycle(self, text: str, made: date) -> Span:
        """A cycle by id or name; an open one ends on the day the claim was made."""
        name = text.strip().lower().removeprefix("cycle ").strip()
        found = self._cycles.get(name)
        if not found:
            ids = ", ".join(str(c["cycle"]) for c in {id(c): c for c in self._cycles.values()}.values())
            raise SpanError(f"cycle {name!r} is unknown; write one of {ids}")
        return Span(found["from_day"], min(found["to_day"] or made, made), found["name"])

    def after(self, text: str, day: date) -> date:
        """The day that "since ..." speaks from; what is compared comes strictly after it."""
        said = text.strip().lower()
        if said in {"ever", "always", "all time", "all-time", "records began"}:
            return START
        if found := self.event(said) or _iso(said):
            return found
        if said.startswith("cycle ") or said in self._cycles:
            return self.cycle(said, day).first - timedelta(days=1)
        if span := _month_or_year(said):
            return span.first - timedelta(days=1)
        if found := _back(said, day):
            return found
        raise SpanError(f"since {text!r} is not understood; write a date, 2 years, event 519, 2021 or ever")

    def period(self, text: str, day: date, made: date) -> Span:
        """A period; "past year" ends on the day before the day of the claim, "last year" is a calendar year."""
        said = text.strip().lower()
        if said in {"last month", "previous month"}:
            said = f"{day.replace(day=1) - timedelta(days=1):%Y-%m}"
        elif said in {"last year", "previous year"}:
            said = f"{day.year - 1}"
        if span := _month_or_year(said):
            return span
        if match := _RANGE.fullmatch(said):
            first, last = _edge(match[1], 0), _edge(match[2], -1)
            if first and last and first <= last:
                return Span(first, last, text)
        if said.startswith("cycle ") or said in self._cycles:
            return self.cycle(said, made)
        if said in {"ever", "all time"}:
            return Span(START, made, "all time")
        if (match := re.fullmatch(r"(?:since|from)\s+(\S+)", said)) and (first := _edge(match[1], 0)):
            return Span(first, made, text)
        if first := _back(said, day):
            return Span(first, day - timedelta(days=1), text)
        raise SpanError(
            f"period {text!r} is not understood; write 2024-11, 2024, a date to a date, past year"
        )


def _edge(text: str, end: int) -> date | None:
    """The first (0) or last (-1) day of a date, a month or a year."""
    if found := _iso(text):
        return found
    span = _month_or_year(text)
    return (span.last if end else span.first) if span else None


def _iso(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _month_or_year(text: str) -> Span | None:
    if match := _MONTH.fullmatch(text):
        year, month = int(match[1]), int(match[2])
        if 1 <= month <= 12:
            return Span(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]), text)
    if _YEAR.fullmatch(text):
        return Span(date(int(text), 1, 1), date(int(text), 12, 31), text)
    return None


def _back(text: str, day: date) -> date | None:
    """The day so many days, weeks, months or years before."""
    match = _LENGTH.fullmatch(text)
    if not match:
        return None
    said = match["n"] or "1"
    count = int(said) if said.isdigit() else _NUMBERS.get(said)
    if count is None:
        return None
    if match["unit"] in {"day", "week"}:
        return day - timedelta(days=count * (7 if match["unit"] == "week" else 1))
    months = day.year * 12 + day.month - 1 - count * (12 if match["unit"] == "year" else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
