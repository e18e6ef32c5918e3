"""Listening ports lent to torrents: one each, for as long as the session knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from raincore.base.errors import ConfigError
from raincore.base.session_errors import NoFreePort

if TYPE_CHECKING:
    import random

    from raincore.base.config import SessionRules

__all__ = ["Ports"]


class Ports:
    """The ports of a range [begin, end) and who has them.

    Which one a torrent gets is a matter of chance, so that who knows one knows no others,
    and a port that another program has taken is not met again and again.

    Args:
        begin: The first.
        end: One more than the last.
        rng: Dice.
        may_be_none: Whether the range may be empty, as where all torrents share one port.

    Raises:
        ConfigError: There is none in that range.

    The ports are in an order, those that nobody has before all others. It begins as that of
    their numbers, and only what is elsewhere by now is kept: with a port that all torrents
    share none is ever lent, and a range of thousands costs nothing.
    """

    def __init__(
        self, begin: int, end: int, rng: random.Random, *, may_be_none: bool = False
    ) -> None:
        if may_be_none and begin >= end:
            begin = end = 1
        elif not 0 < begin < end <= 65536:
            raise ConfigError(f"invalid port range: {begin} to {end}", "port-begin")
        self._rng = rng
        self._range = range(begin, end)
        self._lent_from = end
        """The first place of those that are lent; places are numbered as ports."""
        self._ports: dict[int, int] = {}
        """Who is in which place, as far as it is not the port of that number."""
        self._places: dict[int, int] = {}
        """The reverse."""

    @classmethod
    def of(cls, rules: SessionRules, rng: random.Random) -> Self:
        """The ports of a session; one that all its torrents share needs no others."""
        shares = bool(rules.shared_port)
        return cls(rules.port_begin, rules.port_end, rng, may_be_none=shares)

    @property
    def available(self) -> int:
        """How many nobody has."""
        return self._lent_from - self._range.start

    def take(self) -> int:
        """Lend a port that nobody has. O(1).

        Raises:
            NoFreePort: There is none.
        """
        if not self.available:
            raise NoFreePort
        place = self._rng.randrange(self._range.start, self._lent_from)
        port = self._ports.get(place, place)
        self._lend(port)
        return port

    def claim(self, port: int) -> bool:
        """Lend the port that a torrent had in the last run; False if it cannot have it.

        A port outside of the range, which may have been changed, is nobody's.
        """
        if port not in self._range or self._place(port) >= self._lent_from:
            return False
        self._lend(port)
        return True

    def give_back(self, port: int) -> None:
        """A torrent is gone; harmless for a port that was not lent."""
        if port in self._range and self._place(port) >= self._lent_from:
            self._move(port, self._lent_from)
            self._lent_from += 1

    def _lend(self, port: int) -> None:
        self._lent_from -= 1
        self._move(port, self._lent_from)

    def _place(self, port: int) -> int:
        return self._places.get(port, port)

    def _move(self, port: int, place: int) -> None:
        """Put it there, and who was there where it was, so that nothing else has to move."""
        before, other = self._place(port), self._ports.get(place, place)
        self._put(other, before)
        self._put(port, place)

    def _put(self, port: int, place: int) -> None:
        if port == place:
            self._ports.pop(place, None)
            self._places.pop(port, None)
        else:
            self._ports[place] = port
            self._places[port] = place
