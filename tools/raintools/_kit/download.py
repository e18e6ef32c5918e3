"""Get a .torrent file from an http or https URL, within bounds."""

from __future__ import annotations

import http.client
import ssl
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from raincore.base.errors import ConnectError, FormatError, NetworkError, TimedOut
from raintools._kit import exits

if TYPE_CHECKING:
    from http.client import HTTPResponse

__all__ = ["get"]

MAX_BYTES = 10 * 1024 * 1024
TIMEOUT_SECONDS = 30.0
HANDLERS = (
    urllib.request.ProxyHandler,
    urllib.request.HTTPHandler,
    urllib.request.HTTPSHandler,
    urllib.request.HTTPRedirectHandler,  # at most ten, and no loops
    urllib.request.HTTPDefaultErrorHandler,
    urllib.request.HTTPErrorProcessor,
    urllib.request.UnknownHandler,  # refuses file:, ftp: and data:, also after a redirect
)


def get(url: str) -> bytes:
    """Fetch a URL of at most 10 MiB in at most 30 s; proxies as the environment says.

    Raises:
        FormatError: It is no proper URL, or the file is too large.
        NetworkError: Nobody answered, in time, with a file.
    """
    if url.partition("://")[2][:1] in ("", "/"):
        raise FormatError("is no proper URL: it names no host")
    opener = urllib.request.OpenerDirector()
    for handler in HANDLERS:
        opener.add_handler(handler())
    deadline = time.monotonic() + TIMEOUT_SECONDS
    try:
        # The handlers above are what audits the scheme.
        request = urllib.request.Request(url, headers={"User-Agent": "rain"})  # noqa: S310
        with opener.open(request, timeout=TIMEOUT_SECONDS) as response:
            return _read(response, deadline)
    except urllib.error.HTTPError as error:
        raise NetworkError(f"the server said: {error.code} {error.reason}") from error
    except TimeoutError as error:
        raise TimedOut("no answer within 30 s") from error
    except http.client.InvalidURL as error:
        raise FormatError("is no proper URL") from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, TimeoutError):
            raise TimedOut("no answer within 30 s") from error
        reason = error.reason if isinstance(error.reason, OSError) else error
        raise ConnectError(f"cannot be fetched: {_said(reason)}") from error
    except (OSError, http.client.HTTPException) as error:
        raise NetworkError(f"cannot be fetched: {exits.message_of(error)}") from error
    except ValueError as error:
        raise FormatError("is no proper URL") from error


def _said(error: Exception) -> str:
    if isinstance(error, ssl.SSLError) and error.reason:  # the rest is a place in its C code
        reason = getattr(error, "verify_message", "") or error.reason.lower().replace("_", " ")
        return f"TLS handshake has failed: {reason}"
    return exits.message_of(error)


def _read(response: HTTPResponse, deadline: float) -> bytes:
    parts = []
    room = MAX_BYTES
    while part := response.read1(min(room + 1, 65536)):
        if time.monotonic() > deadline:
            raise TimedOut("not finished within 30 s")
        room -= len(part)
        if room < 0:
            raise FormatError("larger than 10 MiB, which is too large for a .torrent file")
        parts.append(part)
    return b"".join(parts)
