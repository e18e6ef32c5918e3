"""The commands as programs, and a directory to try them in."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools import dht_thread, launchers
from tests.tools.place import DIRECTORY, Place


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return launchers.make_launchers(tmp_path_factory.mktemp("bin"))


@pytest.fixture(scope="session")
def nodes() -> Iterator[list[str]]:
    """The addresses of a small DHT on loopback."""
    with dht_thread.running() as addresses:
        yield addresses


@pytest.fixture
def entrance(nodes: list[str]) -> list[str]:
    """The options that lead a command into it."""
    return ["--bootstrap", nodes[0]]


@pytest.fixture
def place(programs: Path, tmp_path: Path) -> Place:
    """A working directory that holds `photos`, a directory of odd sizes and names."""
    dice = random.Random(1)
    for name, size in DIRECTORY.items():
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(dice.randbytes(size))
    return Place(programs, tmp_path)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that run in this process keep their state apart from the user's, too."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / ".local" / "state"))
