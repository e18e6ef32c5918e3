"""Signals to whole commands, at any moment of their short lives."""

import signal
import time

import pytest

from tests.tools.place import Place

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
    ended = 0
    for step in range(20):
        process = place.start(*command)
        time.sleep(step * 0.008)
        process.send_signal(number)
        _, complaints = process.communicate(timeout=20)
        # What Python says of its own first 10 ms, until our first line has run, is beyond
        # our reach.
        said = complaints.replace("raintools/__init__.py", "")
        assert not any(word in said for word in OURS), complaints
        ended += process.returncode in CODES[number]
    assert ended > 3
    left = {path.name for path in place.path.iterdir()} - {".local"}  # the state directory
    assert left == {"photos", "photos.torrent"}
