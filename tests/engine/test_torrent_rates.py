"""Which limits hold for whom."""

import pytest
import trio

from raincore.base.config import RateLimits
from raincore.base.endpoint import Endpoint
from raincore.engine.torrent_rates import TorrentRates
from raincore.net.rate_limiter import RateLimiter
from tests.engine.desk import Desk

LIMITS = RateLimits(torrent_download_bytes_per_second=1000, torrent_upload_bytes_per_second=2000)


class Lent:
    """As much of a world as has limits."""

    def __init__(self):
        self.down, self.up = RateLimiter(), RateLimiter()


def rates(**given):
    return TorrentRates(Lent(), RateLimits(**given))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.1.2.3", "192.168.0.9", "169.254.1.1", "fd00::1", "::1"]
)
def test_peers_of_the_local_network_are_limited_unless_told_otherwise(host):
    peer = Endpoint(host, 6881)
    assert all(one.is_limited for one in TorrentRates(Lent(), LIMITS).limiters(peer))
    free = rates(torrent_download_bytes_per_second=1, limit_local=False)
    assert not any(one.is_limited for one in free.limiters(peer))


@pytest.mark.parametrize("host", ["192.0.2.1", "11.0.0.1", "2001:db8::1"])
def test_peers_from_outside_are_always_limited(host):
    limited = rates(torrent_download_bytes_per_second=1, limit_local=False)
    down, up = limited.limiters(Endpoint(host, 6881))
    assert (down, up) == (limited.down, limited.up)


@pytest.mark.parametrize(
    ("url", "is_limited"),
    [
        ("http://127.0.0.1:8080/a", False),
        ("http://localhost/a", False),
        ("https://[fe80::1]/a", False),
        ("http://192.0.2.7/a", True),
        ("http://mirror.example/a", True),
        ("http://[broken/a", True),
        ("", True),
    ],
)
def test_a_web_seed_is_local_if_its_url_says_so(url, is_limited):
    limited = rates(torrent_download_bytes_per_second=1, limit_local=False)
    assert limited.limiter_of_url(url).is_limited is is_limited
    assert rates(torrent_download_bytes_per_second=1).limiter_of_url(url).is_limited


async def test_limits_change_one_by_one():
    one = TorrentRates(Lent(), LIMITS)
    one.set(up=5)
    assert (one.down.bytes_per_second, one.up.bytes_per_second) == (1000, 5)
    one.set(down=0)
    assert (one.down.bytes_per_second, one.up.bytes_per_second) == (0, 5)
    with pytest.raises(ValueError, match="negative"):
        one.set(down=-1)
    await trio.lowlevel.checkpoint()


async def test_the_torrent_has_the_means_to_change_them(autojump_clock):
    desk = Desk()
    desk.torrent.set_limits(down=100, up=200)
    assert desk.torrent.rates.down.bytes_per_second == 100
    assert desk.torrent.rates.up.bytes_per_second == 200
    await trio.lowlevel.checkpoint()
