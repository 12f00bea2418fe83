"""Claims: what a journalist writes in YAML, as typed objects; one class for each kind of claim.

The file is read in reading.py; here stands what a claim of each kind must say.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from pipelines.research.claims.amounts import Amount, parse_amount, parse_band
from pipelines.research.claims.figures import DAY, ROLLING, SESSION, SNAPSHOT, WEEK
from pipelines.research.claims.scopes import Scope, parse_scope

_CLOCKS = {
    **dict.fromkeys((ROLLING, "24h", "trailing 24h", "rolling 24h"), ROLLING),
    **dict.fromkeys((DAY, "day", "day_list", "utc day"), DAY),
    **dict.fromkeys(("local_day", "local day"), "local_day"),
    SESSION: SESSION,
    WEEK: WEEK,
    **dict.fromkeys((SNAPSHOT, "now"), SNAPSHOT),
    **dict.fromkeys(("7d_sum", "7 days", "trailing 7 days"), "7d_sum"),
    **dict.fromkeys(("self_reported", "self-reported"), "self_reported"),
}
FAR = Decimal("1.5")  # "far" above or below


def _clock(text: Any) -> str:
    found = _CLOCKS.get(str(text).strip().lower())
    if not found:
        raise ValueError(
            f"clock {text!r} is unknown; write one of {', '.join(dict.fromkeys(_CLOCKS.values()))}"
        )
    return found


def _word(text: Any) -> tuple[int, Decimal]:
    """(+1, 1.5) for "far above", (-1, 1) for "below", (+1, 2) for "twice"."""
    said = str(text).strip().lower()
    if re.search(r"\b(above|exceed\w*|more|larger|higher|greater|beats?|over|bigger)\b", said):
        sign = 1
    elif re.search(r"\b(below|less|smaller|lower|under|fewer|behind)\b", said):
        sign = -1
    else:
        raise ValueError(f"word {text!r} is unknown; write far above, above, below or far below")
    return sign, FAR if re.search(r"\b(far|much|well|vastly|greatly)\b", said) else Decimal(1)


AmountField = Annotated[Amount, BeforeValidator(parse_amount)]
ScopeField = Annotated[Scope, BeforeValidator(parse_scope)]
ClockField = Annotated[str, BeforeValidator(_clock)]
BandField = Annotated[tuple[Amount, Amount], BeforeValidator(parse_band)]
WordField = Annotated[tuple[int, Decimal], BeforeValidator(_word)]


class Part(BaseModel):
    """A number and what it speaks of; what is left out is taken from the claim around it."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, arbitrary_types_allowed=True
    )

    quantity: str | None = None
    scope: ScopeField | None = None
    clock: ClockField | None = None
    day: date | None = None
    number: AmountField | None = None
    unit: str | None = None  # written behind the number, where the number itself has none
    apart_from: tuple[str, ...] = ()  # "altcoins" as all assets apart from these

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, data: Any) -> Any:
        """A bare number is a part of nothing but that number; `unit` is printed behind the number."""
        if isinstance(data, str | int | float):
            data = {"number": data}
        if isinstance(data, dict) and data.get("unit") and data.get("number") is not None:
            number, unit = str(data["number"]).strip(), str(data["unit"]).strip()
            if number.endswith("%"):
                unit = unit.removeprefix("%").removeprefix("pct").strip()
            data = data | {"number": f"{number} {unit}"}
        return data


class Claim(Part):
    """What every claim has. `says` is the sentence, for people; it decides nothing."""

    id: str = Field(min_length=1)
    kind: str
    says: str = ""


class Value(Claim):
    """A number; `with` are further numbers of the same sentence."""

    kind: Literal["value", "rate"]
    number: AmountField
    others: tuple[Part, ...] = Field((), alias="with")


class Statement(Claim):
    """A sentence whose numbers are not tested, only whether the quantities are known here."""

    kind: Literal["statement"]
    others: tuple[Part, ...] = Field((), alias="with")


class SumOfParts(Claim):
    kind: Literal["sum_of_parts"]
    total: Part
    parts: tuple[Part, ...] = Field(min_length=2)


class Share(Claim):
    """`part` is so many percent of `of`; either may leave its number out."""

    kind: Literal["share"]
    part: Part
    whole: Part = Field(alias="of")
    share: AmountField


class LongShare(Claim):
    """Longs (or shorts) are so many percent of the liquidations of the scope."""

    kind: Literal["long_share"]
    share: AmountField
    side: Literal["long", "short"] = "long"
    long: AmountField | None = None
    short: AmountField | None = None
    total: AmountField | None = None


class Ratio(Claim):
    """`left` is so many times `right`."""

    kind: Literal["ratio"]
    left: Part
    right: Part
    ratio: AmountField


class SumSince(Claim):
    """The sum of the sessions or days from `since` on; without `until` as far as was known."""

    kind: Literal["sum_since"]
    number: AmountField
    since: date
    until: date | None = None


