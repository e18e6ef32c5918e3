"""A directory that goes with the process that uses it."""

import os
import time

import pytest

from raincore.base.errors import WriteError
from raincore.storage import aside_directory, state_directory


@pytest.fixture
def own_state(monkeypatch, tmp_path):
    """State goes to the test's own directory."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_it_goes_with_everything_in_it(own_state):
    with aside_directory.made() as place:
        (place / "below").mkdir()
        (place / "below" / "file").write_bytes(b"x")
    assert not place.exists()


def test_those_in_use_stay_and_those_that_were_left_go(own_state):
    base = state_directory.path("aside")
    left, young = os.path.join(base, "left"), os.path.join(base, "young")
    for path in (left, young):
        os.makedirs(path)
    with aside_directory.made() as used:
        old = time.time() - 1000
        for path in (left, used):
            os.utime(path, (old, old))
        with aside_directory.made():
            assert sorted(os.listdir(base)) == sorted(
                {"young", used.name, *(set(os.listdir(base)) - {"left"})}
            )
            assert used.exists()
            assert not os.path.exists(left)


def test_what_cannot_be_made_is_an_error(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with pytest.raises(WriteError, match="cannot create"), aside_directory.made():
        pass
