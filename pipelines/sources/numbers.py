"""Exact numbers from upstream text: one way to read money, prices, rates and times.

Parsers call these; each raises `Unparsable` where a value is not what the field may hold.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from pipelines.sources.contract import Unparsable

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def exact(value: Any, field: str, places: int) -> Decimal:
    """A finite decimal rounded half-even to `places`; bool, null, text that is no number: Unparsable."""
    if isinstance(value, bool) or value is None:
        raise Unparsable(f"{field}: expected a number, found {value!r}")
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value).strip())
        if not number.is_finite():
            raise InvalidOperation
        return number.quantize(Decimal(1).scaleb(-places))
    except (InvalidOperation, ValueError):
        raise Unparsable(f"{field}: expected a number, found {str(value)[:40]!r}") from None


def money(value: Any, field: str) -> Decimal:
    """USD to four places."""
    return exact(value, field, 4)


def price(value: Any, field: str) -> Decimal:
    """A price, amount of coins or contracts to twelve places."""
    return exact(value, field, 12)


def rate(value: Any, field: str) -> Decimal:
    """A fraction to eighteen places."""
    return exact(value, field, 18)


def whole_number(value: Any, field: str) -> int:
    """An integer, also as text; 1.5, null and words are Unparsable."""
    number = exact(value, field, 6)
    if number != number.to_integral_value():
        raise Unparsable(f"{field}: expected a whole number, found {str(value)[:40]!r}")
    return int(number)


def moment(value: Any, field: str, unit: str) -> datetime:
    """A UTC time from an epoch number in `s`, `ms` or `us`; a magnitude of another unit is Unparsable."""
    number = whole_number(value, field)
    per_second = {"s": 1, "ms": 1_000, "us": 1_000_000}[unit]
    seconds = number / per_second
    if not 1_230_768_000 <= seconds < 4_102_444_800:  # 2009..2100: outside, the unit is another one
        raise Unparsable(f"{field}: {number} is not a time in {unit}")
    return _EPOCH + timedelta(microseconds=number * (1_000_000 // per_second))


def moment_any(value: Any, field: str, units: tuple[str, ...] = ("ms", "us")) -> datetime:
    """A UTC time whose unit the upstream has changed over the years: told by magnitude."""
    for unit in units:
        try:
            return moment(value, field, unit)
        except Unparsable:
            continue
    raise Unparsable(f"{field}: {str(value)[:40]!r} is not a time in any of {', '.join(units)}")


def day_start(value: Any, field: str, unit: str) -> datetime:
    """A bucket start that must be 00:00 UTC."""
    at = moment(value, field, unit)
    if at.time() != datetime.min.time():
        raise Unparsable(f"{field}: {at.isoformat()} is not the start of a UTC day")
    return at


def ended(start: datetime, seconds: int, observed_at: datetime) -> bool:
    """True where the bucket was over when the answer arrived; a forming bucket is never a fact."""
    return start + timedelta(seconds=seconds) <= observed_at


def iso_day(value: Any, field: str) -> date:
    """A date written yyyy-mm-dd."""
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise Unparsable(f"{field}: expected a date, found {str(value)[:40]!r}") from None


def required(row: Any, field: str, where: str) -> Any:
    """A field that must be there; names what was found instead."""
    if not isinstance(row, dict):
        raise Unparsable(f"{where}: expected an object, found {type(row).__name__}")
    if field not in row:
        raise Unparsable(
            f"{where}: field {field!r} is not there; found {', '.join(map(str, list(row)[:12]))}"
        )
    return row[field]
