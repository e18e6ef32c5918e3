"""Signals to whole commands, at any moment of their short lives."""

import signal
import time

import pytest

from tests.tools.place import Place, documents

OURS = ("raintools/", "raincore/", "click/")
CODES = {signal.SIGINT: {130, -signal.SIGINT}, signal.SIGTERM: {143, -signal.SIGTERM}}


@pytest.mark.parametrize("number", sorted(CODES))
@pytest.mark.parametrize(
    "command", [("rain-inspect", "--json", "photos.torrent"), ("rain-create", "-f", "photos")]
)
def test_a_signal_at_any_moment_ends_a_command_without_a_traceback(
    place: Place, command: tuple[str, ...], number: int
) -> None:
    place.run("rain-create photos")
    began = time.monotonic()
    place.start(*command).communicate(timeout=20)
    moment = (time.monotonic() - began) / 20  # on a slow machine Python alone takes a while
    ended = 0
    for step in range(20):
        process = place.start(*command)
        time.sleep(step * moment)
        process.send_signal(number)
        _, complaints = process.communicate(timeout=20)
        # What Python says of its own first 10 ms, until our first line has run, is beyond
        # our reach.
        said = complaints.replace("raintools/__init__.py", "")
        assert not any(word in said for word in OURS), complaints
        ended += process.returncode in CODES[number]
    assert ended  # else no signal came while it ran
    left = {path.name for path in place.path.iterdir()} - {".local"}  # the state directory
    assert left == {"photos", "photos.torrent"}


def test_a_seed_that_is_asked_by_a_signal_says_what_it_does_and_goes_on(place: Place) -> None:
    place.run("rain-create photos")
    process = place.start("rain-seed", "photos.torrent", "--bind", "127.0.0.1")
    assert process.stdout is not None
    assert process.stderr is not None
    assert '"seeding"' in process.stdout.readline()
    for _ in range(2):
        process.send_signal(signal.SIGUSR1)
        assert process.stderr.readline() == "rain-seed: photos: idle: no peer is connected\n"
    process.terminate()
    process.communicate(timeout=20)
    assert process.returncode == 143


def test_a_fetch_that_fails_says_why_in_lines_and_events(place: Place) -> None:
    place.run("rain-create photos")
    options = "--bind 127.0.0.1 --dir new --peer 127.0.0.1:9 --timeout 3s --explain --events"
    ended = place.run(f"rain-fetch photos.torrent {options}")
    assert ended.code == 4
    lines = ended.stderr.splitlines()
    assert lines[0].startswith("rain-fetch: photos: unreachable: 1 address is known and does not")
    assert "connection refused (127.0.0.1:9)" in lines[0]
    assert lines[1].startswith("rain-fetch: error: photos.torrent: no progress for 3s: connection")
    found = [one for one in documents(ended) if one["type"] == "explain"]
    assert [one["cause"] for one in found] == ["unreachable"]
    assert documents(ended)[-1]["type"] == "torrent"
