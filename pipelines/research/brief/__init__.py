"""Briefs: what happened on one day, in true words, with every figure traceable to a query.

Use `write_brief`; a day of which nothing is known raises NoSuchDay.
"""

from pipelines.research.brief.content import NoSuchDay
from pipelines.research.brief.figures import Figure, rederive
from pipelines.research.brief.write import write_brief

__all__ = ["Figure", "NoSuchDay", "rederive", "write_brief"]