class LargestSince(Claim):
    """No day between `since` and the day of the claim was larger."""

    kind: Literal["largest_since"]
    since: str
    extreme: Literal["largest", "smallest"] = "largest"


class Record(Claim):
    """The largest of a cycle, of a period, or ever; `sum_since` where a running sum is called a record."""

    kind: Literal["record"]
    cycle: str | None = None
    period: str | None = None
    sum_since: date | None = None
    extreme: Literal["largest", "smallest"] = "largest"


class Peak(Claim):
    """The largest day of a period had this number."""

    kind: Literal["peak"]
    period: str
    number: AmountField


class Peaks(Claim):
    """Of the peaks of a period so many lie in a band; a peak is the largest within seven days."""

    kind: Literal["peaks"]
    period: str
    band: BandField
    share: AmountField = Field(default_factory=lambda: parse_amount("mostly"))


class Trend(Claim):
    """The sums (prices: the last closes) of each step of the period only rise, or only fall."""

    kind: Literal["trend"]
    period: str
    step: Literal["day", "week", "month", "year"] = "year"
    direction: Literal["up", "down"] = "up"


class Place(Part):
    rank: int = Field(ge=1)


class Rank(Claim):
    """Places in an order of venues, assets or chains of one window, or of the days of a series."""

    kind: Literal["rank"]
    among: Literal["venues", "assets", "chains", "days"]
    places: tuple[Place, ...] = Field(min_length=1)
    period: str | None = None


class WeeklyChange(Claim):
    """The trailing seven days against the seven before."""

    kind: Literal["weekly_change"]
    change: AmountField


class ChangeInDay(Claim):
    """A fall or rise within one day; a drop is open to low, a rise open to high, unless said."""

    kind: Literal["change_in_day"]
    number: AmountField
    direction: Literal["down", "up"] = "down"
    measure: Literal["open to low", "high to low", "open to high", "low to high", "open to close"] | None = (
        None
    )


class FromTo(Claim):
    """From one level to another; the first was read within the days before the second."""

    kind: Literal["from_to"]
    start: Part = Field(alias="from")
    end: Part = Field(alias="to")
    change: AmountField | None = None
    within_days: int = 7


class Level(Part):
    level: AmountField
    event: Literal["touched", "failed", "below", "above", "closed below", "closed above"]


class Levels(Claim):
    """Prices that touched a level, failed at it, or went beyond it."""

    kind: Literal["level"]
    levels: tuple[Level, ...] = Field(min_length=1)


class ShareInBand(Claim):
    """So many of a universe lie in a band; `universe` is a list of assets, or words for all of them."""

    kind: Literal["share_in_band"]
    universe: tuple[str, ...] | str
    band: BandField
    share: AmountField


class Groups(Claim):
    """One group stands far above, above, below or far below another."""

    kind: Literal["groups"]
    left: Part
    right: Part
    word: WordField


class RatioOfDays(Claim):
    """The day stands far above, above, below or far below another day, or is so many times it."""

    kind: Literal["ratio_of_days"]
    against: str
    against_number: AmountField | None = None
    word: WordField | None = None
    ratio: AmountField | None = None

    @model_validator(mode="after")
    def _one_strength(self) -> RatioOfDays:
        if (self.word is None) == (self.ratio is None):
            raise ValueError("write either word (far above) or ratio (1.5 times)")
        return self


class UpMonths(Claim):
    """In so many of the last `years` complete years the calendar month closed higher."""

    kind: Literal["up_months"]
    month: int = Field(ge=1, le=12)
    years: int = Field(ge=1)
    share: AmountField


class Document(Claim):
    """Claims of the document that speak of one fact and have to fit each other."""

    kind: Literal["document"]
    members: tuple[str, ...] = Field(min_length=2)


AnyClaim = Annotated[
    Value
    | Statement
    | SumOfParts
    | Share
    | LongShare
    | Ratio
    | SumSince
    | LargestSince
    | Record
    | Peak
    | Peaks
    | Trend
    | Rank
    | WeeklyChange
    | ChangeInDay
    | FromTo
    | Levels
    | ShareInBand
    | Groups
    | RatioOfDays
    | UpMonths
    | Document,
    Field(discriminator="kind"),
]


class ClaimsFile(BaseModel):
    """A document with its claims. `source` is its name in the published lists: no evidence for itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    document: str
    made_at: datetime
    source: str | None = None
    claims: tuple[AnyClaim, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> ClaimsFile:
        ids = [claim.id for claim in self.claims]
        if twice := sorted({i for i in ids if ids.count(i) > 1}):
            raise ValueError(f"the id {twice[0]} stands twice; write each claim under an id of its own")
        for claim in self.claims:
            for member in claim.members if isinstance(claim, Document) else ():
                if member not in ids:
                    raise ValueError(f"claim {claim.id} lists {member}, which is no claim of this file")
        return self

    @property
    def made_at_utc(self) -> datetime:
        return self.made_at.astimezone(UTC) if self.made_at.tzinfo else self.made_at.replace(tzinfo=UTC)
