"""Why an announce failed, in the words that a person is told.

The texts are those of rain's first version, since programs look for them.
"""

from __future__ import annotations

import errno
import socket

from raincore.base.errors import (
    Blocked,
    ConnectError,
    FormatError,
    ListenError,
    NetworkError,
    NotBound,
    RainError,
    RemoteProtocolError,
    TimedOut,
    TrackerError,
)
from raincore.base.printable import printable
from raincore.wire.announce import bounded_seconds

__all__ = ["explained", "status_error"]

REFUSED = {
    errno.ECONNREFUSED: "tracker refused the connection",
    errno.EHOSTUNREACH: "no route to host",
    errno.ENETUNREACH: "network is unreachable",
}
LOOKUPS = {
    socket.EAI_NONAME: "host not found",
    socket.EAI_AGAIN: "temporary failure in name resolution",
    socket.EAI_NODATA: "no address associated with hostname",
}
MAX_MESSAGE = 100
CLOSED = "tracker closed the connection"


class _Status(TrackerError):
    """An HTTP status instead of an answer; the text is whole already."""


def explained(error: RainError, host: str, doing: str = "announce") -> NetworkError:
    """Turn what came of an announce into one error with a text for people.

    Args:
        error: From the network, or from reading the answer.
        host: The tracker's, for the texts that name it.
        doing: What was refused, if it was: "announce" or "scrape".

    Returns:
        Of the same kind where it is one of the network, TrackerError if the tracker
        answered; keeps `retry_seconds`.
    """
    shown = printable(host)
    if isinstance(error, _Status):
        return error
    if isinstance(error, TrackerError):
        return TrackerError(f"{doing} error: {error}", error.retry_seconds)
    if isinstance(error, TimedOut):
        return TimedOut("timeout contacting tracker", shown)
    if isinstance(error, (Blocked, NotBound)):
        return error
    if isinstance(error, ConnectError):
        return ConnectError(_of_connecting(error, shown), shown)
    if isinstance(error, (RemoteProtocolError, FormatError)):
        return TrackerError(f"invalid response from tracker: {error}")
    if isinstance(error, ListenError):
        return error
    # Who names an endpoint lost a connection; the others have said what is wrong.
    return NetworkError(CLOSED if getattr(error, "endpoint", None) else str(error), shown)


def status_error(status: int, headers: dict[str, str], body: bytes) -> TrackerError:
    """An HTTP answer that is no answer of a tracker.

    Args:
        status: 404 and so on.
        headers: The answer's; if it is plain text, that is shown, and who is told when to
            come back (RFC 9110, 10.2.3) does not before.
    """
    text = f"tracker returned HTTP status: {status}"
    message = printable(body[: 4 * MAX_MESSAGE].strip(), MAX_MESSAGE)
    if status >= 400 and headers.get("content-type", "").startswith("text/plain") and message:
        text = f"{text} message: {message}"
    later = headers.get("retry-after", "").strip()
    known = later.isascii() and later.isdigit() and len(later) < 8
    return _Status(text, bounded_seconds(int(later)) if known else None)


def _of_connecting(error: ConnectError, host: str) -> str:
    cause = error.__cause__
    if isinstance(cause, socket.gaierror):
        return f"{LOOKUPS.get(cause.errno or 0, 'server misbehaving')}: {host}"
    if isinstance(cause, OSError) and cause.errno in REFUSED:
        text = REFUSED[cause.errno]
        return text if cause.errno == errno.ECONNREFUSED else f"{text}: {host}"
    if isinstance(cause, OSError):
        return f"{(cause.strerror or str(cause)).lower()}: {host}"
    if cause is None or isinstance(cause, RainError):  # we have found a reason of our own
        return str(error)
    return f"TLS handshake has failed: {error.args[0].rpartition(': ')[0]}"  # only TLS has others
