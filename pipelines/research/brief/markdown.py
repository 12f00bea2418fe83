"""Briefs as Markdown: the same sentences and tables, charts as files beside it."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.research.brief.content import Brief, Section
from pipelines.research.brief.figures import Result
from pipelines.research.brief.page import NUMERIC
from pipelines.research.brief.words import Sentence, shown


def brief_markdown(brief: Brief) -> str:
    """The page; charts are expected as <chart>.png in the same folder."""
    return "\n".join(_lines(brief)).rstrip() + "\n"


def _lines(brief: Brief) -> Iterator[str]:
    yield f"# {_text(brief.headline)}"
    yield ""
    if brief.is_sample:
        yield "> **SAMPLE**: generated data, pinned to published figures where there are any. Not market data."
        yield ""
    yield from (f"- Known as: {_text(name)}" for name in brief.names)
    yield from (f"- {f.label.partition(': ')[2]}: **{shown(f.value, f.unit)}**" for f in brief.cards)
    yield ""
    for paragraph in (brief.standing, brief.published):
        if paragraph:
            yield from (" ".join(map(_text, paragraph)), "")
    for section in brief.sections:
        yield from _section(section)
    yield from (
        "## How to cite a figure",
        "",
        f"An id is `{brief.version}/{brief.day}/<query>/<key>/<column>`: the version, the day, the query, the row, the column.",
        "`figures.json` lists every figure with its id, source, coverage and the SQL that gives its value.",
        "",
    )
    for result in brief.asked:
        yield from (f"### Query `{result.query.name}`", "", "```sql", result.sql, "```", "")
    facts = brief.snapshot.rows[0]
    yield (
        f"Version {brief.version}, published {shown(facts['published_at'], 'timestamptz')}, "
        f"data up to {shown(facts['now_at'], 'timestamptz')}, origin {facts['origin']}, commit {facts['commit']}. "
        "A dash is a figure that is not known; it is never a zero."
    )


def _section(section: Section) -> Iterator[str]:
    yield from (f"## {section.title}", "")
    for told in section.sentences:
        yield from (_text(told), "")
    for chart in section.charts:
        yield from (f"![{chart.title}]({chart.name}.png)", "")
    for table in section.tables:
        yield from _table(table)


def _table(result: Result) -> Iterator[str]:
    yield from (f"### {result.query.title}", "", result.query.says, "")
    if not result:
        yield from (f"Not known here: {result.missing}.", "")
        return
    columns = [result.query.column(name) for name in result.query.shown]
    yield _row(column.label for column in columns)
    yield _row("--:" if column.unit in NUMERIC else "---" for column in columns)
    for _, figures in result.shown():
        yield _row(_cell(shown(f.value, f.unit)) for f in figures)
    yield ""
    if result.withheld:
        yield from (f"Rows of {', '.join(result.withheld)} are left out for their licence.", "")
    yield from (f"Ids: `{result.version}/{result.day}/{result.query.name}/…`", "")


def _row(cells: Iterator[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _text(told: Sentence) -> str:
    return _cell(str(told))


def _cell(text: str) -> str:
    """What Markdown would read as markup is only text here."""
    for sign in "\\|*_<>`[":
        text = text.replace(sign, f"\\{sign}")
    return text
