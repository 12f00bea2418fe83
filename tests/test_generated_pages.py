"""Pages that are generated from the code must be those that the code would generate now."""

from __future__ import annotations

import re

from pipelines.models.columns import column_lineage
from pipelines.models.dictionary import render
from pipelines.runs.build import external_columns, models
from pipelines.settings import PROJECT, Settings
from pipelines.storage.contracts import KINDS


def test_the_dictionary_is_current() -> None:
    fresh = render(models(), column_lineage(models(), external_columns()), KINDS)
    assert (PROJECT / "warehouse" / "DICTIONARY.md").read_text() == fresh, "run `make docs`"


def test_the_example_of_the_environment_has_every_variable_that_is_read() -> None:
    read = {str(field.alias) for field in Settings.model_fields.values()}
    shown = set(re.findall(r"^([A-Z_]+)=", (PROJECT / ".env.example").read_text(), re.M))
    assert shown == read
