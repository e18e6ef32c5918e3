"""The limit is raised as far as the system lets us, and divided so that nothing starves."""

import errno
import os
import resource

import pytest

from raincore.base.config import Config, ProcessLimits
from raincore.base.errors import ConfigError
from raincore.session import open_files
from raincore.session.services import open_services


class System:
    """A system with limits; refuses to go beyond `ceiling`."""

    def __init__(self, monkeypatch, soft, hard, ceiling=None):
        self.limits, self.ceiling = (soft, hard), ceiling
        monkeypatch.setattr(resource, "getrlimit", lambda what: self.limits)
        monkeypatch.setattr(resource, "setrlimit", self.set)

    def set(self, what, limits):
        if self.ceiling is not None and limits[0] > self.ceiling:
            raise ValueError("not allowed to raise maximum limit")
        self.limits = limits


@pytest.mark.parametrize(
    ("soft", "hard", "wanted", "got"),
    [
        (1024, 4096, 10240, 4096),
        (1024, 1 << 20, 10240, 10240),
        (1024, resource.RLIM_INFINITY, 10240, 10240),
        (20000, 20000, 10240, 20000),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, 10240, 10240),
    ],
)
def test_the_limit_is_raised_and_never_lowered(monkeypatch, soft, hard, wanted, got):
    system = System(monkeypatch, soft, hard)
    assert open_files.raise_limit(wanted) == got
    assert system.limits[1] == hard
    assert system.limits[0] in (got, resource.RLIM_INFINITY)


def test_a_system_that_refuses_leaves_us_what_we_have(monkeypatch):
    system = System(monkeypatch, 1024, 1 << 20, ceiling=2000)
    assert open_files.raise_limit(10240) == 1024
    assert system.limits[0] == 1024


@pytest.mark.parametrize("limit", [48, 64, 100, 256, 1024, 10240, 1 << 20])
def test_all_parts_fit_and_none_is_empty(limit):
    parts = open_files.divide(limit, 4000)
    assert parts.connections + parts.strangers + parts.files < limit
    assert min(parts.connections, parts.strangers, parts.files) >= 3
    assert parts.connections <= 4000


@pytest.mark.parametrize(("lowest", "scarce"), [(3, False), (191, False), (192, True)])
def test_they_are_scarce_when_most_are_in_use(monkeypatch, lowest, scarce):
    monkeypatch.setattr(os, "open", lambda *_: lowest)
    monkeypatch.setattr(os, "close", lambda _: None)
    assert open_files.divide(256, 4000).are_scarce() is scarce


def test_they_are_scarce_when_there_is_none(monkeypatch):
    def refuse(*_):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(os, "open", refuse)
    assert open_files.divide(256, 4000).are_scarce()


def test_too_few_to_do_anything_are_an_error_that_says_so():
    with pytest.raises(ConfigError, match=r"too few open files .*ulimit -n\): 40; 48 are needed"):
        open_files.divide(40, 4000)


def test_preparing_raises_and_divides(monkeypatch):
    System(monkeypatch, 256, 512)
    parts = open_files.prepare(ProcessLimits(max_connections=50))
    assert (parts.limit, parts.connections) == (512, 50)


async def test_a_session_shares_what_there_is(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    limits = ProcessLimits(max_connections=20, max_half_open=7)
    async with open_services(Config(process=limits)) as services:
        resources = services.world.resources
        assert (resources.connections.total, resources.half_open.total) == (20, 7)
        assert services.allowance.total == services.open_files.files
        assert services.store is not None
        services.store.close()
