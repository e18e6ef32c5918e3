from raincore.base.bitfield import Bitfield
from raincore.swarm.events import PeerKey
from tests.swarm.swarm_world import joined, ready_machine


def test_a_peer_is_named_by_its_connection() -> None:
    machine = ready_machine()
    machine.handle(joined(7), 0.0)
    assert machine.state.peers[PeerKey(7)].key == PeerKey(7)


def test_a_seed_is_a_peer_known_to_have_everything() -> None:
    machine = ready_machine()
    machine.handle(joined(1), 0.0)
    peer = machine.state.peers[PeerKey(1)]
    peer.has = None
    assert not peer.is_seed
    peer.has = Bitfield(2, [0])
    assert not peer.is_seed
    peer.has = Bitfield(2, [0, 1])
    assert peer.is_seed
