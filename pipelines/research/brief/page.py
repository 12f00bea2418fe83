"""Briefs and site pages as HTML: one file each, styles and charts inside, no script, no request.

Every figure is a `data` element with its exact value and its id; templates/ holds the form.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipelines.research.brief.content import Brief
from pipelines.research.brief.figures import Figure
from pipelines.research.brief.words import Sentence, shown

TEMPLATES = Path(__file__).parent / "templates"
SHORT = 24  # a text up to here stays on one line
NUMERIC = frozenset(
    {"usd", "usd_per_coin", "fraction", "percent", "times", "rank", "count", "hours", "vol_points", "number"}
)


@cache
def environment() -> Environment:
    """The templates, with the filters that turn figures and sentences into HTML."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"figure": figure, "sentence": sentence, "shown": shown}
    made.tests["numeric"] = lambda f: f.unit in NUMERIC
    return made


def render(template: str, **told: Any) -> str:
    """A page from a template of templates/."""
    return environment().get_template(template).render(**told)


def brief_page(brief: Brief, home: str | None = None) -> str:
    """The HTML of a brief; `home` is the address of the site's index, where it is part of one."""
    return render("brief.html", brief=brief, home=home)


def figure(value: Figure) -> Markup:
    """A figure as HTML: what is read, and behind it the exact value, the id, source and coverage."""
    return Markup('<data{} value="{}" data-figure="{}" title="{} · {} · {}">{}</data>').format(
        Markup(' class="words"') if value.unit == "text" and len(value.exact) > SHORT else "",
        value.exact,
        value.name,
        value.id,
        value.source,
        value.coverage,
        shown(value.value, value.unit),
    )


def sentence(told: Sentence) -> Markup:
    """A sentence as HTML, its figures marked."""
    return Markup("").join(figure(p) if isinstance(p, Figure) else p for p in told.parts())
