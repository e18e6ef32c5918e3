"""A session on a disk that is full or read-only loses nothing, and says what is wrong."""

import os
import subprocess
from dataclasses import replace

import pytest
import trio

from raincore import AddOptions, Session
from raincore.base.config import Config, SessionRules
from raincore.base.errors import StorageError
from raincore.documents.session_records import TorrentStatus
from raincore.formats import metainfo
from tests.interop.processes import OWN_PORTS
from tests.sim.content import sample
from tests.surroundings import LOOPBACK

MADE = sample(1, pieces=20)
TORRENT = metainfo.encode(MADE.info.raw)
pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(os.geteuid() != 0, reason="mounting takes root"),
]


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A file system of one MiB."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "rain-test", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("tmpfs cannot be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def config(data, database) -> Config:
    rules = SessionRules(
        listen_host="127.0.0.1",
        port_begin=OWN_PORTS.start,
        port_end=OWN_PORTS.stop,
        database=str(database),
    )
    return replace(LOOPBACK, data_dir=str(data), session=rules)


def fill(path) -> None:
    with path.open("wb") as file:
        while True:
            file.write(bytes(4096))
            file.flush()


async def add_many(session: Session) -> None:
    for number in range(100):
        await session.add_torrent(TORRENT, AddOptions(id=f"b{number}", stopped=True))


async def test_what_a_full_disk_cannot_keep_is_refused_and_nothing_else_is_lost(small, tmp_path):
    settings = config(tmp_path / "data", small / "db")
    with trio.fail_after(60):
        async with Session(settings) as session:
            await session.add_torrent(TORRENT, AddOptions(id="a", stopped=True))
            filler = small / "filler"
            with pytest.raises(OSError, match="No space left"):
                fill(filler)
            with pytest.raises(StorageError) as refused:
                await add_many(session)
            assert "database" in str(refused.value)
            added = {one.id for one in session.torrents()}
            filler.unlink()
            await session.add_torrent(TORRENT, AddOptions(id="c", stopped=True))
        async with Session(settings) as session:
            assert {one.id for one in session.torrents()} == {*added, "c"}


async def test_content_that_cannot_be_written_is_told_and_goes_on_later(small, tmp_path):
    here = config(tmp_path / "seed", tmp_path / "db1")
    there = config(small, tmp_path / "db2")
    (tmp_path / "seed" / "a").mkdir(parents=True)
    (tmp_path / "seed" / "a" / "sample").write_bytes(MADE.content)
    with trio.fail_after(120):
        async with Session(here) as one, Session(there) as two:
            seed = await one.add_torrent(TORRENT, AddOptions(id="a"))
            await seed.wait_complete()
            link = f"{seed.magnet()}&x.pe=127.0.0.1:{seed.port}"
            copy = await two.add_uri(link, AddOptions(id="b"))
            while "no space left" not in copy.error:
                await trio.sleep(0.05)
            assert copy.stats().error == copy.error
            assert copy.status is TorrentStatus.DOWNLOADING
            subprocess.run(["mount", "-o", "remount,size=9m", str(small)], check=True)
            await copy.wait_complete()
            assert not copy.error
            assert (small / "b" / "sample").read_bytes() == MADE.content


async def test_a_read_only_data_directory_is_told_and_the_session_goes_on(small, tmp_path):
    here = config(tmp_path / "seed", tmp_path / "db1")
    there = config(small, tmp_path / "db2")
    (tmp_path / "seed" / "a").mkdir(parents=True)
    (tmp_path / "seed" / "a" / "sample").write_bytes(MADE.content)
    subprocess.run(["mount", "-o", "remount,ro,size=9m", str(small)], check=True)
    with trio.fail_after(120):
        async with Session(here) as one, Session(there) as two:
            seed = await one.add_torrent(TORRENT, AddOptions(id="a"))
            await seed.wait_complete()
            begin = two.changes_since(0).revision
            link = f"{seed.magnet()}&x.pe=127.0.0.1:{seed.port}"
            copy = await two.add_uri(link, AddOptions(id="b"))
            async for event in two.events(begin):
                if event.kind == "warning" and "read-only" in event.message:
                    break
            subprocess.run(["mount", "-o", "remount,rw", str(small)], check=True)
            await copy.wait_complete()


async def test_on_a_full_disk_a_session_opens_and_removes_what_fills_it(small, tmp_path):
    subprocess.run(["mount", "-o", "remount,size=20m", str(small)], check=True)
    settings = config(small / "data", small / "db")
    (small / "data" / "a").mkdir(parents=True)
    (small / "data" / "a" / "sample").write_bytes(MADE.content)
    with trio.fail_after(60):
        async with Session(settings) as session:
            await (await session.add_torrent(TORRENT, AddOptions(id="a"))).wait_complete()
        with pytest.raises(OSError, match="No space left"):
            fill(small / "filler")
        async with Session(settings) as session:
            await session.get("a").stop()
            await session.remove("a", keep_data=False)
            assert not (small / "data" / "a").exists()
        async with Session(settings) as session:
            assert not session.torrents()


async def test_content_that_has_vanished_is_waited_for_and_not_fetched_again(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    here = config(tmp_path / "seed", tmp_path / "db1")
    there = config(tmp_path / "copy", tmp_path / "db2")
    for place in ("seed", "copy"):
        (tmp_path / place / "a").mkdir(parents=True)
        (tmp_path / place / "a" / "sample").write_bytes(MADE.content)
    with trio.fail_after(120):
        async with Session(here) as one:
            seed = await one.add_torrent(TORRENT, AddOptions(id="a"))
            async with Session(there) as two:
                peers = (f"127.0.0.1:{seed.port}",)
                mine = await two.add_torrent(TORRENT, AddOptions(id="a", peers=peers))
                await mine.wait_complete()
            (tmp_path / "copy").rename(tmp_path / "unmounted")
            async with Session(there) as two:
                mine = two.get("a")
                while "the content is gone" not in mine.error:
                    await trio.sleep(0.05)
                assert mine.explain()[0].cause == "disk"
                assert not (tmp_path / "copy").exists()
                (tmp_path / "unmounted").rename(tmp_path / "copy")
                while mine.status is not TorrentStatus.SEEDING:
                    await trio.sleep(0.05)
                await mine.stop()
                await mine.wait_stopped()
                (tmp_path / "copy" / "a" / "sample").unlink()
                await mine.verify()  # who says so begins anew
                await mine.wait_stopped()
                await mine.start()
                await mine.wait_complete()
                assert (tmp_path / "copy" / "a" / "sample").read_bytes() == MADE.content
