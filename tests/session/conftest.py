"""A session of a test's own: its place, its ports, its content."""

import hashlib
from dataclasses import replace

import pytest
import trio

from raincore.base.config import Config, SessionRules
from raincore.formats import bencoding, metainfo
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


SONGS = {"one": b"1" * 49152, "two": b"2" * 49152, "three": b"3" * 49152}


@pytest.fixture
def album() -> bytes:
    """A .torrent file of three files, each of three pieces."""
    content = b"".join(SONGS.values())
    pieces = [content[begin : begin + 16384] for begin in range(0, len(content), 16384)]
    files = [{"length": len(song), "path": [name]} for name, song in SONGS.items()]
    hashes = b"".join(hashlib.sha1(piece).digest() for piece in pieces)
    info = {"files": files, "name": "album", "piece length": 16384, "pieces": hashes}
    return metainfo.encode(bencoding.encode(info))


@pytest.fixture
def put_album(tmp_path):
    """Puts the three files where a torrent of that id looks for them."""

    def put_album(id: str) -> None:
        directory = tmp_path / "data" / id / "album"
        directory.mkdir(parents=True)
        for name, song in SONGS.items():
            (directory / name).write_bytes(song)

    return put_album


@pytest.fixture
def reaches():
    """Waits until a torrent has a status."""

    async def reaches(torrent, status) -> None:
        with trio.fail_after(SECONDS):
            while torrent.status is not status:
                await trio.sleep(0.01)

    return reaches
