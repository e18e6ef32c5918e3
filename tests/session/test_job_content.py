"""A job's content is in files below its directory, read-only if it is fixed."""

import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from raincore.base.config import Config, SessionRules
from raincore.base.errors import WriteError
from raincore.base.storage_errors import InUse
from raincore.session import job_content
from raincore.session.job import Job
from raincore.storage.claims import Claims
from raincore.storage.content_lock import ContentLocks
from raincore.storage.file_allowance import FileAllowance
from raincore.swarm.state import Goal
from tests.swarm.swarm_world import PIECE_LENGTH, info_of


def shared(config: Config | None = None) -> SimpleNamespace:
    """What torrents of one process share."""
    return SimpleNamespace(
        allowance=FileAllowance(9), claims=Claims(), locks=ContentLocks(), config=config or Config()
    )


def job(info, directory: Path, **changes) -> Job:
    return Job(info_hash=info.swarm_hash, info=info, directory=directory, goal=Goal.SEED, **changes)


def test_files_are_written_where_the_job_says(own_state, tmp_path):
    info = info_of(files=(("a", PIECE_LENGTH), ("b", 5)))
    storage = job_content.open_files(job(info, tmp_path), info, shared())
    storage.write(0, [memoryview(b"x")])
    storage.close()
    assert (tmp_path / "n" / "a").read_bytes() == b"x"


def test_what_another_torrent_has_is_not_written(own_state, tmp_path):
    info, services = info_of(), shared()
    first, second = (job_content.open_files(job(info, tmp_path), info, services) for _ in "ab")
    first.write(0, [memoryview(b"x")])
    with pytest.raises(WriteError, match="another torrent"):
        second.write(0, [memoryview(b"y")])
    first.close()
    second.close()
    assert (tmp_path / "n").read_bytes() == b"x"


def test_fixed_content_is_not_written(own_state, tmp_path):
    info = info_of()
    storage = job_content.open_files(job(info, tmp_path, fixed=True), info, shared())
    with pytest.raises(WriteError):
        storage.write(0, [memoryview(b"x")])
    storage.close()


def test_what_is_created_has_the_mode_of_the_settings(own_state, tmp_path):
    info = info_of(files=(("a", PIECE_LENGTH), ("b", 5)))
    services = shared(Config(session=SessionRules(file_mode=0o700)))
    storage = job_content.open_files(job(info, tmp_path), info, services)
    storage.write(0, [memoryview(b"x")])
    storage.close()
    modes = [stat.S_IMODE((tmp_path / place).stat().st_mode) for place in ("n", "n/a")]
    assert modes == [0o700, 0o600]


def test_what_another_process_writes_is_not_written(own_state, tmp_path):
    info = info_of()
    ours, theirs = (job_content.open_files(job(info, tmp_path), info, shared()) for _ in "ab")
    ours.write(0, [memoryview(b"x")])
    with pytest.raises(InUse, match="another process is writing it"):
        theirs.write(0, [memoryview(b"y")])
    [error] = theirs.obstacles([0]).values()
    assert isinstance(error, InUse)
    ours.close()
    assert theirs.obstacles([0]) == {}
    theirs.close()


def test_what_is_fetched_aside_leaves_what_is_there_alone(own_state, tmp_path):
    info, aside = info_of(), tmp_path / "aside"
    aside.mkdir()
    (tmp_path / "n").write_bytes(b"there")
    storage = job_content.open_files(job(info, tmp_path, aside=aside), info, shared())
    storage.write(0, [memoryview(b"x")])
    storage.close()
    assert (tmp_path / "n").read_bytes() == b"there"
    assert (aside / "n").read_bytes() == b"x"
