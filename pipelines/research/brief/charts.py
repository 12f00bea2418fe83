"""The charts of a brief, each from the rows of one of its tables: inline SVG for pages, PNG for files.

Drawn in the light palette; in an SVG each colour is a variable, so that the page decides light or dark.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from pipelines.research.brief.figures import Result

WIDTH, HEIGHT, BAR = 380, 190, 22
# name of the variable: its colour on white paper
PALETTE: Mapping[str, str] = {
    "paper": "#fefefe",
    "ink": "#20262b",
    "rule": "#dce0e3",
    "long": "#b5442a",
    "short": "#2a7096",
    "mark": "#e0a100",
    "third": "#6b7f3a",
    "fourth": "#7a5a94",
}
SIDES = ("long", "short")
SERIES = ("mark", "fourth", "short", "third", "long")  # colours of assets and venues, in order of name
FONT = (
    "Arial, Helvetica, sans-serif"  # of one width nearly everywhere, so labels fit where they were measured
)


@dataclass(frozen=True)
class Chart:
    """A chart: a name for its file, a title, a description for who cannot see it, and its specification."""

    name: str
    title: str
    description: str
    specification: str

    @cached_property
    def svg(self) -> str:
        """For a page: colours are the page's variables, the width is the page's."""
        import vl_convert

        text: str = vl_convert.vegalite_to_svg(self.specification)
        for name, colour in PALETTE.items():
            text = text.replace(colour, f"var(--{name})")
        start = text.index("<svg")
        head, rest = text[start:].split(">", 1)
        box = head[head.index("viewBox") :]
        label = self.description.replace('"', "'").replace("&", "and").replace("<", "").replace(">", "")
        return f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{label}" {box}>{rest}'

    def png(self) -> bytes:
        """For a file: on white, twice the size."""
        import vl_convert

        image: bytes = vl_convert.vegalite_to_png(self.specification, scale=2)
        return image


def draw(table: Result) -> Chart | None:
    """The chart of a table; None where its query is not drawn or has no figure to draw."""
    makers: dict[str, Callable[[Result], Any]] = {
        "venues": lambda t: _sides(t, "venue_name"),
        "assets": lambda t: _sides(t, "asset"),
        "window": _window,
        "largest": _largest,
        "price_path": _price_path,
        "funding_path": _funding_path,
        "etf_totals": _flows,
        "onchain": _chains,
    }
    if table.query.name not in makers:
        return None
    chart = makers[table.query.name](table)
    return None if chart is None else _finished(chart, table)


def _finished(chart: Any, table: Result) -> Chart:
    """With the fonts, lines and paper that all charts share."""
    chart = (
        chart.configure(
            background=PALETTE["paper"],
            font=FONT,
            padding={"left": 12, "right": 8, "top": 2, "bottom": 2},
            autosize={"type": "fit-x", "contains": "padding"},
        )
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=PALETTE["ink"],
            titleColor=PALETTE["ink"],
            gridColor=PALETTE["rule"],
            domainColor=PALETTE["rule"],
            tickColor=PALETTE["rule"],
            labelFontSize=11,
        )
        .configure_legend(labelColor=PALETTE["ink"], orient="top", title=None, labelFontSize=11)
    )
    specification: str = chart.to_json()
    return Chart(
        table.query.name, table.query.title, f"Chart: {table.query.title}. {table.query.says}", specification
    )


def draw_series(
    table: Result, time: str, value: str, by: str | None, axis_format: str, longest_step: timedelta
) -> Chart | None:
    """A daily series as a line for each value of `by`, broken where days are not known."""
    import altair as alt

    rows = [
        {"day": row[time], "value": _number(row[value]), "of": row[by] if by else ""} for row in table.rows
    ]
    if not any(row["value"] is not None for row in rows):
        return None
    names = sorted({row["of"] for row in rows})
    colours = [PALETTE[SERIES[n % len(SERIES)]] for n in range(len(names))]
    label = "replace(replace(datum.label, 'G', ' bn'), 'M', ' m')"
    legend: Any = alt.Undefined if by else None
    chart = (
        _values(_broken(rows, longest_step))
        .mark_line(strokeWidth=1, invalid="break-paths-show-domains")
        .encode(
            x=alt.X(
                "utcyearmonthdate(day):T",
                title=None,
                scale=alt.Scale(type="utc"),
                axis=alt.Axis(format="%Y", tickCount=5),
            ),
            y=alt.Y("value:Q", title=None, axis=alt.Axis(format=axis_format, tickCount=5, labelExpr=label)),
            color=alt.Color("of:N", scale=alt.Scale(domain=names, range=colours), legend=legend),
        )
        .properties(height=HEIGHT)
    )
    return _finished(chart, table)


def _broken(rows: list[dict[str, Any]], longest_step: timedelta) -> list[dict[str, Any]]:
    """In order of day, with an empty point wherever a line would otherwise run over a hole."""
    before: dict[str, date] = {}
    whole = []
    for row in sorted(rows, key=lambda r: (r["day"], r["of"])):
        last = before.get(row["of"])
        if last and row["day"] - last > longest_step:
            whole.append({"day": (last + timedelta(days=1)).isoformat(), "value": None, "of": row["of"]})
        before[row["of"]] = row["day"]
        whole.append(row | {"day": row["day"].isoformat()})
    return whole


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, Decimal | float | int) else None


def _values(rows: list[dict[str, Any]]) -> Any:
    import altair as alt

    return alt.Chart(alt.InlineData(values=rows), width=WIDTH)


def _offset(table: Result, day: date) -> int:
    return (day - table.day).days


def _offset_axis() -> Any:
    """Days from the event, T in the middle; a day without a figure keeps its place."""
    import altair as alt

    label = "datum.value == 0 ? 'T' : format(datum.value, '+d')"
    return alt.X(
        "offset:O",
        title=None,
        scale=alt.Scale(domain=list(range(-7, 8))),
        axis=alt.Axis(labelAngle=0, labelExpr=label, grid=False),
    )


def _money_axis(field: str, **more: Any) -> Any:
    import altair as alt

    label = "replace(replace(datum.label, 'G', ' bn'), 'M', ' m')"
    return alt.Y(field, title=None, axis=alt.Axis(format="$~s", tickCount=4, labelExpr=label), **more)


def _side_colour() -> Any:
    import altair as alt

    colours = [PALETTE[s] for s in SIDES]
    return alt.Color("side:N", scale=alt.Scale(domain=list(SIDES), range=colours))


def _sides(table: Result, name: str) -> Any:
    import altair as alt

    rows = [
        {"name": row[name], "side": side, "usd": _number(row[f"{side}_usd"]), "order": n}
        for n, row in enumerate(table.rows[:12])
        for side in SIDES
        if row[f"{side}_usd"] is not None
    ]
    label = "replace(replace(datum.label, 'G', ' bn'), 'M', ' m')"
    axis = alt.Axis(format="$~s", tickCount=4, labelExpr=label)
    return (
        _values(rows)
        .mark_bar()
        .encode(
            x=alt.X("usd:Q", title=None, axis=axis),
            y=alt.Y(
                "name:N", title=None, sort=alt.SortField("order"), axis=alt.Axis(labelLimit=160, grid=False)
            ),
            color=_side_colour(),
            order=alt.Order("side:N"),
        )
        .properties(height={"step": BAR})
    )


def _window(table: Result) -> Any:
    import altair as alt

    rows = [
        {"offset": _offset(table, row["day"]), "side": side, "usd": _number(row[f"{side}_usd"])}
        for row in table.rows
        for side in SIDES
    ]
    return (
        _values(rows)
        .mark_bar()
        .encode(x=_offset_axis(), y=_money_axis("usd:Q"), color=_side_colour(), order=alt.Order("side:N"))
        .properties(height=HEIGHT)
    )


def _largest(table: Result) -> Any:
    import altair as alt

    rows = [
        {
            "name": f"{row['rank'] or '–'}.  {row['day']}",
            "usd": _number(row["total_usd"]),
            "which": "this day" if row["day"] == table.day else "other days",
            "order": n,
        }
        for n, row in enumerate(table.rows)
    ]
    label = "replace(replace(datum.label, 'G', ' bn'), 'M', ' m')"
    colours = [PALETTE["short"], PALETTE["mark"]]
    return (
        _values(rows)
        .mark_bar()
        .encode(
            x=alt.X("usd:Q", title=None, axis=alt.Axis(format="$~s", tickCount=4, labelExpr=label)),
            y=alt.Y("name:N", title=None, sort=alt.SortField("order"), axis=alt.Axis(grid=False)),
            color=alt.Color("which:N", scale=alt.Scale(domain=["other days", "this day"], range=colours)),
        )
        .properties(height={"step": 18})
    )


def _lines(rows: list[dict[str, Any]], value: str, by: str, axis_format: str) -> Any:
    """Lines that break where a day is not known, with a point for each that is."""
    import altair as alt

    names = sorted({row[by] for row in rows})
    colours = [PALETTE[c] for c in SERIES]
    colour = alt.Color(f"{by}:N", scale=alt.Scale(domain=names, range=colours[: max(len(names), 1)]))
    if not any(row[value] is not None for row in rows):
        return None
    chart = _values(rows).encode(
        x=_offset_axis(),
        y=alt.Y(f"{value}:Q", title=None, axis=alt.Axis(format=axis_format, tickCount=5)),
        color=colour,
    )
    line = chart.mark_line(strokeWidth=2, invalid="break-paths-show-domains")
    return (line + chart.mark_point(filled=True, size=22)).properties(height=HEIGHT)


def _every_day(table: Result, by: str, value: str, names: list[str]) -> list[dict[str, Any]]:
    """A row for each of the fifteen days, so that a day that is not known breaks the line."""
    told = {(row[by], _offset(table, row["day"])): _number(row[value]) for row in table.rows}
    return [{by: n, "offset": o, value: told.get((n, o))} for n in names for o in range(-7, 8)]


def _price_path(table: Result) -> Any:
    names = sorted({r["asset"] for r in table.rows if r["against_day_before"] is not None})
    return _lines(
        _every_day(table, "asset", "against_day_before", names), "against_day_before", "asset", "+.0%"
    )


def _funding_path(table: Result) -> Any:
    names = sorted({r["venue_name"] for r in table.rows if r["rate_8h"] is not None})[:5]
    return _lines(_every_day(table, "venue_name", "rate_8h", names), "rate_8h", "venue_name", "+.3%")


def _flows(table: Result) -> Any:
    import altair as alt

    rows = [
        {"offset": _offset(table, r["session_date"]), "asset": r["asset"], "usd": _number(r["total_usd"])}
        for r in table.rows
        if r["total_usd"] is not None
    ]
    if not rows:
        return None
    names = sorted({r["asset"] for r in rows})
    colours = [PALETTE[c] for c in SERIES][: len(names)]
    return (
        _values(rows)
        .mark_bar()
        .encode(
            x=_offset_axis(),
            xOffset=alt.XOffset("asset:N", sort=names),
            y=_money_axis("usd:Q"),
            color=alt.Color("asset:N", scale=alt.Scale(domain=names, range=colours)),
        )
        .properties(height=HEIGHT)
    )


def _chains(table: Result) -> Any:
    import altair as alt

    told = [r for r in table.rows if r["chain"] != "all" and r["trailing_7d_usd"] is not None][:10]
    rows = [
        {"name": r["chain"], "usd": _number(r["trailing_7d_usd"]), "order": n} for n, r in enumerate(told)
    ]
    if not rows:
        return None
    label = "replace(replace(datum.label, 'G', ' bn'), 'M', ' m')"
    return (
        _values(rows)
        .mark_bar(color=PALETTE["short"])
        .encode(
            x=alt.X("usd:Q", title="seven days", axis=alt.Axis(format="$~s", tickCount=4, labelExpr=label)),
            y=alt.Y("name:N", title=None, sort=alt.SortField("order"), axis=alt.Axis(grid=False)),
        )
        .properties(height={"step": BAR})
    )
