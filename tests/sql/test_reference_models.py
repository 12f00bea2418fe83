"""The reference tables fit each other and what the sources can bring."""

from __future__ import annotations

from sql_warehouse import Warehouse

from pipelines.sources import registry


def reference() -> Warehouse:
    warehouse = Warehouse()
    warehouse.build(
        "reference.sources", "reference.source_preferences", "reference.venues", "reference.universe"
    )
    return warehouse


def test_every_dataset_has_a_source_row_with_attribution() -> None:
    known = {source for (source,) in reference().rows("select source from reference.sources")}
    assert {d.source for d in registry.datasets().values()} <= known


def test_every_preference_names_a_source_and_ranks_do_not_repeat() -> None:
    warehouse = reference()
    assert (
        warehouse.rows(
            "select source from reference.source_preferences except from (select source from reference.sources)"
        )
        == []
    )
    assert (
        warehouse.rows(
            "select kind, rank from reference.source_preferences group by kind, rank having count(*) > 1"
        )
        == []
    )


def test_groups_resolve_to_single_venues() -> None:
    warehouse = reference()
    assert warehouse.rows("select members, name from reference.venues where venue = 'binance+bybit+okx'") == [
        (["binance", "bybit", "okx"], "Binance + Bybit + OKX")
    ]
    assert (
        warehouse.rows(
            "select member from (select unnest(members) as member from reference.venues) "
            "except select venue from reference.venues where kind <> 'group'"
        )
        == []
    )


def test_the_universe_begins_with_the_assets_of_the_replayed_history() -> None:
    assets = {asset for (asset,) in reference().rows("select asset from reference.universe")}
    assert {"BTC", "ETH", "SOL", "XRP", "DOGE", "BNB", "ADA"} <= assets
