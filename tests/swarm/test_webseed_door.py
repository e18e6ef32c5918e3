from raincore.swarm.events import StopRequested
from tests.swarm.swarm_world import PIECE_LENGTH
from tests.swarm.web_world import web_shell

URL = "http://w.example/n"


def test_a_fetch_is_answered_by_the_books() -> None:
    shell = web_shell(URL)
    door, key = shell.machine.webseeds, shell.fetch(URL)
    found = door.room(key)
    assert found is not None
    assert (door.position(key), door.end_of(key)) == (0, 8 * PIECE_LENGTH)
    assert door.accept(key, 5) == [(0, 5)]
    assert door.position(key) == 5


def test_a_torrent_that_has_ended_has_no_room() -> None:
    shell = web_shell(URL)
    door, key = shell.machine.webseeds, shell.fetch(URL)
    shell.feed(StopRequested())
    assert door.room(key) is None
    assert door.end_of(key) == 0
