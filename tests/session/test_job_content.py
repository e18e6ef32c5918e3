"""A job's content is in files below its directory, read-only if it is fixed."""

from pathlib import Path

import pytest

from raincore.base.errors import WriteError
from raincore.policy.file_selection import Selection
from raincore.session import job_content
from raincore.session.job import Job
from raincore.storage.file_allowance import FileAllowance
from raincore.swarm.state import Goal
from tests.swarm.swarm_world import PIECE_LENGTH, info_of


def job(info, directory: Path, **changes) -> Job:
    return Job(info_hash=info.swarm_hash, info=info, directory=directory, goal=Goal.SEED, **changes)


def test_files_are_written_where_the_job_says(own_state, tmp_path):
    info = info_of(files=(("a", PIECE_LENGTH), ("b", 5)))
    storage = job_content.open_files(job(info, tmp_path), info, FileAllowance(9))
    storage.write(0, [memoryview(b"x")])
    storage.close()
    assert (tmp_path / "n" / "a").read_bytes() == b"x"


def test_what_nobody_wants_does_not_come_into_being(own_state, tmp_path):
    info = info_of(files=(("a", PIECE_LENGTH), ("b", 5)))
    storage = job_content.open_files(
        job(info, tmp_path, select=Selection(indices=(0,))), info, FileAllowance(9)
    )
    storage.write(PIECE_LENGTH, [memoryview(b"x")])
    storage.finish()
    storage.close()
    assert not (tmp_path / "n" / "b").exists()


def test_fixed_content_is_not_written(own_state, tmp_path):
    info = info_of()
    storage = job_content.open_files(job(info, tmp_path, fixed=True), info, FileAllowance(9))
    with pytest.raises(WriteError):
        storage.write(0, [memoryview(b"x")])
    storage.close()
