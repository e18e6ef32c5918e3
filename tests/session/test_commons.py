"""Where a session has its things."""

from pathlib import Path

import pytest

from raincore.base.config import Config, SessionRules
from raincore.base.errors import ConfigError
from raincore.session.commons import check_data_dir, home, places


def test_everything_has_a_place(monkeypatch):
    monkeypatch.setenv("HOME", "/h")
    assert places(Config()) == (Path("/h/rain/data"), Path("/h/rain/session.db"))
    assert places(Config(data_dir="/x/y")) == (Path("/x/y"), Path("/x/session.db"))
    rules = SessionRules(database="/z/db")
    assert places(Config(data_dir="y", session=rules)) == (Path("y").absolute(), Path("/z/db"))


def test_content_goes_into_a_directory_or_nowhere(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path)
    for place in ("", "link", "not/there/yet", "x" * 300):
        check_data_dir(Config(data_dir=str(tmp_path / place)))
    for place in ("file", "file/below"):
        with pytest.raises(ConfigError, match="data-dir is no directory"):
            check_data_dir(Config(data_dir=str(tmp_path / place)))


def test_content_has_a_directory_of_its_own_unless_it_is_wanted_elsewhere():
    config = Config(data_dir="/x")
    assert home(config, "a") == Path("/x/a")
    shared = Config(data_dir="/x", session=SessionRules(data_dir_includes_torrent_id=False))
    assert home(shared, "a") == Path("/x")
    assert home(config, "a", "/y") == Path("/y")
