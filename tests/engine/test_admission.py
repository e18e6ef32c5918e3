from raincore.base.geometry import Geometry
from raincore.engine import admission
from raincore.net.dialer import Handshaken
from raincore.swarm.events import PeerKey
from raincore.swarm.state import Goal
from tests.engine.desk import Desk, ScriptedPeer

GEOMETRY = Geometry(16384, (16384,))


async def test_the_machine_learns_what_the_handshake_said(autojump_clock):
    desk = Desk(whole=True, goal=Goal.SEED)
    async with desk.running():
        stranger = ScriptedPeer(desk, "A")
        peer = Handshaken(stranger.stream, stranger.handshake)
        admission.admit(desk.torrent, PeerKey(77), peer, incoming=True)
        known = desk.torrent.machine.state.peers[PeerKey(77)].joined
        assert (known.endpoint, known.incoming) == (stranger.stream.remote, True)
        assert known.peer_id == stranger.handshake.peer_id
        assert stranger.heard()


async def test_a_peer_of_a_magnet_is_admitted_before_the_pieces_are_known(autojump_clock):
    desk = Desk(magnet=True)
    async with desk.running():
        stranger = ScriptedPeer(desk, "A")
        peer = Handshaken(stranger.stream, stranger.handshake)
        admission.admit(desk.torrent, PeerKey(77), peer, incoming=False)
        held_back = desk.torrent.connections[PeerKey(77)].protocol.learn_geometry(GEOMETRY)
        assert held_back == []
        assert desk.torrent.machine.state.peers[PeerKey(77)].has is None
