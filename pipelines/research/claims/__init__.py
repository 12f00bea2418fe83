"""The claims check: is what an article says true, and what would be the tightest true wording.

Use `check`; a file that cannot be read raises ClaimsError. docs/claims.md says how to write one.
"""

from pipelines.research.claims.check import check
from pipelines.research.claims.reading import ClaimsError
from pipelines.research.claims.verdicts import Verdict, VerdictRow

__all__ = ["ClaimsError", "Verdict", "VerdictRow", "check"]
