import errno
import socket

import pytest

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
        (
            Blocked("blocked by the blocklist: 192.0.2.1"),
            Blocked,
            "blocked by the blocklist: 192.0.2.1",
        ),
        (NotBound("IPv6 is not used"), NotBound, "IPv6 is not used"),
        (
            caused(ConnectError("cannot resolve host: x"), NetworkError("x")),
            ConnectError,
            "cannot resolve host: x",
        ),
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
            caused(ConnectError("self-signed certificate: 192.0.2.1:443"), ValueError("x")),
            ConnectError,
            "TLS handshake has failed: self-signed certificate",
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
    found = str(tracker_errors.status_error(status, {"content-type": kind}, body))
    assert text in found
    assert len(found) < 200


@pytest.mark.parametrize(
    ("later", "seconds"),
    [
        ("120", 120.0),
        ("9999999", 86400.0),
        ("99999999", None),
        ("0", None),
        ("-1", None),
        ("\u0661", None),
        ("", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", None),
    ],
)
def test_a_server_may_say_when_to_come_back(later: str, seconds: float | None) -> None:
    error = tracker_errors.status_error(503, {"retry-after": later}, b"")
    assert error.retry_seconds == seconds
    assert tracker_errors.explained(error, "t.example") is error
