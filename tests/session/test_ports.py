"""Each port is lent once, and what is given back is lent again."""

import random
import tracemalloc

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


@pytest.mark.parametrize(("begin", "end"), [(30000, 30000), (0, 0), (5, 4)])
def test_who_needs_no_port_may_have_none(begin, end):
    none = Ports(begin, end, random.Random(1), may_be_none=True)
    assert none.available == 0
    assert not none.claim(begin)
    with pytest.raises(NoFreePort):
        none.take()


def test_a_range_of_which_nothing_is_lent_costs_nothing():
    tracemalloc.start()
    try:
        lent = ports(1, 65536)
        assert tracemalloc.get_traced_memory()[0] < 4096
        assert lent.available == 65535
    finally:
        tracemalloc.stop()


def test_whatever_is_taken_claimed_and_given_back_no_port_is_lent_twice_or_lost():
    dice, lent = random.Random(7), ports(100, 140)
    out: set[int] = set()
    for _ in range(5000):
        match dice.randrange(3):
            case 0 if len(out) < 40:
                port = lent.take()
                assert port not in out
                out.add(port)
            case 1:
                port = dice.randrange(95, 145)
                assert lent.claim(port) == (100 <= port < 140 and port not in out)
                out |= {port} & set(range(100, 140))
            case _:
                port = dice.randrange(95, 145)
                lent.give_back(port)
                out.discard(port)
        assert lent.available == 40 - len(out)
    for port in out:
        lent.give_back(port)
    assert {lent.take() for _ in range(40)} == set(range(100, 140))


def test_any_free_port_may_be_the_next():
    lent = ports(10, 14)
    lent.claim(11)
    got = set()
    for _ in range(100):
        port = lent.take()
        lent.give_back(port)
        got.add(port)
    assert got == {10, 12, 13}
