"""DAGSTER_HOME is the data folder; its dagster.yaml comes from the template of the project.

No Dagster here: this runs before it.
"""

from __future__ import annotations

import os
from pathlib import Path
from string import Template

from pipelines.settings import PROJECT, Settings

TEMPLATE = PROJECT / "warehouse" / "dagster.template.yaml"


def prepare(settings: Settings) -> Path:
    """The data folder, ready to be DAGSTER_HOME. A dagster.yaml that is there already stays as it is."""
    home = settings.warehouse
    home.mkdir(parents=True, exist_ok=True)
    target = home / "dagster.yaml"
    if not target.exists():
        temporary = target.with_suffix(f".{os.getpid()}.part")
        text = Template(TEMPLATE.read_text(encoding="utf-8"))
        temporary.write_text(text.substitute(warehouse=str(home).replace('"', '\\"')), encoding="utf-8")
        os.replace(temporary, target)
    return home
