"""Addresses that are never to be dialled: banned ones, and those on a blocklist."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.base.endpoint import Endpoint

__all__ = ["REFUSED_MAX", "Refusals", "nothing"]

REFUSED_MAX = 10_000
"""Addresses remembered; the oldest are forgotten first."""


def nothing(endpoint: Endpoint) -> bool:
    """Block no address."""
    return False


class Refusals:
    """Bounded memory of addresses that are not wanted.

    Args:
        blocks: Says which addresses a blocklist has.
    """

    __slots__ = ("_blocked", "_blocks", "_refused", "_told")

    def __init__(self, blocks: Callable[[Endpoint], bool] = nothing) -> None:
        self._blocks = blocks
        self._refused: dict[Endpoint, None] = {}
        self._blocked = 0
        self._told = False

    def add(self, endpoint: Endpoint) -> None:
        """Refuse an address from now on."""
        self._refused[endpoint] = None
        if len(self._refused) > REFUSED_MAX:
            del self._refused[next(iter(self._refused))]

    def includes(self, endpoint: Endpoint) -> bool:
        """Whether an address is refused; blocked ones are counted when they are first met."""
        if endpoint in self._refused:
            return True
        if not self._blocks(endpoint):
            return False
        self._blocked += 1
        self.add(endpoint)
        return True

    @property
    def blocked(self) -> int:
        """How many addresses the blocklist has kept from us."""
        return self._blocked

    def news(self) -> str:
        """What a person should know of blocked addresses; said once, else ""."""
        if self._told or not self._blocked:
            return ""
        self._told = True
        addresses = "address" if self._blocked == 1 else "addresses"
        return f"{self._blocked} {addresses} blocked by the blocklist"
