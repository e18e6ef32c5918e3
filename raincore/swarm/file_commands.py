"""What the shell is to do with the files of a torrent: part of swarm.commands."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ChooseFiles"]


@dataclass(frozen=True, slots=True)
class ChooseFiles:
    """Other files are not wanted than were: FilesChosen, once that is true on disk.

    Until the storage is open, nothing answers.

    Args:
        unwanted: Indices of files in the content, padding left out.
    """

    unwanted: frozenset[int]
