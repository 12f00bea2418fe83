"""Zips, checksums and listings as the file archives of Binance and OKX serve them."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence
from typing import Any

VISION, BUCKET = "/data.binance.vision", "/s3-ap-northeast-1.amazonaws.com"
LISTING = f"{BUCKET}/data.binance.vision"


def zipped(name: str, text: str, *more: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in (name, *more):
            archive.writestr(each, text)
    return packed.getvalue()


def checksum(body: bytes, name: str) -> str:
    return f"{hashlib.sha256(body).hexdigest()}  {name}\n"


def listing(keys: Sequence[str] = (), folders: Sequence[str] = (), more: str | None = None) -> str:
    entries = "".join(f"<Contents><Key>{k}</Key><Size>1</Size></Contents>" for k in keys)
    entries += "".join(f"<CommonPrefixes><Prefix>{f}</Prefix></CommonPrefixes>" for f in folders)
    token = f"<NextContinuationToken>{more}</NextContinuationToken>" if more else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"{token}<IsTruncated>{'true' if more else 'false'}</IsTruncated>{entries}</ListBucketResult>"
    )


def serve_file(upstream: Any, path: str, body: bytes, stated: bytes | None = None) -> None:
    upstream.serve(f"{VISION}/{path}", body)
    upstream.serve(f"{VISION}/{path}.CHECKSUM", checksum(stated or body, path.rsplit("/", 1)[-1]))
