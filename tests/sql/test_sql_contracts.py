"""What holds for every model: it builds on nothing, each of its columns can be traced, it fits a page."""

from __future__ import annotations

from sql_warehouse import Warehouse, models

from pipelines.models.columns import column_lineage

CALENDARS = {"staging.days", "facts.market_daily"}


def test_every_model_builds_on_an_empty_warehouse() -> None:
    """Nothing but reference tables and calendar rows comes out of nothing."""
    result = Warehouse().build()
    rows = {m.name: m.rows for m in result.models}
    assert rows.keys() == models().keys()
    for name, count in rows.items():
        if name.startswith("reference.") or name in CALENDARS:
            assert count > 0, name
        else:
            assert count == 0, name


def test_every_figure_of_facts_and_rankings_comes_from_somewhere() -> None:
    lineage = column_lineage(models(), {name: list(columns) for name, columns in Warehouse().schemas.items()})
    constants = {
        ("facts.liquidation_venues_by_source_daily", "is_derived"),
        ("facts.liquidations_by_source_daily", "side"),
        ("facts.liquidations_daily", "side"),
        ("facts.presence_daily", "kind"),
    }
    for name, model in models().items():
        if model.schema in ("facts", "rankings"):
            traced = {column for column, origins in lineage[name].items() if origins}
            unknown = {(name, column) for column in model.column_names if column not in traced}
            assert unknown <= constants


def test_no_file_is_longer_than_four_hundred_lines_or_wider_than_110() -> None:
    for model in models().values():
        lines = model.sql.splitlines()
        assert len(lines) <= 400, model.path
        assert max(map(len, lines)) <= 110, model.path
