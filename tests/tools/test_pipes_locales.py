"""Every command with names that are not ASCII, where Python itself would spell them in ASCII.

That is so in the C locale with PYTHONUTF8=0, and alike in those of old character sets.
"""

import pytest

from tests.tools.place import Place, documents, same_trees

ASCII = "export PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 LC_ALL=C; "
NAME = "naïve 日本"
LINES = {
    "create": (f"rain-create -f '{NAME}'", 0),
    "inspect": (f"rain-inspect '{NAME}.torrent'", 0),
    "inspect for people": (f"rain-inspect --no-json --files '{NAME}.torrent'", 0),
    "edit": (f"rain-edit '{NAME}.torrent' --comment 'ü' -o 'ö.torrent'", 0),
    "magnet": (f"rain-magnet '{NAME}.torrent'", 0),
    "magnet for people": ("rain-magnet --no-json 'ü.torrent'", 3),
    "verify": (f"rain-verify '{NAME}.torrent'", 0),
    "verify for people": (f"rain-verify --no-json '{NAME}.torrent'", 0),
    "seed": (f"rain-seed '{NAME}.torrent' --seed-time 0.1s", 0),
    "fetch": (f"rain-fetch '{NAME}.torrent'", 0),
    "umbrella": (f"rain inspect '{NAME}.torrent'", 0),
    "missing": ("rain-inspect 'ü.torrent'", 3),
    "dht": ("rain-dht get-peers 'ü'", 3),
    "ctl": ("rain-ctl add 'ü.torrent'", 3),
    "serve": ("rain-serve --config 'ü.yaml'", 2),
}


@pytest.fixture
def named(place: Place) -> Place:
    """A place with content and a torrent that are called so."""
    (place.path / "photos").rename(place.path / NAME)
    assert place.run(f"rain-create '{NAME}'").code == 0
    return place


@pytest.mark.parametrize("what", LINES)
def test_a_command_takes_and_writes_such_names(named: Place, what: str) -> None:
    line, code = LINES[what]
    ended = named.run(ASCII + line)
    assert ended.code == code, ended.stderr
    assert "Traceback" not in ended.stderr
    shown = ended.stdout + ended.stderr
    assert "\ufffd" not in shown
    assert (NAME if code == 0 else "ü") in shown


def test_what_is_fetched_is_called_so_too(named: Place) -> None:
    line = f"rain-seed '{NAME}.torrent' | rain-fetch --dir 'köpie'"
    ended = named.run(ASCII + line)
    assert (ended.code, documents(ended)[0]["status"]) == (0, "complete"), ended.stderr
    assert same_trees(named.path / NAME, named.path / "köpie" / NAME)
