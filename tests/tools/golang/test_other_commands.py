"""Commands of ours inside the process of another."""

import pytest

from raintools.golang import other_commands

LINK = "magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def arguments(monkeypatch):
    monkeypatch.setattr("sys.argv", ["rain"])


def test_what_it_prints_can_be_kept():
    code, printed = other_commands.captured("rain-magnet", ["--json", LINK])
    assert code == 0
    assert printed.startswith('{"type":"torrent"')


def test_its_code_is_its_own_or_gos(capsys):
    assert other_commands.become("rain-inspect", ["/nowhere"]) == 3
    assert other_commands.run("rain-inspect", ["/nowhere"]) == 1
    assert other_commands.quietly("rain-magnet", ["--json", LINK]) == 0
    assert capsys.readouterr().out == ""


def test_commands_are_found_by_their_word():
    assert other_commands.find("magnet").name == "rain-magnet"
    assert other_commands.find("nothing") is None
    assert other_commands.find("../x") is None
