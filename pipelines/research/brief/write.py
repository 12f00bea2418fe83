"""Writes a brief as files: a page, Markdown, charts, and the list of its figures."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.research.brief.content import Brief, gather
from pipelines.research.brief.figures import Figure, exact
from pipelines.research.brief.markdown import brief_markdown
from pipelines.research.brief.page import brief_page
from pipelines.settings import Settings
from pipelines.storage.duck import reader
from pipelines.storage.folder import Folder


def write_brief(settings: Settings, day: date, out: Path) -> list[Path]:
    """The brief of a UTC day as out/<day>/{index.html, brief.md, figures.json, <chart>.png}.

    Reads the published version in force, without network. Raises NoSuchDay where that version knows
    nothing of the day, NothingPublished where there is none.
    """
    with reader(Folder(settings.warehouse)) as conn:
        brief = gather(conn, day)
    return write_files(brief, out / day.isoformat())


def write_files(brief: Brief, folder: Path) -> list[Path]:
    """The files of a gathered brief, in the order in which a reader wants them."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):  # a chart that the day no longer has
        old.unlink()
    files: dict[str, str | bytes] = {
        "index.html": brief_page(brief),
        "brief.md": brief_markdown(brief),
        "figures.json": json.dumps([_listed(f) for f in brief.figures()], indent=1, ensure_ascii=False)
        + "\n",
    }
    files |= {f"{c.name}.png": c.png() for section in brief.sections for c in section.charts}
    written = []
    for name, content in files.items():
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        written.append(path)
    return written


def _listed(figure: Figure) -> dict[str, Any]:
    value = figure.value
    return {
        "id": figure.id,
        "label": figure.label,
        "value": value if value is None or isinstance(value, int | str | float) else exact(value),
        "unit": figure.unit,
        "source": figure.source,
        "coverage": figure.coverage,
        "sql": figure.sql,
    }
