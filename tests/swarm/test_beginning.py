import random

from raincore.base.config import Config
from raincore.base.info_hashes import InfoHashes
from raincore.swarm import beginning
from raincore.swarm.given import Given
from raincore.swarm.state import Phase, TorrentState
from tests.swarm.swarm_world import OWN_ID, info_of


def begin(**known: object) -> TorrentState:
    given = Given(info_hash=info_of().info_hash, own_id=OWN_ID, **({"info": None} | known))  # type: ignore[arg-type]
    return beginning.begin(given, Config(), random.Random(1))


def test_nothing_has_happened_to_a_torrent_that_begins() -> None:
    state = begin(info=info_of(), port=1234, sequential=True)
    assert (state.phase, state.have, state.peers) == (Phase.STARTING, None, {})
    assert (state.info, state.port, state.sequential) == (info_of(), 1234, True)
    assert state.hashes == InfoHashes(info_of().info_hash)


def test_only_who_announces_needs_a_key() -> None:
    assert begin().tracker_key == 0
    assert begin(trackers=[["http://t.example/"]]).tracker_key != 0


def test_what_the_session_does_not_have_a_torrent_does_not_use() -> None:
    assert begin().dht is None
    assert begin().nearby is None
    dht = begin(dht_port=6881).dht
    assert dht is not None
    assert dht.port == 6881
    assert begin(looks_nearby=True).nearby is not None
