import random
from itertools import chain
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlsplit

import pytest

from raincore.base.config import Encryption
from raincore.base.endpoint import Endpoint
from raincore.base.errors import RemoteProtocolError, TrackerError
from raincore.base.ids import InfoHash
from raincore.formats import bencoding, compact, http_url
from raincore.wire import tracker_http
from raincore.wire.announce import (
    MAX_PEERS,
    AnnounceEvent,
    AnnounceReply,
    AnnounceRequest,
    ScrapeCounts,
)
from tests.formats import damage
from tests.wire.trackers import INFO_HASH, PEER_ID, request

PEERS = [Endpoint("192.0.2.1", 6881), Endpoint("198.51.100.2", 51413)]
PEERS_V6 = [Endpoint("2001:db8::5", 6881)]


def announce_url(url: str, said: AnnounceRequest) -> str:
    return http_url.joined(url, tracker_http.announce_query(said))


def query_of(url: str) -> dict[str, bytes]:
    pairs = (pair.partition("=") for pair in urlsplit(url).query.split("&"))
    return {name: unquote_to_bytes(value) for name, _, value in pairs}


def body(**values: object) -> bytes:
    return bencoding.encode({key.replace("_", " "): item for key, item in values.items()})  # type: ignore[misc]


def test_an_announce_says_what_bep_3_wants() -> None:
    url = announce_url("http://t.example/announce", request())
    assert query_of(url) == {
        "info_hash": INFO_HASH,
        "peer_id": PEER_ID,
        "port": b"6881",
        "uploaded": b"1",
        "downloaded": b"2",
        "left": b"3",
        "compact": b"1",
        "no_peer_id": b"1",
        "key": b"deadbeef",
        "numwant": b"50",
        "event": b"started",
    }
    assert urlsplit(url).path == "/announce"


def test_bytes_are_escaped_as_urls_want_it() -> None:
    every = bytes(range(256))
    url = announce_url("http://t.example/announce", request(tracker_id=every))
    assert url.endswith(f"&trackerid={quote(every, safe='')}")
    assert quote(INFO_HASH, safe="") in url


def test_what_is_not_wanted_is_not_said() -> None:
    plain = request(event=AnnounceEvent.NONE, num_want=None)
    said = query_of(announce_url("http://t.example/announce", plain))
    assert said.keys().isdisjoint({"event", "numwant", "trackerid"})
    repeated = request(tracker_id=b"a b&")
    assert query_of(announce_url("http://t/a", repeated))["trackerid"] == b"a b&"


@pytest.mark.parametrize(
    ("encryption", "said"),
    [
        (Encryption.OFF, {}),
        (Encryption.PREFER, {"supportcrypto": b"1"}),
        (Encryption.REQUIRE, {"supportcrypto": b"1", "requirecrypto": b"1"}),
    ],
)
def test_trackers_are_told_what_we_think_of_encryption(encryption, said) -> None:
    url = announce_url("http://t.example/announce", request(encryption=encryption))
    assert {k: v for k, v in query_of(url).items() if "crypto" in k} == said


@pytest.mark.parametrize(
    ("url", "start"),
    [
        ("http://t/a?passkey=A%2Fb", "http://t/a?passkey=A%2Fb&info_hash="),
        ("http://t/a?passkey=x&", "http://t/a?passkey=x&info_hash="),
        ("http://t/a?", "http://t/a?info_hash="),
        ("http://t/a/KEY/announce#top", "http://t/a/KEY/announce?info_hash="),
        ("http://t", "http://t?info_hash="),
    ],
)
def test_a_passkey_stays_byte_for_byte(url: str, start: str) -> None:
    assert announce_url(url, request()).startswith(start)


def test_any_byte_survives_the_query() -> None:
    every = InfoHash(bytes(random.Random(1).sample(range(256), 20)))
    url = announce_url("http://t/announce", request(info_hash=every))
    assert query_of(url)["info_hash"] == every
    assert dict(parse_qsl(urlsplit(url).query, encoding="latin-1"))["info_hash"] == every.decode(
        "latin-1"
    )


def test_packed_peers_of_both_families_are_read() -> None:
    reply = tracker_http.parse_announce(
        body(
            interval=1800,
            min_interval=300,
            complete=5,
            incomplete=7,
            peers=compact.pack_peers(PEERS, ipv6=False),
            peers6=compact.pack_peers(PEERS_V6, ipv6=True),
            tracker_id=b"t1",
            warning_message=b"slow\x1b[2J",
            external_ip=bytes([203, 0, 113, 9]),
        )
    )
    assert reply == AnnounceReply(
        peers=(*PEERS, *PEERS_V6),
        interval=1800.0,
        min_interval=300.0,
        seeds=5,
        leechers=7,
        warning="slow�[2J",
        tracker_id=b"t1",
        external_host="203.0.113.9",
    )


def test_peers_as_dictionaries_may_be_addresses_or_names() -> None:
    listed = [
        {"ip": "192.0.2.1", "port": 6881, "peer id": b"x" * 20},
        {"ip": "2001:db8::5", "port": 6881},
        {"ip": "seed.example", "port": 80},
        {"ip": "seed.example", "port": 80},
        {"ip": "192.0.2.1", "port": 0},
        {"ip": "192.0.2.1", "port": 70000},
        {"ip": b"\xff\xfe", "port": 1},
        {"ip": "", "port": 1},
        {"port": 1},
        "junk",
    ]
    reply = tracker_http.parse_announce(body(peers=listed))
    assert reply.peers == (PEERS[0], PEERS_V6[0])
    assert reply.named_peers == (("seed.example", 80),)


