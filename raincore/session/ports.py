"""Listening ports lent to torrents: one each, for as long as the session knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.errors import ConfigError
from raincore.base.session_errors import NoFreePort

if TYPE_CHECKING:
    import random

__all__ = ["Ports"]


class Ports:
    """The ports of a range [begin, end) and who has them.

    Which one a torrent gets is a matter of chance, so that who knows one knows no others,
    and a port that another program has taken is not met again and again.

    Args:
        begin: The first.
        end: One more than the last.
        rng: Dice.

    Raises:
        ConfigError: There is none in that range.
    """

    def __init__(self, begin: int, end: int, rng: random.Random) -> None:
        if not 0 < begin < end <= 65536:
            raise ConfigError(f"invalid port range: {begin} to {end}", "port-begin")
        self._rng = rng
        self._free = list(range(begin, end))
        self._places = {port: place for place, port in enumerate(self._free)}
        self._range = range(begin, end)

    @property
    def available(self) -> int:
        """How many nobody has."""
        return len(self._free)

    def take(self) -> int:
        """Lend a port that nobody has. O(1).

        Raises:
            NoFreePort: There is none.
        """
        if not self._free:
            raise NoFreePort
        port = self._rng.choice(self._free)
        self._remove(port)
        return port

    def claim(self, port: int) -> bool:
        """Lend the port that a torrent had in the last run; False if it cannot have it.

        A port outside of the range, which may have been changed, is nobody's.
        """
        if port not in self._places:
            return False
        self._remove(port)
        return True

    def give_back(self, port: int) -> None:
        """A torrent is gone; harmless for a port that was not lent."""
        if port in self._range and port not in self._places:
            self._places[port] = len(self._free)
            self._free.append(port)

    def _remove(self, port: int) -> None:
        """Fill its place with the last one, so that nothing has to move."""
        place = self._places.pop(port)
        last = self._free.pop()
        if last != port:
            self._free[place] = last
            self._places[last] = place
