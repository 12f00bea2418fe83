"""The public file archive of Binance (data.binance.vision): what is there, and files that verify.

Keyless and not geo-blocked, unlike the REST hosts; every zip has a `.CHECKSUM` (sha256) beside it.
Listings come from the S3 bucket behind it, 1,000 keys a page.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from pipelines.sources.bodies import whole_zip
from pipelines.sources.contract import Answer, Retry, Unparsable
from pipelines.sources.http import Client
from pipelines.sources.upstream import Reply, Upstream

# neither host states a limit; this is ours, so that four workers stay a polite guest
FILES = Upstream("https://data.binance.vision", rates=((40, 1.0),))
BUCKET = Upstream("https://s3-ap-northeast-1.amazonaws.com", rates=((20, 1.0),))


def periods(client: Client, stem: str, after: str | None = None) -> list[str]:
    """What stands between `stem` and `.zip` in the archive: months or days, ascending.

    `after` leaves out everything up to that period (and saves its pages).
    """
    keys = _listed(client, stem, "Contents", "Key", after=None if after is None else stem + after)
    return sorted({key[len(stem) : -len(".zip")] for key in keys if key.endswith(".zip")})


def folders(client: Client, folder: str) -> list[str]:
    """The names of the folders inside `folder` (which ends with a slash): symbols, ascending."""
    found = _listed(client, folder, "CommonPrefixes", "Prefix", delimiter="/")
    return sorted({prefix[len(folder) :].rstrip("/") for prefix in found})


def file(client: Client, path: str) -> Answer:
    """One zip of the archive, verified against its published checksum; 404 is `NotPublished`."""
    name = path.rsplit("/", 1)[-1]
    stated = client.get(FILES, f"/{path}.CHECKSUM", whole=lambda reply: _checksum(reply, name), absent=(404,))
    sha256 = stated.body.split()[0].decode()
    return client.get(FILES, f"/{path}", whole=whole_zip(sha256), absent=(404,))


def _checksum(reply: Reply, name: str) -> None:
    if not re.fullmatch(rf"[0-9a-f]{{64}} [ *]{re.escape(name)}\s*", reply.text):
        raise Retry(f"not the checksum of {name}: {reply.excerpt(80)!r}")


def _listed(
    client: Client,
    prefix: str,
    entry: str,
    field: str,
    *,
    delimiter: str | None = None,
    after: str | None = None,
) -> list[str]:
    """Every entry below `prefix`, over all pages."""
    found: list[str] = []
    token: str | None = None
    while True:
        asked = {
            "list-type": 2,
            "prefix": prefix,
            "delimiter": delimiter,
            "start-after": after if token is None else None,
            "continuation-token": token,
        }
        page = _tree(client.get(BUCKET, "/data.binance.vision", asked, whole=_whole).body)
        for element in page.iterfind(f"{{*}}{entry}"):
            value = element.findtext(f"{{*}}{field}")
            if not value or not value.startswith(prefix):
                raise Unparsable(f"listing: {entry} without a {field} below {prefix!r}, found {value!r}")
            found.append(value)
        if page.findtext("{*}IsTruncated") == "false":
            return found
        following = page.findtext("{*}NextContinuationToken")
        if not following or following == token:
            raise Unparsable("listing: more is promised, but NextContinuationToken is not there")
        token = following


def _whole(reply: Reply) -> None:
    root = _tree(reply.body)
    if root.tag.rpartition("}")[2] != "ListBucketResult":
        raise Retry(f"expected a ListBucketResult, found {root.tag[:60]}")
    if root.findtext("{*}IsTruncated") not in ("true", "false"):
        raise Unparsable("listing: field 'IsTruncated' is not there")


def _tree(body: bytes) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        raise Retry(f"the body is not whole XML ({error})") from None
