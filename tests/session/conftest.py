"""A session of a test's own: its place, its ports, its content."""

from dataclasses import replace

import pytest
import trio

from raincore.base.config import Config, SessionRules
from raincore.formats import metainfo
from tests.sim.content import Sample, sample
from tests.surroundings import LOOPBACK

SECONDS = 60


@pytest.fixture
def own_state(monkeypatch, tmp_path) -> None:
    """State goes to the test's own directory."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def config(own_state, tmp_path) -> Config:
    """Settings of a session on loopback."""
    rules = SessionRules(listen_host="127.0.0.1", port_begin=21000, port_end=21900)
    return replace(LOOPBACK, data_dir=str(tmp_path / "data"), session=rules)


@pytest.fixture
def made() -> Sample:
    """Content of 20 pieces."""
    return sample(1, pieces=20)


@pytest.fixture
def torrent(made) -> bytes:
    """Its .torrent file."""
    return metainfo.encode(made.info.raw)


@pytest.fixture
def put(made, tmp_path):
    """Puts the content where a torrent of that id looks for it."""

    def put(id: str):
        directory = tmp_path / "data" / id
        directory.mkdir(parents=True, exist_ok=True)
        file = directory / made.info.name
        file.write_bytes(made.content)
        return file

    return put


@pytest.fixture
def reaches():
    """Waits until a torrent has a status."""

    async def reaches(torrent, status) -> None:
        with trio.fail_after(SECONDS):
            while torrent.status is not status:
                await trio.sleep(0.01)

    return reaches