def test_a_refusal_carries_the_trackers_reason_made_printable() -> None:
    with pytest.raises(TrackerError, match=r"^unregistered�torrent$") as caught:
        tracker_http.parse_announce(body(failure_reason=b"unregistered\ntorrent"))
    assert caught.value.retry_seconds is None


@pytest.mark.parametrize(
    ("given", "seconds"), [(5, 300.0), (b"5", 300.0), (b"never", float("inf")), (b"soon", None)]
)
def test_a_refusal_may_say_how_long_to_stay_away(given: object, seconds: float | None) -> None:
    with pytest.raises(TrackerError) as caught:
        tracker_http.parse_announce(body(failure_reason=b"full", retry_in=given))
    assert caught.value.retry_seconds == seconds


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (b"", "not bencode: "),
        (b"d", "not bencode: "),
        (b"not found", "not bencode: "),
        (b" <html>", "a web page"),
        (b"i3e", "not a dictionary"),
        (b"le", "not a dictionary"),
    ],
)
def test_what_is_no_trackers_answer_is_refused(bad: bytes, text: str) -> None:
    with pytest.raises(RemoteProtocolError, match=f"^{text}"):
        tracker_http.parse_announce(bad)


def test_a_line_feed_after_the_answer_does_no_harm() -> None:
    assert tracker_http.parse_announce(body(interval=60) + b"\r\n").interval == 60.0


def test_nonsense_in_optional_keys_is_left_out() -> None:
    nonsense = {
        "peers": 3,
        "peers6": b"x",
        "interval": -1,
        "complete": -5,
        "tracker id": b"x" * 2000,
    }
    assert tracker_http.parse_announce(bencoding.encode(nonsense)) == AnnounceReply()
    huge = tracker_http.parse_announce(body(interval=2**62, complete=2**62))
    assert (huge.interval, huge.seeds) == (86400.0, 2**31 - 1)


def test_a_reply_brings_no_more_peers_than_the_limit() -> None:
    crowd = [Endpoint(f"10.0.{n >> 8}.{n & 255}", 1) for n in range(10_000)]
    reply = tracker_http.parse_announce(body(peers=compact.pack_peers(crowd, ipv6=False)))
    assert reply.peers == tuple(crowd[:MAX_PEERS])
    listed = [{"ip": end.host, "port": 1, "peer id": b"x" * 20} for end in crowd]
    assert tracker_http.parse_announce(body(peers=listed)).peers == tuple(crowd[:MAX_PEERS])


def test_keys_out_of_order_are_understood_and_repeated_ones_are_not() -> None:
    reply = tracker_http.parse_announce(b"d8:intervali60e8:completei5ee")
    assert (reply.interval, reply.seeds) == (60.0, 5)
    with pytest.raises(RemoteProtocolError, match=r"^not bencode: "):
        tracker_http.parse_announce(b"d8:intervali1e8:intervali60ee")


def test_depth_and_number_of_values_are_bounded() -> None:
    deep = b"d5:peers" + b"l" * 5000 + b"e" * 5000 + b"e"
    wide = b"d5:peersl" + b"0:" * 500_000 + b"ee"
    for bad in (deep, wide):
        with pytest.raises(RemoteProtocolError, match=r"^not bencode: "):
            tracker_http.parse_announce(bad)


@pytest.mark.parametrize(
    ("announce", "scrape"),
    [
        ("http://t/announce", "http://t/scrape?info_hash="),
        ("http://t/x/announce.php", "http://t/x/scrape.php?info_hash="),
        ("http://t/announce?x=2%0644", "http://t/scrape?x=2%0644&info_hash="),
        ("http://t/a", None),
        ("http://t/announce/x", None),
        ("http://t", None),
    ],
)
def test_a_scrape_url_is_made_as_bep_48_says(announce: str, scrape: str | None) -> None:
    made = tracker_http.scrape_url(announce, [INFO_HASH])
    assert made is None if scrape is None else made is not None and made.startswith(scrape)


def test_a_scrape_tells_of_those_that_the_tracker_knows() -> None:
    other = InfoHash(b"o" * 20)
    files = {INFO_HASH: {"complete": 3, "incomplete": -1, "downloaded": 9}, b"junk": 3}
    found = tracker_http.parse_scrape(bencoding.encode({"files": files}), [other, INFO_HASH])
    assert found.counts == {INFO_HASH: ScrapeCounts(seeds=3, leechers=0, downloads=9)}
    assert found.min_interval is None
    with pytest.raises(RemoteProtocolError):
        tracker_http.parse_scrape(body(interval=3), [INFO_HASH])
    with pytest.raises(TrackerError, match="no"):
        tracker_http.parse_scrape(body(failure_reason=b"no"), [INFO_HASH])


@pytest.mark.parametrize(
    ("flags", "seconds"),
    [({"min_request_interval": 900}, 900.0), ({"min_request_interval": -1}, None), (3, None)],
)
def test_a_tracker_may_say_how_often_it_is_to_be_scraped(
    flags: object, seconds: float | None
) -> None:
    answer = bencoding.encode({"files": {}, "flags": flags})  # type: ignore[dict-item]
    assert tracker_http.parse_scrape(answer, [INFO_HASH]).min_interval == seconds


def test_a_damaged_answer_is_read_or_refused() -> None:
    whole = body(
        interval=1800,
        peers=[{"ip": "192.0.2.1", "port": 6881}],
        peers6=compact.pack_peers(PEERS_V6, ipv6=True),
        external_ip=b"\x7f\0\0\1",
        tracker_id=b"x",
    )
    for damaged in chain(damage.truncations(whole), damage.single_byte_changes(whole)):
        try:
            tracker_http.parse_announce(damaged)
        except (RemoteProtocolError, TrackerError):
            pass
