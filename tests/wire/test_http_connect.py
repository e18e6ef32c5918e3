import pytest

from raincore.base.endpoint import Endpoint
from raincore.base.errors import RemoteProtocolError
from raincore.wire import http_connect


def test_a_request_names_an_address_or_a_name() -> None:
    target = Endpoint("2001:db8::1", 80)
    assert http_connect.request(target, b"", b"") == (
        b"CONNECT [2001:db8::1]:80 HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n"
    )
    assert http_connect.request(("host", 1), b"me", b"pw") == (
        b"CONNECT host:1 HTTP/1.1\r\nHost: host:1\r\nProxy-Authorization: Basic bWU6cHc=\r\n\r\n"
    )


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.0 204\r\nA: b\r\n\r\n"])
def test_success_is_success(head: bytes) -> None:
    http_connect.check(head)


@pytest.mark.parametrize(
    ("head", "says"),
    [
        (b"SSH-2.0\r\n\r\n", "no HTTP proxy"),
        (b"HTTP/1.1 407 No\r\n\r\n", "user name and a password"),
        (b"HTTP/1.1 403 \x1b[31mForbidden\r\n\r\n", "HTTP 403 .\\[31mForbidden$"),
        (b"HTTP/1.1 502\r\n\r\n", "HTTP 502$"),
    ],
)
def test_everything_else_is_an_error(head: bytes, says: str) -> None:
    with pytest.raises(RemoteProtocolError, match=says):
        http_connect.check(head)
