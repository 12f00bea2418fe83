"""What holds for every model: it builds on nothing, each of its columns can be traced, it fits a page."""

from __future__ import annotations

from sql_warehouse import Warehouse, models

from pipelines.models.columns import column_lineage
from pipelines.models.lineage import ancestors

CALENDARS = {"staging.days", "facts.market_daily"}
PUBLISHED = {"reference.market_events", "reference.published_liquidation_days", "reference.published_figures"}
WORDS = {  # columns that hold one word per branch of a union: they come from no column
    "basis",
    "bucket_seconds",
    "clock",
    "feed",
    "from_orders",
    "is_derived",
    "kind",
    "scope_kind",
    "side",
    "venue_set",
}


def test_every_model_builds_on_an_empty_warehouse() -> None:
    """Nothing but reference tables and calendar rows comes out of nothing."""
    result = Warehouse().build()
    rows = {m.name: m.rows for m in result.models}
    assert rows.keys() == models().keys()
    for name, count in rows.items():
        if name.startswith("reference.") or name in CALENDARS:
            assert count > 0, name
        elif not ancestors(models(), name) & PUBLISHED:  # published figures stand without any data
            assert count == 0, name


def test_every_figure_of_facts_and_rankings_comes_from_somewhere() -> None:
    lineage = column_lineage(models(), {name: list(columns) for name, columns in Warehouse().schemas.items()})
    for name, model in models().items():
        if model.schema in ("facts", "rankings"):
            traced = {column for column, origins in lineage[name].items() if origins}
            assert set(model.column_names) - traced <= WORDS, name


def test_no_file_is_longer_than_four_hundred_lines_or_wider_than_110() -> None:
    for model in models().values():
        lines = model.sql.splitlines()
        assert len(lines) <= 400, model.path
        assert max(map(len, lines)) <= 110, model.path
