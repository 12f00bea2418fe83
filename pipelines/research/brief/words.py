"""How figures read, and the sentences of a brief: every number in one is a figure, every word true.

A sentence is said only where its figures are known; a floor says "at least", a break in collection is named.
"""

from __future__ import annotations

import string
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pipelines.research.brief.figures import Figure, Result

UNKNOWN = "–"
_MONEY = ((Decimal(10) ** 9, " bn", 3), (Decimal(10) ** 6, " m", 1), (Decimal(10) ** 3, " k", 1))


@dataclass(frozen=True)
class Sentence:
    """Words with figures in between, in the form of str.format: "rank {rank} of {ranked_days}"."""

    text: str
    figures: dict[str, Figure]

    def parts(self) -> Iterator[str | Figure]:
        for words, name, _, _ in string.Formatter().parse(self.text):
            if words:
                yield words
            if name:
                yield self.figures[name]

    def __str__(self) -> str:
        return "".join(p if isinstance(p, str) else shown(p.value, p.unit) for p in self.parts())


def shown(value: Any, unit: str) -> str:
    """A value as a person reads it; what is not known is a dash, never a zero."""
    if value is None:
        return UNKNOWN
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    if isinstance(value, date | str):
        return str(value)
    number = Decimal(str(value))
    sign, size = "−" if number < 0 else "", abs(number)
    match unit:
        case "usd":
            return f"{sign}{_money(size)}"
        case "usd_per_coin":
            return f"{sign}${_digits(size)}"
        case "fraction":
            percent = size * 100
            return f"{sign}{percent:.{1 if percent >= 1 or not percent else 4}f} %"
        case "percent":
            return f"{sign}{size:.2f} %"
        case "times":
            return f"{sign}{size:.1f} ×"
        case "rank":
            return f"{size:f}"
        case "count":
            return f"{sign}{size:,}"
        case "vol_points" | "number":
            return f"{sign}{size:.1f}"
        case _:
            return f"{sign}{_digits(size)}"


def _money(size: Decimal) -> str:
    for step, name, places in _MONEY:
        if size >= step:
            return f"${size / step:,.{places}f}{name}"
    return f"${size:,.2f}" if size >= Decimal("0.01") or not size else f"${size:.4f}"


def _digits(size: Decimal) -> str:
    """Six significant digits at most below a thousand, cents above."""
    if size >= 1000:
        return f"{size:,.2f}"
    text = f"{size:.6g}"
    return text if "e" not in text.lower() else f"{Decimal(text):f}"


def headline(day: Result, asked: Figure) -> Sentence:
    """What the day was, in one line; `asked` is the day itself."""
    row = day.rows[0] if day else None
    if row is None:
        why = "left out for their licence" if day.withheld else "not known here"
        return Sentence(f"Liquidations of {{day}} are {why}", {"day": asked})
    floor = "" if row["bound"] == "exact" else "At least "
    text = floor + "{total_usd} of liquidations on {day}"
    if row["rank"] == 1:
        text += ", the largest day on record here"
    elif row["rank"] is not None and _crosses_break(row):
        if row["comparable_since"] < row["day"]:
            text += ", the largest since collection last changed ({comparable_since})"
    elif row["rank"] is not None and row["previous_larger_day"] is None:
        text += ", the largest since coverage began on {first_day}"
    elif row["rank"] is not None and row["days_since_previous_larger"] > 1:
        text += ", the largest since {previous_larger_day}"
    return _sentence(day, text)


def standing(day: Result) -> list[Sentence]:
    """Rank, "largest since" with its qualifiers, and what the comparison is worth."""
    if not day:
        return []
    row = day.rows[0]
    said = [
        "Longs lost {long_usd} of it ({long_share}), shorts {short_usd}.",
        "That is counted among {assets} assets on {venues} venues ({venue_names}), coverage {coverage}.",
    ]
    if row["rank"] is None:
        said += ["The day is not complete, so the total is a floor and has no rank."]
        return [_sentence(day, text) for text in said]
    said += [_since(row)]
    said += [
        "Among the {ranked_days} complete days from {first_day} to {last_day} it has rank {rank}; "
        "{percentile} of the others were smaller."
    ]
    if row["ratio_to_30d_median"] is not None:
        said += ["It is {ratio_to_30d_median} the median of the 30 days before."]
    said += [
        "A larger day came after it, on {next_larger_day}."
        if row["next_larger_day"]
        else "No larger day has come after it, up to {last_day}."
    ]
    return [_sentence(day, text) for text in said]


