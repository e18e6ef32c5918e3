import random

from raincore.base.config import Config, PeerLimits, TrackerLimits, WebseedLimits
from raincore.base.endpoint import Endpoint
from raincore.base.info_hashes import InfoHashes
from raincore.formats.webseed_url import WebUrls
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


def test_progress_is_reported_unless_nobody_wants_to_know() -> None:
    assert begin().reports_progress
    assert not begin(reports_progress=False).reports_progress


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


def test_settings_bound_what_is_remembered() -> None:
    settings = Config(peers=PeerLimits(max_addresses=3), web=WebseedLimits(max_sources=2))
    web = WebUrls(tuple(f"http://h/{n}" for n in range(5)))
    given = Given(info_hash=info_of().info_hash, own_id=OWN_ID, info=None, web=web)
    state = beginning.begin(given, settings, random.Random(1))
    state.candidates.add("tracker", [Endpoint(f"192.0.2.{n}", 1) for n in range(1, 9)])
    assert len(state.candidates) == 3
    assert len(state.web.sources) == 2


def test_a_tracker_that_knows_us_is_not_asked_more_often_than_settings_say() -> None:
    settings = Config(trackers=TrackerLimits(min_interval_seconds=600.0))
    url = "http://t.example/"
    given = Given(
        info_hash=info_of().info_hash,
        own_id=OWN_ID,
        info=info_of(),
        trackers=[[url]],
        announce_at={url: 5.0},
    )
    schedule = beginning.begin(given, settings, random.Random(1)).trackers[url].schedule
    schedule.begin(5.0)
    schedule.succeeded(60.0, None, 5.0)
    assert schedule.next_time >= 605
