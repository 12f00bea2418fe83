"""The transport of the sample: a requests adapter that answers in place of the network.

It knows the hosts below and no other; what it says is generated, deterministic and free of faults.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping
from http.client import responses
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from pipelines.sources.sample import aggregators, archives, farside, venues
from pipelines.sources.sample.wire import Question, Upstream

HOSTS: Mapping[str, Upstream] = {
    "api.coinalyze.net": aggregators.coinalyze,
    "open-api-v4.coinglass.com": aggregators.coinglass,
    "api.llama.fi": aggregators.defillama,
    "farside.co.uk": farside.farside,
    "data.binance.vision": archives.vision,
    "s3-ap-northeast-1.amazonaws.com": archives.vision_listing,
    "static.okx.com": archives.okx_archive,
    "data-api.binance.vision": venues.binance,
    "api.bybit.com": venues.bybit,
    "www.okx.com": venues.okx,
    "api.exchange.coinbase.com": venues.coinbase,
}

# answers are computed, so threads would only make the same series twice
_ONE_AT_A_TIME = threading.Lock()


class SampleAdapter(BaseAdapter):
    """Mounted on a session for `https://`, it answers https://<upstream-host>/<path> as SAMPLE data.

    Any key is accepted and none is needed. A host that the sample does not have cannot be connected to.
    """

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        address = urlsplit(request.url or "")
        upstream = HOSTS.get(address.hostname or "")
        if upstream is None:
            raise requests.ConnectionError(f"the sample has no host {address.hostname}", request=request)
        question = Question(unquote(address.path), dict(parse_qsl(address.query, keep_blank_values=True)))
        with _ONE_AT_A_TIME:
            said = upstream(question)
        response = requests.Response()
        response.status_code = said.status
        response.reason = responses.get(said.status, "")
        response.headers = CaseInsensitiveDict(
            {
                "Content-Type": said.content_type,
                "Content-Length": str(len(said.body)),
                "Server": "floodmark-sample",
            }
        )
        response.encoding = "utf-8"
        response.raw = io.BytesIO(said.body)
        response.url = request.url or ""
        response.request = request
        return response

    def close(self) -> None:
        """Nothing is held open."""