def _since(row: Any) -> str:
    before, alike = row["previous_larger_day"], row["comparable_since"]
    if before is None:
        text = "No earlier day since coverage began on {first_day} was larger here"
    else:
        text = (
            "The last larger day here was {previous_larger_day} with {previous_larger_usd}, "
            "{days_since_previous_larger} days earlier"
        )
        if (row["previous_assets"], row["previous_venues"]) != (row["assets"], row["venues"]):
            text += ", then among {previous_assets} assets on {previous_venues} venues"
    if row["gap_days"]:
        text += "; {gap_days} days in between are not complete and could have been larger"
    crossed = _crosses_break(row)
    if crossed and row["day"] < alike:
        # the break is known only roughly, and the day itself may lie on either side of it
        text += "; around then a venue changed what it publishes (until {comparable_since}), so the two may not compare"
    elif crossed:
        text += "; days before {comparable_since} were collected in another way, so that comparison crosses a break"
    elif alike is not None:
        text += "; days since {comparable_since} were collected as this one was"
    return text + "."


def _crosses_break(row: Any) -> bool:
    """Whether the last larger day, or where coverage began, was not collected as this day was."""
    alike, before = row["comparable_since"], row["previous_larger_day"] or row["first_day"]
    return alike is not None and alike > before


def published(totals: Result, standing: Result) -> list[Sentence]:
    """What others published of the whole market, each reading named; false ones are called so."""
    said = []
    true = [r for r in totals.rows if r["confidence"] != "X"]
    if true:
        pieces: list[str] = []
        figures: dict[str, Figure] = {}
        for n, row in enumerate(true):
            bound = {">=": "at least ", "~": "nearly "}.get(row["bound"], "")
            pieces.append(f"{bound}{{total{n}}} ({{publisher{n}}}; {{universe{n}}}, {{clock{n}}})")
            figures |= {
                f"total{n}": totals.figure(row, "total_usd"),
                f"publisher{n}": totals.figure(row, "publisher"),
                f"universe{n}": totals.figure(row, "universe"),
                f"clock{n}": totals.figure(row, "clock"),
            }
        said.append(
            Sentence(f"Published totals, of another universe and never merged: {'; '.join(pieces)}.", figures)
        )
    for row in standing.rows:
        if row["basis"] == "published" and row["scope_kind"] == "overall" and row["venue_set"] == "all":
            said += _among_published(standing, row)
    for row in totals.rows:
        if row["confidence"] == "X":
            figures = {c: totals.figure(row, c) for c in ("total_usd", "publisher", "note")}
            said.append(
                Sentence("Also printed and known to be false: {total_usd} ({publisher}; {note}).", figures)
            )
    return said


def _among_published(standing: Result, row: Any) -> list[Sentence]:
    """The place among published days, which are those that somebody wrote about."""
    if row["rank"] is None or row["side"] != "total" or row["ranked_days"] < 2:
        return []
    text = (
        "Among the {ranked_days} days with a published total ({clock_name}, a selection) it has rank {rank}"
    )
    if row["since_day"]:
        text += "; the last larger one was {since_day}, and {gap_days} days in between have none"
    columns = ("ranked_days", "clock_name", "rank", "since_day", "gap_days")
    return [Sentence(text + ".", {c: standing.figure(row, c) for c in columns})]


