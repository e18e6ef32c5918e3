"""What is known of peer exchange, with one peer and in the whole torrent."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from raincore.policy.pex_diff import PexDiff
from raincore.wire.ut_pex import ADDRESSES_MAX

if TYPE_CHECKING:
    from raincore.base.endpoint import Endpoint

__all__ = ["PATIENCE", "ExchangeState", "PeerExchange"]

PATIENCE = 3.0
"""Messages that a peer may send at once."""


@dataclass(slots=True)
class ExchangeState:
    """Of a torrent."""

    diff: PexDiff = field(default_factory=PexDiff)
    warned: bool = False
    """A peer has sent too much; the user knows by now."""


@dataclass(slots=True)
class PeerExchange:
    """With one peer."""

    listed_as: Endpoint | None = None
    """Under which address others hear of this connection; None while they do not."""
    told: int = 0
    """Changes that it knows of."""
    due: float = math.inf
    """When it may be told more; never, unless it offered the extension."""
    patience: float = PATIENCE
    """How many messages of its are still welcome."""
    heard_at: float = 0.0
    room: float = ADDRESSES_MAX
    """How many addresses of its are still welcome."""
    offences: int = 0
