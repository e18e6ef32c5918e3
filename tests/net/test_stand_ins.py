import pytest

from raincore.base.addresses import stands_for_name
from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConnectError
from raincore.net import stand_ins
from raincore.net.stand_ins import StandIns


def test_an_address_stands_for_itself() -> None:
    names = StandIns()
    for endpoint in (Endpoint("192.0.2.1", 5), Endpoint("2001:db8::1", 5)):
        assert names.endpoint_of(endpoint.host, 5) == endpoint
        assert names.target_of(endpoint) == endpoint


def test_a_name_has_one_stand_in_whatever_the_port_and_spelling() -> None:
    names = StandIns()
    one, two = names.endpoint_of("Host.Example.", 1), names.endpoint_of("host.example", 2)
    assert (one.host, one.port, two.port) == (two.host, 1, 2)
    assert stands_for_name(one)
    assert names.target_of(one) == ("host.example", 1)
    assert names.endpoint_of("other.example", 1).host != one.host


@pytest.mark.parametrize("name", ["", "no name", "a" * 64, "x." * 150, "münchen.example", "-x"])
def test_what_can_be_no_name_is_refused(name: str) -> None:
    with pytest.raises(ConnectError, match="not a host name"):
        StandIns().endpoint_of(name, 1)


def test_the_oldest_name_is_forgotten_when_there_are_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stand_ins, "MAX_NAMES", 2)
    monkeypatch.setattr(stand_ins, "LAST", stand_ins.FIRST + 2)
    names = StandIns()
    first = names.endpoint_of("a", 1)
    for name in "bcd":
        again = names.endpoint_of(name, 1)
        assert names.target_of(again) == (name, 1)
    assert again == first, "the range is used again from its beginning"
    assert names.target_of(names.endpoint_of("b", 1)) == ("b", 1)
