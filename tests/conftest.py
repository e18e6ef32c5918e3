"""Coroutine tests run under trio; time may be virtual; chance has one seed.

    pytest --seed N          replays a run whose header or failure named N
    pytest --write-golden    writes what commands print to tests/tools/golden; read the diff

A coroutine test becomes a `trio.testing.trio_test`, which runs it on the clock that it
finds among the test's arguments: ask for `autojump_clock` and sleeping costs nothing.
"""

from __future__ import annotations

import inspect
import signal
from collections.abc import Iterator

import hypothesis
import pytest
import trio.testing

from tests import stdout_lines, surroundings

DEFAULT_SEED = 1

# No test fails because the machine has other things to do.
hypothesis.settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("untimed")

# A shell has what runs in its background ignore Ctrl-C, and so would the commands under test.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--seed",
        type=int,
        default=DEFAULT_SEED,
        help="seed of every test that rolls dice (default: %(default)s)",
    )
    parser.addoption("--write-golden", action="store_true", help="renew the golden outputs")


def pytest_report_header(config: pytest.Config) -> str:
    return f"seed: {config.getoption('--seed')}"


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> None:
    if inspect.iscoroutinefunction(pyfuncitem.obj):
        pyfuncitem.obj = trio.testing.trio_test(pyfuncitem.obj)


@pytest.fixture
def autojump_clock() -> trio.testing.MockClock:
    """A clock that jumps to the next deadline as soon as every task waits."""
    return trio.testing.MockClock(autojump_threshold=0)


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """The seed of this run, for `random.Random(seed)` and for simulated networks."""
    number: int = request.config.getoption("--seed")
    return number


@pytest.fixture(autouse=True, scope="session")
def loopback_only() -> Iterator[None]:
    """No command that a test runs looks for peers beyond this machine, unless told to."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in surroundings.LOOPBACK_ONLY.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(autouse=True, scope="session")
def checked_stdout() -> Iterator[None]:
    """No test sees a line of JSON from a command that breaks its schema."""
    with pytest.MonkeyPatch.context() as patch:
        stdout_lines.watch(patch)
        yield