def largest_part(parts: Result, name: str) -> list[Sentence]:
    """Which venue or asset made most of it."""
    if len(parts.rows) < 2 or parts.rows[0]["share"] is None:
        return []
    row = parts.rows[0]
    figures = {c: parts.figure(row, c) for c in (name, "total_usd", "share", "long_share")}
    group = "the group " if "+" in str(row[name]) else ""
    text = (
        f"Most was liquidated on {group}{{{name}}}"
        if name == "venue_name"
        else f"Most was liquidated in {{{name}}}"
    )
    text += ": {total_usd}, {share} of the day"
    if row["long_share"] is not None:
        text += "; {long_share} of it were longs"
    return [Sentence(text + ".", figures)]


def largest_order(orders: Result) -> list[Sentence]:
    """The largest single order of the venues whose orders are known."""
    if not orders:
        return []
    row = orders.rows[0]
    text = "The largest order that is known here is {largest_order_usd}, a {side} position in {asset} on {venue}."
    return [
        Sentence(text, {c: orders.figure(row, c) for c in ("largest_order_usd", "side", "asset", "venue")})
    ]


def names(events: Result) -> tuple[Sentence, ...]:
    """What the day, or the day beside it, is known as."""
    return tuple(
        Sentence("{name} ({day})", {c: events.figure(row, c) for c in ("name", "day")}) for row in events.rows
    )


def price(prices: Result, asset: str, name: str) -> list[Sentence]:
    """Open, range and close of one asset."""
    row = next((r for r in prices.rows if r["asset"] == asset), None)
    if row is None:
        return []
    text = f"{name} opened at {{open_usd}}, traded between {{low_usd}} and {{high_usd}} ({{high_low}} from high to low) and closed at {{close_usd}}"
    if row["day_return"] is not None:
        text += ", {day_return} against the close before"
    columns = ("open_usd", "low_usd", "high_usd", "high_low", "close_usd", "day_return")
    return [Sentence(text + ".", {c: prices.figure(row, c) for c in columns})]


def funding(rates: Result, asset: str, name: str) -> list[Sentence]:
    """The rate of one venue, named, in three units: the first venue with a whole day."""
    row = next((r for r in rates.rows if r["asset"] == asset and r["rate_8h"] is not None), None)
    if row is None:
        return []
    columns = ("venue_name", "rate_8h", "rate_month", "apr")
    payer = "longs paid shorts" if row["rate_8h"] > 0 else "shorts paid longs"
    text = f"{name} on {{venue_name}}: {{rate_8h}} per 8 hours, which is {{rate_month}} per month or {{apr}} per year; {payer}."
    return [Sentence(text, {c: rates.figure(row, c) for c in columns})]


def flows(totals: Result, day: date, asset: str, name: str) -> list[Sentence]:
    """The session of the same date; a session without a total says why."""
    row = next((r for r in totals.rows if r["asset"] == asset and r["session_date"] == day), None)
    if row is None:
        return []
    figures = {c: totals.figure(row, c) for c in ("total_usd", "session_date", "coverage", "funds_reported")}
    if row["total_usd"] is None:
        return [
            Sentence(
                f"US spot {name} funds, New York session {{session_date}}: {{coverage}}, no total.", figures
            )
        ]
    text = f"US spot {name} funds had a net flow of {{total_usd}} in the New York session {{session_date}} ({{coverage}})."
    return [Sentence(text, figures)]


def volume(chains: Result) -> list[Sentence]:
    """What decentralised exchanges traded over all chains."""
    row = next((r for r in chains.rows if r["chain"] == "all" and r["volume_usd"] is not None), None)
    if row is None:
        return []
    text = "Decentralised exchanges traded {volume_usd} on the day over all chains"
    if row["trailing_7d_usd"] is not None:
        text += ", {trailing_7d_usd} in seven days"
        if row["week_change"] is not None:
            text += " ({week_change} against the seven before)"
    return [Sentence(text + ".", {c: chains.figure(row, c) for c in chains.query.shown})]


def _sentence(result: Result, text: str) -> Sentence:
    names = [name for _, name, _, _ in string.Formatter().parse(text) if name]
    figures = {}
    for name in names:
        figure = result.first(name)
        assert figure is not None
        figures[name] = figure
    return Sentence(text, figures)
