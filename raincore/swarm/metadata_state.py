"""All facts about the search for one info dictionary, beside the parts that have come."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from raincore.policy.metadata_tally import MetadataTally
from raincore.policy.source_queue import SourceQueue

if TYPE_CHECKING:
    from raincore.documents import events as records

__all__ = ["MetadataState"]


@dataclass(slots=True, eq=False)
class MetadataState:
    """Mutable; owned and changed by the machine only.

    Args:
        sources: Who else than peers may give it.
        tally: What became of the peers who were asked for it.
        told: What the outside was told of that last.
    """

    sources: SourceQueue = field(default_factory=SourceQueue)
    tally: MetadataTally = field(default_factory=MetadataTally)
    told: records.MetadataProgress | None = None
