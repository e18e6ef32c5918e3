import pytest

from raincore.base.endpoint import Endpoint
from raincore.base.errors import RemoteProtocolError
from raincore.wire import socks5
from raincore.wire.socks5 import Command

V4, V6 = Endpoint("192.0.2.1", 0x1234), Endpoint("2001:db8::1", 80)
PACKED_4 = b"\x01\xc0\x00\x02\x01\x12\x34"
PACKED_6 = b"\x04" + bytes.fromhex("20010db8000000000000000000000001") + b"\x00\x50"
PACKED_NAME = b"\x03\x04host\x00\x50"


def test_a_password_is_offered_only_if_there_is_one() -> None:
    assert socks5.greeting(password=False) == b"\x05\x01\x00"
    assert socks5.greeting(password=True) == b"\x05\x02\x00\x02"
    assert not socks5.chosen_password(b"\x05\x00")
    assert socks5.chosen_password(b"\x05\x02")
    assert socks5.credentials(b"me", b"xyz") == b"\x01\x02me\x03xyz"
    socks5.accepted(b"\x01\x00")


@pytest.mark.parametrize(
    ("reply", "says"),
    [(b"\x04\x00", "no SOCKS5"), (b"\x05\xff", "user name"), (b"\x05\x01", "user name")],
)
def test_a_proxy_that_takes_none_of_what_we_offer_is_an_error(reply: bytes, says: str) -> None:
    with pytest.raises(RemoteProtocolError, match=says):
        socks5.chosen_password(reply)


def test_refused_credentials_are_an_error() -> None:
    with pytest.raises(RemoteProtocolError, match="refuses the user name"):
        socks5.accepted(b"\x01\x01")


@pytest.mark.parametrize(
    ("target", "packed"), [(V4, PACKED_4), (V6, PACKED_6), (("host", 80), PACKED_NAME)]
)
def test_requests_name_addresses_and_names(target: socks5.Target, packed: bytes) -> None:
    assert socks5.request(Command.CONNECT, target) == b"\x05\x01\x00" + packed
    assert socks5.request(Command.UDP_ASSOCIATE, target) == b"\x05\x03\x00" + packed
    assert socks5.wrap(b"data", target) == bytes(3) + packed + b"data"


@pytest.mark.parametrize(
    ("packed", "endpoint"), [(PACKED_4, V4), (PACKED_6, V6), (PACKED_NAME, None)]
)
def test_replies_say_where_the_proxy_acts_from(packed: bytes, endpoint: Endpoint | None) -> None:
    reply = b"\x05\x00\x00" + packed
    assert socks5.reply_length(reply[:5]) == len(reply)
    assert socks5.reply_of(reply) == endpoint
    assert socks5.unwrap(bytes(3) + packed + b"data") == (endpoint, b"data")


@pytest.mark.parametrize(
    ("head", "says"),
    [
        (b"\x04\x00\x00\x01\x00", "no SOCKS5"),
        (b"\x05\x05\x00\x01\x00", "connection refused"),
        (b"\x05\x63\x00\x01\x00", "code 99"),
        (b"\x05\x00\x00\x09\x00", "unknown kind of address: 9"),
    ],
)
def test_a_reply_that_is_none_or_says_no_is_an_error(head: bytes, says: str) -> None:
    with pytest.raises(RemoteProtocolError, match=says):
        socks5.reply_length(head)


@pytest.mark.parametrize(
    "datagram",
    [b"", b"\0\0\0\1", b"\0\0\1" + PACKED_4 + b"fragment", b"\0\0\0\2xxxxxxxxx"]
    + [(bytes(3) + PACKED_6)[:size] for size in range(22)],
)
def test_a_datagram_without_a_whole_head_is_refused(datagram: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        socks5.unwrap(datagram)
