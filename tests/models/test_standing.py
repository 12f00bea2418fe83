"""One bad file of sql/ takes out what is made from it, says where it is bad, and leaves the rest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.models.contract import ContractError
from pipelines.models.lineage import CyclicModels, LineageError, UnknownReference
from pipelines.models.standing import Standing, broken, require_whole, standing_models

EXTERNAL = {"raw.buckets": ["bucket_start", "venue", "long_usd"]}


@pytest.fixture
def models(write_model: Any, tmp_path: Path) -> Callable[[], Standing]:
    """raw.buckets → staging.buckets → facts.daily → rankings.days, and facts.notes beside it; read anew."""
    write_model("staging.buckets", "select bucket_start::date as day, long_usd as usd from raw.buckets")
    write_model("facts.daily", "select day, usd from staging.buckets")
    write_model("rankings.days", "select day, usd from facts.daily")
    write_model("facts.notes", "select date '2024-03-05' as day, 1 as usd")
    return lambda: standing_models(tmp_path / "sql", EXTERNAL)


def rewrite(tmp_path: Path, table: str, old: str, new: str) -> None:
    path = tmp_path / "sql" / f"{table.replace('.', '/')}.sql"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_sound_models_all_stand(models: Callable[[], Standing]) -> None:
    found = models()
    assert list(found) == ["staging.buckets", "facts.daily", "facts.notes", "rankings.days"]
    assert found.broken == {} and broken(dict(found)) == {}
    require_whole(found)
    with pytest.raises(KeyError):
        found["facts.nothing"]


@pytest.mark.parametrize(
    ("old", "new", "kind", "said"),
    [
        ("select day, usd from", "select day, (usd from", ContractError, "facts/daily.sql:5: sqlglot cannot"),
        ("-- grain: day\n", "", ContractError, "facts/daily.sql:1: the header has no grain"),
        ("staging.buckets", "staging.bucket", UnknownReference, "did you mean staging.buckets?"),
        ("staging.buckets", "rankings.days", CyclicModels, "facts.daily reads rankings.days"),
        ("select day, usd", "select day, usd as eur", LineageError, "the select gives (day, eur)"),
        ("select day, usd", "select day, nothing as usd", LineageError, "facts/daily.sql: "),
    ],
)
def test_what_is_made_from_a_broken_file_goes_with_it_and_the_rest_stands(
    models: Callable[[], Standing], tmp_path: Path, old: str, new: str, kind: type[Exception], said: str
) -> None:
    rewrite(tmp_path, "facts.daily", old, new)
    found = models()
    assert set(found) == {"staging.buckets", "facts.notes"}
    assert set(found.broken) == {"facts.daily", "rankings.days"}
    assert isinstance(found.broken["facts.daily"], kind)
    assert all(said in str(reason) for reason in found.broken.values()), "the one below says the cause, too"
    assert "facts/daily.sql" in str(found.broken["facts.daily"])
    with pytest.raises(kind):
        found["facts.daily"]
    with pytest.raises(kind):
        require_whole(found)


def test_several_faults_are_all_named(
    models: Callable[[], Standing], tmp_path: Path, write_model: Any
) -> None:
    rewrite(tmp_path, "facts.notes", "-- grain: day", "-- grain: night")
    rewrite(tmp_path, "rankings.days", "facts.daily", "facts.dayly")
    (tmp_path / "sql/facts/Bad Name.sql").write_text("select 1")
    write_model("facts.more", "select day, usd from facts.notes")
    found = models()
    assert set(found) == {"staging.buckets", "facts.daily"}
    assert set(found.broken) == {"facts.notes", "rankings.days", "facts.Bad Name", "facts.more"}
    assert "'night' is not declared" in str(found.broken["facts.more"])


def test_a_file_that_is_no_text_names_its_line(models: Callable[[], Standing], tmp_path: Path) -> None:
    path = tmp_path / "sql/facts/notes.sql"
    path.write_bytes(path.read_bytes() + b"-- \xff\n")
    assert "notes.sql:6: the file is not UTF-8" in str(models().broken["facts.notes"])
