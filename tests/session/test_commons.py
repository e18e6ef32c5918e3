"""Where a session has its things."""

from pathlib import Path

from raincore.base.config import Config, SessionRules
from raincore.session.commons import places


def test_everything_has_a_place(monkeypatch):
    monkeypatch.setenv("HOME", "/h")
    assert places(Config()) == (Path("/h/rain/data"), Path("/h/rain/session.db"))
    assert places(Config(data_dir="/x/y")) == (Path("/x/y"), Path("/x/session.db"))
    rules = SessionRules(database="/z/db")
    assert places(Config(data_dir="y", session=rules)) == (Path("y").absolute(), Path("/z/db"))
