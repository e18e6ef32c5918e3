"""What a torrent is told at its start has sensible defaults."""

from raincore.base.ids import InfoHash, PeerId
from raincore.swarm.given import Given
from raincore.swarm.state import Goal, Limits


def test_only_the_names_of_the_torrent_and_of_ourselves_must_be_given() -> None:
    given = Given(info_hash=InfoHash(bytes(20)), own_id=PeerId(bytes(20)), info=None)
    assert (given.goal, given.limits) == (Goal.COMPLETE, Limits())
    assert (given.layers, given.trackers, given.search.sources) == ({}, (), ())
    assert (given.port, given.dht_port) == (0, None)
