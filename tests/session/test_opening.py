"""What a session opens, it closes; what cannot be opened is a clear error."""

import stat
from dataclasses import replace

import pytest
import trio
import trio.testing

from raincore import AddOptions, Session
from raincore.base.errors import ConfigError, StorageError
from raincore.base.session_errors import SessionError, SessionLocked
from raincore.session.opening import open_commons
from raincore.storage import database


async def test_nothing_is_left_behind(config):
    before = trio.lowlevel.current_statistics().tasks_living
    warnings: list[str] = []
    async with open_commons(config, warnings.append) as (commons, loaded):
        assert not loaded.torrents
        assert commons.dht is None
        commons.ledger.put("torrent:a", {"v": 99})
    await trio.testing.wait_all_tasks_blocked()
    assert trio.lowlevel.current_statistics().tasks_living == before
    assert warnings == []
    async with open_commons(config, warnings.append) as (_, loaded):
        assert set(loaded.damaged) == {"a"}


async def test_two_sessions_cannot_have_one_database_but_two_can_have_two(config, tmp_path):
    other = replace(config, data_dir=str(tmp_path / "other" / "data"))
    async with Session(config), Session(other):
        with pytest.raises(SessionLocked, match="locked by another process"):
            async with Session(config):
                pytest.fail("opened")
    async with Session(config):
        pass


async def test_settings_without_sense_are_refused(config):
    bad = replace(config, session=replace(config.session, port_end=1))
    with pytest.raises(ConfigError, match="invalid port range"):
        async with Session(bad):
            pytest.fail("opened")


async def test_a_damaged_database_is_told_and_left(config, tmp_path):
    async with Session(config):
        pass
    file = tmp_path / "session.db" / database.FILE_NAME
    file.write_bytes(b"garbage" * 1000)
    with pytest.raises(StorageError, match="rain-serve --check-database"):
        async with Session(config):
            pytest.fail("opened")
    assert file.read_bytes() == b"garbage" * 1000


async def test_a_closed_session_says_so(config, torrent):
    session = Session(config)
    with pytest.raises(SessionError, match="not open"):
        await session.add_torrent(torrent, AddOptions())
    async with session:
        pass
    with pytest.raises(SessionError, match="not open"):
        session.stats()


async def test_an_error_in_the_body_comes_out_as_it_is(config, torrent):
    async def fail() -> None:
        async with Session(config) as session:
            await session.add_torrent(torrent)
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await fail()


async def test_cancelling_closes_everything(config, torrent):
    with trio.CancelScope() as scope:
        async with Session(config) as session:
            await session.add_torrent(torrent, AddOptions(id="a"))
            scope.cancel()
            await trio.sleep_forever()
    assert scope.cancelled_caught
    async with Session(config) as session:
        assert session.get("a").id == "a"


async def test_what_is_made_above_the_database_has_the_mode_of_the_settings(config, tmp_path):
    place = tmp_path / "deep" / "er" / "db"
    rules = replace(config.session, database=str(place), file_mode=0o711)
    async with Session(replace(config, session=rules)):
        modes = [stat.S_IMODE(one.stat().st_mode) for one in (place.parent.parent, place.parent)]
        assert modes == [0o711, 0o711]
        assert stat.S_IMODE(place.stat().st_mode) == 0o700


async def test_a_database_whose_place_cannot_be_made_is_a_clear_error(config, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    rules = replace(config.session, database=str(tmp_path / "file" / "db"))
    with pytest.raises(StorageError, match="not a directory"):
        async with Session(replace(config, session=rules)):
            pytest.fail("opened")


async def test_a_database_is_closed_with_its_session(config, tmp_path):
    async with Session(config):
        pass
    kept = {path.name for path in (tmp_path / "session.db").iterdir()}
    assert f"{database.FILE_NAME}-wal" not in kept, "garbage collection would write to it later"
