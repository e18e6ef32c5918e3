"""get-peers and announce with torrents of several swarms, and with limits of time."""

from raintools.rain_dht import main
from tests.tools.running import run

V1, V2 = "1a" * 20, "1b" * 32
HYBRID = f"magnet:?xt=urn:btih:{V1}&xt=urn:btmh:1220{V2}"


def test_a_hybrid_torrent_is_announced_and_found_in_both_swarms(entrance):
    assert run(main, "announce", "--port", 7100, *entrance, HYBRID).code == 0
    for one in (V1, V2[:40], HYBRID):
        [found] = run(main, "get-peers", *entrance, one).documents
        assert found["peers"] == ["127.0.0.1:7100"]


def test_peers_that_were_known_stay_and_come_first(entrance):
    link = f"magnet:?xt=urn:btih:{V1}&x.pe=192.0.2.1:1"
    assert run(main, "announce", "--port", 7100, *entrance, V1).code == 0
    [found] = run(main, "get-peers", *entrance, link).documents
    assert found["peers"] == ["192.0.2.1:1", "127.0.0.1:7100"]


def test_the_timeout_bounds_each_input():
    nobody = ["--bootstrap", "127.0.0.1:1", "--timeout", "300ms"]
    ended = run(main, "get-peers", *nobody, V1)
    assert (ended.code, ended.documents) == (4, [])
    assert "nobody answered: 0 of 1 bootstrap nodes, in " in ended.stderr
