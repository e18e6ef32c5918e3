"""Each port is lent once, and what is given back is lent again."""

import random

import pytest

from raincore.base.errors import ConfigError
from raincore.base.session_errors import NoFreePort
from raincore.session.ports import Ports


def ports(begin: int = 10, end: int = 14) -> Ports:
    return Ports(begin, end, random.Random(1))


def test_every_port_of_the_range_is_lent_once():
    lent = ports()
    assert sorted(lent.take() for _ in range(4)) == [10, 11, 12, 13]
    assert lent.available == 0
    with pytest.raises(NoFreePort):
        lent.take()
    lent.give_back(12)
    lent.give_back(12)
    assert lent.take() == 12


def test_a_port_of_the_last_run_is_claimed_once():
    lent = ports()
    assert lent.claim(11)
    assert not lent.claim(11)
    assert not lent.claim(14)
    lent.give_back(14)
    assert lent.available == 3
    assert 11 not in {lent.take() for _ in range(3)}


@pytest.mark.parametrize(("begin", "end"), [(0, 5), (5, 5), (6, 5), (1, 65537)])
def test_a_range_without_ports_is_refused(begin, end):
    with pytest.raises(ConfigError, match="invalid port range"):
        ports(begin, end)
