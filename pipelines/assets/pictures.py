"""A bar chart of a ranking's first rows as a Markdown image, for the UI.

The picture stands in the text itself (a data: address), so it needs no server and no file.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import date
from typing import Any

from pipelines.models.contract import Model

FIGURES = ("usd", "percent", "fraction", "coin", "vol_points", "days", "hours", "count")
NAMES = ("asset", "venue", "chain", "fund", "side", "direction")
WIDTH, BAR, COLOUR = 420, 18, "#2b6f9e"


def bars(model: Model, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str | None:
    """Markdown of the chart; None where the ranking has no figure to draw.

    A bar's label is the first date and the names beside it; its length the first column with a figure.
    """
    units = {c.name: c.unit for c in model.columns}
    figure = next((n for n in names if units.get(n) in FIGURES), None)
    labels = [n for n in names if units.get(n) == "date"][:1] + [n for n in names if n in NAMES]
    if figure is None or not labels or not rows:
        return None
    import altair as alt  # here, because every process of Dagster loads this room, and few of them draw
    import vl_convert

    place = {name: i for i, name in enumerate(names)}
    data = [
        {"label": f"{n}. {_label([row[place[name]] for name in labels])}", figure: float(row[place[figure]])}
        for n, row in enumerate(rows, start=1)
        if row[place[figure]] is not None
    ]
    if not data:
        return None
    chart = (
        alt.Chart(alt.InlineData(values=data), width=WIDTH, height={"step": BAR})
        .mark_bar(color=COLOUR)
        .encode(
            x=alt.X(f"{figure}:Q", title=f"{figure} ({units[figure]})", axis=alt.Axis(format="~s")),
            y=alt.Y("label:N", sort=None, title=None, axis=alt.Axis(labelLimit=260)),
        )
    )
    image = vl_convert.vegalite_to_svg(chart.to_json())
    return f"![{model.table}](data:image/svg+xml;base64,{base64.b64encode(image.encode()).decode()})"


def _label(values: Sequence[Any]) -> str:
    return " ".join(v.isoformat() if isinstance(v, date) else str(v) for v in values if v is not None)
