"""Whoever controls a server gets in although there are no descriptors left."""

import os
import resource
from contextlib import contextmanager

import pytest
import trio

from raincore.rpc.spare import Spare
from tests.rpc import served

CALL = b'{"jsonrpc":"2.0","method":"Session.Version","id":0}'


@contextmanager
def exhausted(free):
    """A process that may open so many files and no more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(lowest + free, 3), hard))
    taken = []
    try:
        while True:  # up to the limit, if there are holes below it
            try:
                taken.append(os.open(os.devnull, os.O_RDONLY))
            except OSError:
                break
        for _ in range(free):
            os.close(taken.pop())
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for descriptor in taken:
            os.close(descriptor)


def opened(spare):
    return len(spare._kept)


def test_what_is_lent_is_opened_again():
    spare = Spare(2)
    assert [spare.lend() for _ in range(3)] == [True, True, False]
    spare.refill()
    assert opened(spare) == 2
    spare.close()
    spare.refill()
    assert opened(spare) == 0


def test_of_what_is_not_to_be_had_less_is_kept():
    with exhausted(1):
        spare = Spare(3)
        assert opened(spare) == 1
    spare.refill()
    assert opened(spare) == 3
    spare.close()


@pytest.mark.parametrize("rounds", [3])
async def test_a_server_without_descriptors_can_be_asked(rounds, caplog):
    """The client has one; the server takes one of those that it keeps, again and again."""
    async with served.serving() as server:
        assert (await server.ask(CALL)).status == 200  # whatever is imported for it is
        with trio.fail_after(20), exhausted(1):
            for _ in range(rounds):
                assert (await server.ask(CALL)).status == 200
    assert "no connection" not in caplog.text
