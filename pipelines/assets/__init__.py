"""What the Dagster UI shows, and nothing that works without it: thin wrappers around pipelines/runs.

Only this room and pipelines/definitions.py import dagster.
"""

from __future__ import annotations

import warnings

import dagster as dg

# backfill policies and in-run checks are what this rests on; their label is the library's business
warnings.filterwarnings("ignore", category=dg.BetaWarning)
warnings.filterwarnings("ignore", category=dg.PreviewWarning)
