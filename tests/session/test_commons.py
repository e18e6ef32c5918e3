"""Where a session has its things."""

from pathlib import Path

from raincore.base.config import Config, SessionRules
from raincore.session.commons import home, places


def test_everything_has_a_place(monkeypatch):
    monkeypatch.setenv("HOME", "/h")
    assert places(Config()) == (Path("/h/rain/data"), Path("/h/rain/session.db"))
    assert places(Config(data_dir="/x/y")) == (Path("/x/y"), Path("/x/session.db"))
    rules = SessionRules(database="/z/db")
    assert places(Config(data_dir="y", session=rules)) == (Path("y").absolute(), Path("/z/db"))


def test_content_has_a_directory_of_its_own_unless_it_is_wanted_elsewhere():
    config = Config(data_dir="/x")
    assert home(config, "a") == Path("/x/a")
    shared = Config(data_dir="/x", session=SessionRules(data_dir_includes_torrent_id=False))
    assert home(shared, "a") == Path("/x")
    assert home(config, "a", "/y") == Path("/y")
