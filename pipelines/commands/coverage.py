"""The command that says how much there is of every kind of data, year by year: coverage.

Asks the published version alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from pipelines.commands.common import app, settings
from pipelines.terminal import Format, print_rows, say

# The liquidations are judged by their headline; of the other kinds the best source speaks for the day.
QUERY = """
with days as (
    select
        kind,
        year(day) as year,
        day,
        bool_or(status = 'complete') as is_complete,
        bool_or(status in ('complete', 'partial')) as is_covered
    from facts.coverage_daily
    where venue = 'all'
        and (source = 'headline') = (kind = 'liquidations')
    group by kind, day
),

sources as (
    select kind, year(day) as year, string_agg(distinct source, ', ' order by source) as sources
    from facts.coverage_daily
    where venue = 'all'
        and source <> 'headline'
        and assets_present > 0
    group by kind, year(day)
)

select
    kind,
    year,
    count(*) as days,
    count(*) filter (where is_complete) as days_complete,
    count(*) filter (where is_covered and not is_complete) as days_partial,
    round(100 * count(*) filter (where is_complete) / count(*), 2) as complete_pct,
    round(100 * count(*) filter (where is_covered) / count(*), 2) as covered_pct,
    any_value(sources) as sources
from days
left join sources using (kind, year)
group by kind, year
order by kind, year
"""
READING = "percent of the days with figures, and where it is less, of which complete; – no figure at all"


class Form(StrEnum):
    """How the table is printed."""

    table = "table"
    json = "json"
    csv = "csv"
    markdown = "markdown"


@app.command()
def coverage(
    form: Annotated[
        Form, typer.Option("--format", help="table for people, json or csv for scripts, markdown for pages")
    ] = Form.table,
) -> None:
    """How much there is: for each kind of data and year the share of days with figures, and who said them.

    A day of liquidations counts as their headline has it; of the other kinds the best source counts.
    """
    from pipelines.runs.ask import ask

    table = ask(settings(), QUERY)
    if form in (Form.json, Form.csv):
        print_rows(table.columns, table.rows, Format(form.value))
        return
    columns, rows = by_year([dict(zip(table.columns, row, strict=True)) for row in table.rows])
    if form is Form.markdown:
        print(markdown(columns, rows))
    else:
        print_rows(columns, rows, Format.table, "Coverage")
        say(READING)


def by_year(rows: Sequence[dict[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Kinds downwards, years across, the sources of all years last."""
    years = sorted({r["year"] for r in rows})
    kinds = list(dict.fromkeys(r["kind"] for r in rows))
    lines = []
    for kind in kinds:
        of = {r["year"]: r for r in rows if r["kind"] == kind}
        sources = sorted({s for r in of.values() if r["sources"] for s in r["sources"].split(", ")})
        cells = [_cell(of[year]) if year in of else "–" for year in years]
        lines.append([kind, *cells, ", ".join(sources) or "–"])
    return ["kind", *map(str, years), "sources"], lines


def _cell(row: dict[str, Any]) -> str:
    """`100`, or `98 (40)`: 98 % of the days have figures, 40 % are complete; never rounded up."""
    complete, covered = row["days_complete"], row["days_complete"] + row["days_partial"]
    if not covered:
        return "–"
    some, whole = _percent(covered, row["days"]), _percent(complete, row["days"])
    return some if some == whole else f"{some} ({whole})"


def _percent(part: int, days: int) -> str:
    return "<1" if 0 < 100 * part < days else str(100 * part // days)


def markdown(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The table as Markdown."""
    rule = ["---", *["--:"] * (len(columns) - 2), "---"]
    return "\n".join(f"| {' | '.join(line)} |" for line in (columns, rule, *rows))
