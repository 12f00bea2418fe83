"""The built-in offline sample: SAMPLE data, generated from a seed, in the upstreams' true wire formats.

Not market data: only the days that sql/reference publishes carry real totals. Ends at SAMPLE_NOW.
"""

from pipelines.settings import SAMPLE_NOW
from pipelines.sources.sample.adapter import SampleAdapter

__all__ = ["SAMPLE_NOW", "SampleAdapter"]
