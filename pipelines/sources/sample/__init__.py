"""The built-in offline sample: SAMPLE data, generated from a seed, in the upstreams' true wire formats.

Not market data: only the days that sql/reference publishes carry real totals. Ends at SAMPLE_NOW.
"""

from pipelines.settings import SAMPLE_NOW
from pipelines.sources.sample.adapter import SampleAdapter

# the datasets whose hosts the sample plays; a run on the sample asks for no other
DATASETS = frozenset(
    {
        "coinalyze_liquidations",
        "coinglass_liquidations",
        "coinglass_etf_flows",
        "farside_etf_flows",
        "defillama_dex_volume",
        "binance_vision_funding",
        "binance_klines",
        "bybit_funding",
        "okx_archive_funding",
        "okx_funding",
        "coinbase_candles",
    }
)

__all__ = ["DATASETS", "SAMPLE_NOW", "SampleAdapter"]
