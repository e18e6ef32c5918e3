"""The verb node runs for as long as it is told."""

from raintools.rain_dht import main
from tests.tools.running import run


def test_it_tells_its_life_and_ends_in_time(entrance):
    ended = run(main, "node", "--timeout", "4s", "--interval", "500ms", *entrance)
    assert (ended.code, ended.stderr) == (0, "")
    events = [event["event"] for event in ended.documents]
    assert events[0] == "listening"
    assert events[-1] == "stopped"
    assert "joined" in events
    assert events.count("status") >= 2
