"""Names as upstreams spell them: one venue, one asset, and a multiple that belongs to the contract alone."""

from __future__ import annotations

import pytest

from pipelines.sources.contract import Unparsable
from pipelines.sources.names import asset_id, listed_asset, venue_id


@pytest.mark.parametrize(
    ("said", "asset"),
    [
        ("1000PEPE", "PEPE"),
        ("kPEPE", "PEPE"),
        ("10000LADYS", "LADYS"),
        ("1000000MOG", "MOG"),
        ("1MBABYDOGE", "BABYDOGE"),
        ("1000SATS", "SATS"),
        ("XBT", "BTC"),
        ("btc", "BTC"),
    ],
)
def test_a_multiple_is_no_part_of_the_asset(said: str, asset: str) -> None:
    assert asset_id(said) == asset


@pytest.mark.parametrize("said", ["1INCH", "KAVA", "KSM", "1000", "100"])
def test_a_name_that_only_looks_like_a_multiple_is_left_alone(said: str) -> None:
    assert asset_id(said) == said


@pytest.mark.parametrize(
    ("said", "asset"),
    [
        ("1000PEPE", "PEPE"),
        (" xbt ", "BTC"),
        ("币安人生", None),
        ("龙BTC", None),  # what is left of it without the stranger is another asset
        ("ВТС", None),  # three letters of Cyrillic
        ("ＢＴＣ", None),  # of full width
        ("BTC٣", None),
        ("", None),
    ],
)
def test_a_listed_name_in_another_alphabet_is_no_asset_and_no_fault(said: str, asset: str | None) -> None:
    assert listed_asset(said) == asset


@pytest.mark.parametrize(
    ("said", "venue"),
    [
        ("OKX+Bybit", "bybit+okx"),
        ("Bybit,OKX", "bybit+okx"),
        ("Binance+Binance", "binance"),
        ("Gate.io", "gate"),
        ("Huobi", "htx"),
        ("OKEX", "okx"),
    ],
)
def test_a_venue_has_one_name_and_a_group_is_its_sorted_members(said: str, venue: str) -> None:
    assert venue_id(said) == venue


@pytest.mark.parametrize(("read", "said"), [(asset_id, "--"), (venue_id, "OKX+"), (venue_id, "")])
def test_nothing_is_no_name(read, said: str) -> None:
    with pytest.raises(Unparsable, match="without a name"):
        read(said)
