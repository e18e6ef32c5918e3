import errno
import socket

import pytest

from raincore.base.errors import (
    ConnectError,
    FormatError,
    ListenError,
    NetworkError,
    RainError,
    RemoteProtocolError,
    TimedOut,
    TrackerError,
)
from raincore.net import tracker_errors


def caused(error: RainError, cause: BaseException) -> RainError:
    error.__cause__ = cause
    return error


def connecting(number: int) -> RainError:
    return caused(ConnectError("x", "h"), OSError(number, "Something Odd"))


def looking_up(number: int) -> RainError:
    return caused(ConnectError("x", "h"), socket.gaierror(number, "x"))


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (connecting(errno.ECONNREFUSED), ConnectError, "tracker refused the connection"),
        (connecting(errno.EHOSTUNREACH), ConnectError, "no route to host: t.example"),
        (connecting(errno.ENETUNREACH), ConnectError, "network is unreachable: t.example"),
        (connecting(errno.EACCES), ConnectError, "something odd: t.example"),
        (looking_up(socket.EAI_NONAME), ConnectError, "host not found: t.example"),
        (
            looking_up(socket.EAI_AGAIN),
            ConnectError,
            "temporary failure in name resolution: t.example",
        ),
        (looking_up(socket.EAI_FAIL), ConnectError, "server misbehaving: t.example"),
        (
            caused(ConnectError("x"), ValueError("bad certificate")),
            ConnectError,
            "TLS handshake has failed",
        ),
        (ConnectError("no address of this kind: t"), ConnectError, "no address of this kind: t"),
        (TimedOut("x", "h"), TimedOut, "timeout contacting tracker"),
        (NetworkError("it broke", "h"), NetworkError, "tracker closed the connection"),
        (NetworkError("more than 5 redirects"), NetworkError, "more than 5 redirects"),
        (RemoteProtocolError("no bencode"), TrackerError, "invalid response from tracker: no b"),
        (FormatError("too long"), TrackerError, "invalid response from tracker: too long"),
        (TrackerError("unregistered"), TrackerError, "announce error: unregistered"),
        (ListenError("no ipv6: ::", "::"), ListenError, "no ipv6: ::"),
    ],
)
def test_every_failure_has_its_text(error: RainError, kind: type, text: str) -> None:
    found = tracker_errors.explained(error, "t.example")
    assert type(found) is kind
    assert str(found).startswith(text)


def test_how_long_to_stay_away_is_kept() -> None:
    found = tracker_errors.explained(TrackerError("no", 300.0), "t.example")
    assert isinstance(found, TrackerError)
    assert found.retry_seconds == 300.0


@pytest.mark.parametrize(
    ("status", "kind", "body", "text"),
    [
        (404, "text/html", b"<p>", "tracker returned HTTP status: 404"),
        (503, "text/plain; charset=utf-8", b"busy\x1b\n", "HTTP status: 503 message: busy�"),
        (503, "text/plain", b"x" * 5000, "x" * 99),
        (204, "text/plain", b"", "tracker returned HTTP status: 204"),
    ],
)
def test_a_status_is_told_with_the_servers_words(
    status: int, kind: str, body: bytes, text: str
) -> None:
    found = str(tracker_errors.status_error(status, kind, body))
    assert text in found
    assert len(found) < 200
