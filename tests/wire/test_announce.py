import pytest

from raincore.base.endpoint import Endpoint
from raincore.wire.announce import MAX_PEERS, AnnounceReply, bounded_seconds, merged


@pytest.mark.parametrize("nonsense", [None, b"60", 0, -1, [], -(2**70)])
def test_an_interval_that_is_no_positive_number_is_none(nonsense: object) -> None:
    assert bounded_seconds(nonsense) is None


def test_an_interval_is_a_day_at_most() -> None:
    assert bounded_seconds(1800) == 1800.0
    assert bounded_seconds(2**70) == 86400.0


def test_replies_of_two_families_make_one() -> None:
    one, two, three = (Endpoint("192.0.2.1", port) for port in (1, 2, 3))
    four = AnnounceReply(
        peers=(one, two),
        named_peers=(("a", 1),),
        interval=60.0,
        min_interval=50.0,
        seeds=3,
        warning="slow",
        tracker_id=b"4",
    )
    six = AnnounceReply(
        peers=(two, three),
        named_peers=(("a", 1), ("b", 2)),
        interval=90.0,
        seeds=2,
        leechers=7,
        warning="old",
        tracker_id=b"6",
        external_host="2001:db8::1",
    )
    assert merged([four, six]) == AnnounceReply(
        peers=(one, two, three),
        named_peers=(("a", 1), ("b", 2)),
        interval=90.0,
        min_interval=50.0,
        seeds=3,
        leechers=7,
        warning="slow",
        tracker_id=b"4",
        external_host="2001:db8::1",
    )
    assert merged([six]) == six


def test_two_crowds_make_one_that_is_no_larger() -> None:
    crowds = [
        AnnounceReply(peers=tuple(Endpoint(host, port) for port in range(1, MAX_PEERS + 1)))
        for host in ("192.0.2.1", "192.0.2.2")
    ]
    assert len(merged(crowds).peers) == MAX_PEERS
