"""What became of addresses that we dialled in vain, so that loneliness can be explained."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from raincore.base.endpoint import Endpoint

__all__ = ["Group", "Setbacks"]

MAX_ADDRESSES = 1000
MAX_TEXT = 100


class Group(NamedTuple):
    """Addresses of which the same is to be said.

    Args:
        what: That, in a few words.
        addresses: How many there are.
        example: The latest of them.
    """

    what: str
    addresses: int
    example: Endpoint


class Setbacks:
    """The last thing that went wrong with each address. Bounded: the oldest are forgotten."""

    def __init__(self) -> None:
        self._said: dict[Endpoint, str] = {}

    def __len__(self) -> int:
        return len(self._said)

    def note(self, endpoint: Endpoint, what: str) -> None:
        """Note what happened, in the place of what happened before."""
        self._said.pop(endpoint, None)
        self._said[endpoint] = what.removesuffix(f": {endpoint}")[:MAX_TEXT]
        if len(self._said) > MAX_ADDRESSES:
            del self._said[next(iter(self._said))]

    def overcome(self, endpoint: Endpoint) -> None:
        """It has worked now."""
        self._said.pop(endpoint, None)

    def groups(self) -> list[Group]:
        """What happened, the most frequent first."""
        counts: dict[str, int] = {}
        examples: dict[str, Endpoint] = {}
        for endpoint, what in self._said.items():
            counts[what] = counts.get(what, 0) + 1
            examples[what] = endpoint
        order = sorted(counts, key=lambda what: -counts[what])
        return [Group(what, counts[what], examples[what]) for what in order]
