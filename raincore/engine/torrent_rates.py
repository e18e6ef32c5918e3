"""How fast one torrent may go, and who is none of the limits' business."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from raincore.base import addresses
from raincore.base.endpoint import Endpoint
from raincore.base.errors import FormatError
from raincore.net.rate_limiter import RateLimiter

if TYPE_CHECKING:
    from raincore.base.config import RateLimits
    from raincore.engine.world import World

__all__ = ["TorrentRates"]


class TorrentRates:
    """One torrent's limiters, which stand behind those of the process.

    Args:
        world: Has the limiters of the process.
        limits: What holds for each torrent, and for whom.
    """

    __slots__ = ("_free", "_limit_local", "down", "up")

    def __init__(self, world: World, limits: RateLimits) -> None:
        self.down = RateLimiter(limits.torrent_download_bytes_per_second, behind=world.down)
        self.up = RateLimiter(limits.torrent_upload_bytes_per_second, behind=world.up)
        self._free: RateLimiter | None = None  # made when somebody needs it
        self._limit_local = limits.limit_local

    def set(self, *, down: int | None = None, up: int | None = None) -> None:
        """Change the limits of this torrent, at once.

        Args:
            down: Bytes per second, 0 for no limit; None to leave it as it is.
            up: Likewise.

        Raises:
            ValueError: A limit is negative; a bug in the caller.
        """
        if down is not None:
            self.down.set_rate(down)
        if up is not None:
            self.up.set_rate(up)

    def limiters(self, remote: Endpoint) -> tuple[RateLimiter, RateLimiter]:
        """What holds for a peer: down, up."""
        if not self._limit_local and addresses.is_local(remote):
            return self._without_limit(), self._without_limit()
        return self.down, self.up

    def limiter_of_url(self, url: str) -> RateLimiter:
        """What holds for a web seed: it is local if its URL has a local address for a host."""
        free = not self._limit_local and _is_local(url)
        return self._without_limit() if free else self.down

    def _without_limit(self) -> RateLimiter:
        if self._free is None:
            self._free = RateLimiter()
        return self._free


def _is_local(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or addresses.is_local(Endpoint(host, 1))
    except (ValueError, FormatError):
        return False  # a name, which may lead anywhere
