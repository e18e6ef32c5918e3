"""What became of everybody who was asked for metadata, so that waiting can be explained."""

from __future__ import annotations

from collections import Counter
from enum import Enum
from typing import TYPE_CHECKING

from raincore.base.endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MAX_PEERS", "Cause", "MetadataTally"]

MAX_PEERS = 5_000
"""Addresses that are told apart; a stranger can come from any number of them."""


class Cause(Enum):
    """Why a peer has not given the metadata; the values complete "3 peers …"."""

    UNREACHABLE = "could not be reached"
    WAITING = "have not answered yet"
    NO_METADATA = "have no metadata"
    REFUSED = "refused"
    SILENT = "stayed silent"
    HUNG_UP = "hung up"
    BAD = "sent false metadata"


class MetadataTally:
    """The last thing that is known of each peer, by address.

    Peers that came to us are told apart by host alone: each of their connections has
    another port.

    Attributes:
        bad_copies: How often what one or several peers had sent did not fit the info-hash.
    """

    def __init__(self) -> None:
        self._causes: dict[Endpoint, Cause] = {}
        self.bad_copies = 0

    def note(self, endpoint: Endpoint, cause: Cause, *, incoming: bool = False) -> None:
        """Note what a peer did, in the place of what it did before."""
        name = Endpoint(endpoint.host, 0) if incoming else endpoint
        if name in self._causes or len(self._causes) < MAX_PEERS:
            self._causes[name] = cause

    def hung_up(self, endpoint: Endpoint, *, incoming: bool = False) -> None:
        """A connection ended; that explains only why a peer who still owed us something did not."""
        name = Endpoint(endpoint.host, 0) if incoming else endpoint
        if self._causes.get(name) is Cause.WAITING:
            self._causes[name] = Cause.HUNG_UP

    @property
    def tried(self) -> int:
        """How many peers there are of whom anything is known."""
        return len(self._causes)

    def counts(self) -> Mapping[Cause, int]:
        """How many peers there are of each kind; 0 for those that do not occur."""
        return Counter(self._causes.values())

    def sentence(self) -> str:
        """Say it to a person: "7 peers tried: 5 refused, 2 stayed silent"; "" for nobody."""
        counts = self.counts()
        if not counts:
            return ""
        kinds = [f"{counts[cause]} {cause.value}" for cause in Cause if counts[cause]]
        if self.tried == 1:
            only = next(iter(self._causes.values()))
            text = f"the only peer {SINGULAR.get(only, only.value)}"
        else:
            text = f"{self.tried} peers tried: {', '.join(kinds)}"
        if self.bad_copies > counts[Cause.BAD]:
            times = "once" if self.bad_copies == 1 else f"{self.bad_copies} times"
            text += f"; what several sent together did not match the info-hash, {times}"
        return text


SINGULAR = {
    Cause.WAITING: "has not answered yet",
    Cause.NO_METADATA: "has no metadata",
}
