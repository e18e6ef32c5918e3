"""A torrent is found by its info-hash, plain or veiled, as long as it runs."""

from types import SimpleNamespace

import pytest

from raincore.base.ids import InfoHash, PeerId
from raincore.net.dialer import Handshaken, Offer
from raincore.session.registry import Registry
from raincore.wire import mse_keys
from raincore.wire.handshake import Handshake
from tests.net.far_end import FakeStream

HASHES = [InfoHash(bytes([n]) * 20) for n in range(3)]
PEER = PeerId(b"-XX0000-theirs......")


class FakeTorrent:
    """What the registry asks of a torrent."""

    def __init__(self, info_hash: InfoHash) -> None:
        self.accepts_peers = True
        self.answer = Offer(info_hash, PeerId(b"-RN0000-ours........"))
        self.peers = []

    def offer(self, swarm):
        self.asked_by = swarm
        return self.answer

    def add_peer(self, peer, *, incoming: bool) -> None:
        assert incoming
        self.peers.append(peer)


@pytest.fixture
def world() -> SimpleNamespace:
    registry = Registry()
    torrents = [FakeTorrent(one) for one in HASHES]
    for info_hash, torrent in zip(HASHES, torrents, strict=True):
        registry.add(info_hash, torrent)
    return SimpleNamespace(registry=registry, torrents=torrents)


def peer_for(info_hash: InfoHash) -> Handshaken:
    return Handshaken(FakeStream(), Handshake(info_hash, PEER))


def test_torrents_are_known_until_they_are_removed(world) -> None:
    assert world.registry.all() == world.torrents
    world.registry.remove(HASHES[1], world.torrents[1])
    assert world.registry.all() == [world.torrents[0], world.torrents[2]]
    assert HASHES[1] not in world.registry
    assert HASHES[0] in world.registry
    assert world.registry.get(HASHES[0]) is world.torrents[0]
    assert world.registry.get(HASHES[1]) is None


def test_strangers_get_an_offer_when_the_torrent_accepts_peers(world) -> None:
    assert world.registry.offer(HASHES[1]) is world.torrents[1].answer
    world.torrents[1].accepts_peers = False
    assert world.registry.offer(HASHES[1]) is None
    assert world.registry.offer(InfoHash(b"?" * 20)) is None


def test_a_veiled_info_hash_is_found(world) -> None:
    for one in HASHES:
        assert world.registry.find(mse_keys.key_hash(one)) == one
    assert world.registry.find(bytes(20)) is None
    world.registry.remove(HASHES[1], world.torrents[1])
    assert world.registry.find(mse_keys.key_hash(HASHES[1])) is None


def test_a_hybrid_is_found_by_its_other_hash_too(world) -> None:
    other = InfoHash(b"v2" * 10)
    world.registry.also(other, HASHES[1])
    assert world.registry.get(other) is world.torrents[1]
    assert world.registry.offer(other) is world.torrents[1].answer
    assert world.torrents[1].asked_by == other
    assert world.registry.find(mse_keys.key_hash(other)) == other
    assert other not in world.registry  # it is no torrent that was added
    assert world.registry.all() == world.torrents
    world.registry.remove(HASHES[1], world.torrents[1])
    assert world.registry.get(other) is None
    assert world.registry.find(mse_keys.key_hash(other)) is None


def test_the_other_hash_of_one_torrent_may_be_another_torrent(world) -> None:
    world.registry.also(HASHES[2], HASHES[1])
    world.registry.also(HASHES[2], HASHES[0])
    world.registry.also(HASHES[0], HASHES[0])
    world.registry.also(InfoHash(b"?" * 20), InfoHash(b"!" * 20))
    assert world.registry.get(HASHES[2]) is world.torrents[2]
    world.registry.remove(HASHES[2], world.torrents[2])
    assert world.registry.get(HASHES[2]) is world.torrents[1]
    assert world.registry.find(mse_keys.key_hash(HASHES[2])) == HASHES[2]
    world.registry.remove(HASHES[1], world.torrents[1])
    assert world.registry.get(HASHES[2]) is None
    assert world.registry.find(mse_keys.key_hash(HASHES[2])) is None
    assert world.registry.get(InfoHash(b"?" * 20)) is None


def test_peers_go_to_their_torrent(world) -> None:
    peer = peer_for(HASHES[2])
    world.registry.welcome(peer)
    assert [torrent.peers for torrent in world.torrents] == [[], [], [peer]]


def test_who_comes_too_late_is_hung_up_on(world) -> None:
    world.registry.remove(HASHES[2], world.torrents[2])
    peer = peer_for(HASHES[2])
    world.registry.welcome(peer)
    assert peer.stream.closed == 1


def test_of_several_with_one_info_hash_the_first_that_takes_peers_gets_them(world) -> None:
    twin = FakeTorrent(HASHES[0])
    world.registry.add(HASHES[0], twin)
    assert world.registry.offer(HASHES[0]) is world.torrents[0].answer
    world.torrents[0].accepts_peers = False
    assert world.registry.offer(HASHES[0]) is twin.answer
    peer = peer_for(HASHES[0])
    world.registry.welcome(peer)
    assert twin.peers == [peer]
    world.registry.remove(HASHES[0], world.torrents[0])
    assert world.registry.get(HASHES[0]) is twin
    assert twin in world.registry.all()
