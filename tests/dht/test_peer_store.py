import random

import pytest

from raincore.base.ids import InfoHash
from raincore.dht.peer_store import PEER_SECONDS, SAMPLE_SECONDS, PeerStore
from tests.dht.places import OWN, node_id, public


def hash_of(prefix: str, tail: int = 1) -> InfoHash:
    return InfoHash(node_id(prefix, tail))


@pytest.fixture
def store(seed: int) -> PeerStore:
    return PeerStore(random.Random(seed), ipv6=False, max_torrents=30, max_peers=10)


def announce(store: PeerStore, info_hash: InfoHash, number: int = 1, now: float = 0.0) -> bool:
    return store.announce(info_hash, public(number), OWN, now, seed=False)


def test_peers_are_kept_by_torrent(store: PeerStore) -> None:
    assert announce(store, hash_of("aa"), 1)
    assert announce(store, hash_of("bb"), 2)
    peers = store.get(hash_of("aa"))
    assert peers is not None
    assert public(1) in peers
    assert public(2) not in peers
    assert store.get(hash_of("cc")) is None


def test_an_announce_lasts_half_an_hour(store: PeerStore) -> None:
    announce(store, hash_of("aa"), 1, now=0.0)
    announce(store, hash_of("aa"), 2, now=60.0)
    store.expire(PEER_SECONDS)
    peers = store.get(hash_of("aa"))
    assert peers is not None
    assert len(peers) == 1
    for _ in range(2):
        store.expire(PEER_SECONDS + 60.0)
    assert len(store) == 0


def test_a_torrent_has_so_many_peers_and_renews_them(store: PeerStore) -> None:
    assert all(announce(store, hash_of("aa"), number) for number in range(10))
    assert not announce(store, hash_of("aa"), 10)
    assert not store.has_room(hash_of("aa"), public(10), OWN)
    assert store.has_room(hash_of("aa"), public(3), OWN)
    assert announce(store, hash_of("aa"), 3)


def test_a_full_store_prefers_what_is_close_to_us(store: PeerStore) -> None:
    for number in range(30):
        assert announce(store, hash_of("80", number + 1))
    assert not announce(store, hash_of("f0"))
    assert not store.has_room(hash_of("f0"), public(1), OWN)
    assert store.has_room(hash_of("01"), public(1), OWN)
    assert announce(store, hash_of("01"))
    assert len(store) == 30
    assert store.get(hash_of("01")) is not None


def test_torrents_with_many_peers_stay(store: PeerStore) -> None:
    for number in range(10):
        announce(store, hash_of("ff"), number)
    for number in range(29):
        announce(store, hash_of("80", number + 1))
    for number in range(29):
        assert announce(store, hash_of("40", number + 1))
    assert store.get(hash_of("ff")) is not None
    assert store.get(hash_of("80", 1)) is None


def test_samples_are_the_same_for_a_while(store: PeerStore) -> None:
    for number in range(30):
        announce(store, hash_of("80", number + 1))
    first = store.sample(0.0)
    assert len(set(first)) == 20
    assert store.sample(SAMPLE_SECONDS - 1) == first
    assert store.sample(SAMPLE_SECONDS) != first


def test_a_small_store_is_given_whole(store: PeerStore) -> None:
    assert store.sample(0.0) == ()
    announce(store, hash_of("aa"))
    announce(store, hash_of("bb"))
    assert set(store.sample(1.0)) == {hash_of("aa"), hash_of("bb")}
