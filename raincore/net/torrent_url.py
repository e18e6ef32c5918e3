"""A .torrent file from an http or https URL, within bounds."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from raincore.base.errors import NetworkError
from raincore.formats import metainfo
from raincore.formats.http_url import has_query

if TYPE_CHECKING:
    from raincore.formats.metainfo import Metainfo
    from raincore.net.http_client import HttpClient
    from raincore.net.offload import Offload

__all__ = ["MAX_BYTES", "SECONDS", "fetch", "get"]

MAX_BYTES = 32 * 1024 * 1024
"""As large as a .torrent file may be that is read from disk."""
SECONDS = 30.0
OK = 200


async def fetch(http: HttpClient, url: str, offload: Offload) -> Metainfo:
    """Fetch and check a .torrent file. Which torrent it is, is for the caller to look at.

    Args:
        http: Makes the request, by our own sockets.
        url: http or https; whoever named it may be anybody, so with a query it must lead
            to the internet.
        offload: Parses in its worker "disk": 32 MiB of small values take seconds.

    Raises:
        FormatError: It is no URL, or what is there is no torrent, or larger than 32 MiB.
        NetworkError: Nobody answered within 30 s, all redirects included, with a file.

    Cancelling closes the connection.
    """
    data = await _get(http, url, public_only=has_query(url))
    return await offload.run("disk", partial(metainfo.parse, data))


async def get(http: HttpClient, url: str, *, seconds: float | None = None) -> bytes:
    """Fetch what should be a .torrent file, wherever it is, from a URL that the user gave.

    As `fetch`, but its content is not looked at.
    """
    return await _get(http, url, public_only=False, seconds=seconds)


async def _get(
    http: HttpClient, url: str, *, public_only: bool, seconds: float | None = None
) -> bytes:
    reply = await http.get(
        url, seconds=seconds or SECONDS, max_bytes=MAX_BYTES, public_only=public_only
    )
    if reply.status != OK:
        raise NetworkError(f"the server said: {reply.status}")
    return reply.body
