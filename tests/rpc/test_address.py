"""Addresses of sessions."""

import pytest

from raincore.base.errors import FormatError
from raincore.rpc import address

GOOD = {
    "http://127.0.0.1:7246": ("http://127.0.0.1:7246", "127.0.0.1", 7246, "/", False),
    "http://h": ("http://h:80", "h", 80, "/", False),
    "https://h/a?b=c": ("https://h:443", "h", 443, "/a?b=c", True),
    " localhost ": ("localhost:7246", "localhost", 7246, "/", False),
    "a_b-c.example:1/p": ("a_b-c.example:1", "a_b-c.example", 1, "/p", False),
    "bücher.example:1": ("xn--bcher-kva.example:1", "xn--bcher-kva.example", 1, "/", False),
    "http://[fe80::1%eth0]:99": ("http://[fe80::1%eth0]:99", "fe80::1%eth0", 99, "/", False),
    "[::1]:99": ("[::1]:99", "::1", 99, "/", False),
}


@pytest.mark.parametrize("text", sorted(GOOD))
def test_what_people_type_is_understood(text):
    found = address.parse(text)
    assert (found.place, found.host, found.port, found.target, found.is_secure) == GOOD[text]


@pytest.mark.parametrize("text", ["unix:/run/rain.sock", "unix:///run/rain.sock"])
def test_a_unix_socket_is_a_path(text):
    found = address.parse(text)
    assert (found.place, found.socket) == ("unix:/run/rain.sock", "/run/rain.sock")


def test_a_path_of_a_socket_may_be_relative_as_the_server_shows_it():
    found = address.parse("unix:run/rain.sock")
    assert (found.place, found.socket) == ("unix:run/rain.sock", "run/rain.sock")


def test_user_and_password_are_kept_out_of_messages():
    found = address.parse("http://u:p%40@h:1/")
    assert (found.place, found.credentials) == ("http://h:1", "u:p@")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ftp://h",
        "unix:",
        "unix://",
        "unix://relative",
        "unix:/a\0b",
        "http://h:0",
        "http://h:x",
        "http://",
        "http:/h",
        "ht!tp:/x",
        "ht!tp",
        "http://a,b:1",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(FormatError):
        address.parse(text)
