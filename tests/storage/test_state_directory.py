"""State lives where XDG says, or below the home directory."""

from raincore.storage import state_directory


def test_it_is_below_the_state_directory_of_the_user(monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert state_directory.path("dht") == "/state/rain/dht"
    monkeypatch.setenv("HOME", "/me")
    for unusable in ("", "relative"):
        monkeypatch.setenv("XDG_STATE_HOME", unusable)
        assert state_directory.path("dht") == "/me/.local/state/rain/dht"
