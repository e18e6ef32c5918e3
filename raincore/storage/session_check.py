"""What can be read of a session's database, whatever state it is in; changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raincore.base.errors import StorageError
from raincore.storage import database
from raincore.storage.failures import named
from raincore.storage.session_store import SNAPSHOTS, gather

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Report", "check"]


@dataclass(frozen=True, slots=True)
class Report:
    """What was found.

    Args:
        torrents: How many can be read whole.
        damaged: Ids of which a record cannot be read, and why.
        problems: What is wrong with the file itself; empty if it is sound.
        copies: Paths of sound copies, the newest first, each with how many torrents it has.
    """

    torrents: int
    damaged: dict[str, str]
    problems: list[str]
    copies: list[tuple[str, int]]

    @property
    def is_sound(self) -> bool:
        """Whether a session can be opened with all that is in it."""
        return not (self.damaged or self.problems)


def check(place: Path) -> Report:
    """Look at a database that no session has open, or one has; blocks.

    Raises:
        StorageError: There is none.
    """
    file = place / database.FILE_NAME
    if not file.is_file():
        raise StorageError(f"there is no database: {named(place)}", named(place))
    problems = database.problems(file)
    loaded = gather(_readable(file, problems))
    copies = []
    for name in SNAPSHOTS:
        copy = place / name
        if copy.is_file() and not database.problems(copy):
            copies.append((str(copy), len(gather(_readable(copy, [])).torrents)))
    return Report(len(loaded.torrents), loaded.damaged, problems, copies)


def _readable(file: Path, problems: list[str]) -> Iterator[tuple[str, Any]]:
    """All rows that come before the first that cannot be read."""
    try:
        yield from database.rows(file)
    except database.FAILURES as error:
        if str(error) not in problems:
            problems.append(str(error))
