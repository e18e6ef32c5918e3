"""Finds the local files of one torrent after the other, and puts them into place."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from raincore.storage import device_groups, matching
from raincore.storage.failures import named
from raincore.storage.linking import How, Linker
from raincore.storage.size_index import SizeIndex
from raintools._kit import match_view
from raintools._kit.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from raincore.formats.metainfo import Metainfo
    from raincore.storage.layout import Layout
    from raincore.storage.matching import Match
    from raintools._kit.options import Common

__all__ = ["Finder", "Shown"]

MOST_WARNINGS = 20


class Shown(NamedTuple):
    """What came of a torrent: why it is not satisfied ("" if it is), and whether it is whole."""

    complaint: str
    is_complete: bool


class Finder:
    """Finds the files of one torrent after the other; the directories are listed once.

    Args:
        directories: Where to look.
        apply: How to put what is found into place; None to leave it where it is.
    """

    def __init__(self, directories: Sequence[str], apply: str | None, common: Common) -> None:
        self.apply = apply
        self.common = common
        devices = [device_groups.device_of(directory) for directory in directories]
        self.device = devices[0]
        # Two readers would make the heads of a spinning disk run to and fro.
        self.jobs = 1 if any(map(device_groups.is_rotational, devices)) else None
        self.memory = matching.Memory()
        self.told: set[str] = set()
        self.turns = Turns()
        self.ctimes: dict[tuple[int, int], int] = {}  # see Linker
        self.index = SizeIndex(directories)
        given, below = {named(os.path.abspath(directory)) for directory in directories}, []
        for error in self.index.errors:
            if error.path in given:
                common.outcome.failed(error)
            else:
                below.append(str(error))
        self.warn(below)

    def find(
        self,
        torrent: Metainfo,
        layout: Layout,
        jobs: int | None,
        tell: Callable[[int], None],
        stop: Callable[[], bool],
    ) -> tuple[Layout, list[Match]]:
        """`matching.match`, in a thread, when the files of the last torrent are in place."""
        self.turns.wait(stop)
        search = partial(matching.match, torrent, self.index, layout, memory=self.memory)
        found = search(jobs=jobs or self.jobs, on_progress=tell, stop=stop)
        if self.apply:
            self.turns.take()
        return layout, found

    def show(self, torrent: Metainfo, layout: Layout, found: Sequence[Match]) -> Shown:
        """Write the plan, a line for each file, carrying it out if asked to."""
        complaints, done = dict.fromkeys(("not found", "not proven", "not put into place"), 0), 0
        with self.turns.ending():
            errors = {path: str(error) for path, error in list(self.memory.errors.items())}
            self.warn([text for path, text in errors.items() if path not in self.told])
            self.told.update(errors)
            linker = Linker(layout, How(self.apply), self.ctimes) if self.apply else None
            for number, match in enumerate(found):
                wanted = linker is not None and match.is_elsewhere(layout.path_of(match.index))
                applied = self.put(linker, match) if linker is not None and wanted else None
                match_view.show(self.common.out, torrent.info, layout, number, match, applied)
                complaints["not found"] += match.status == "missing"
                complaints["not proven"] += match.status == "unproven"
                complaints["not put into place"] += wanted and applied is None
                done += not match.reason and (match.status == "in_place" or applied is not None)
        complaint = ", ".join(
            f"{count} of {len(found)} files {'was' if count == 1 else 'were'} {what}"
            for what, count in complaints.items()
            if count
        )
        return Shown(complaint, done == len(found))

    def put(self, linker: Linker, match: Match) -> str | None:
        """Put a file into place if that is safe; say how."""
        if match.status == "likely" and linker.how.shares_content:
            # A download would mend the unproven bytes, in somebody else's file.
            path = linker.layout.path_of(match.index)
            self.common.warn(f"not every byte is proven, so it is not linked but left out: {path}")
            return None
        with self.common.outcome.guard():
            linker.put(match.index, match.source)
            return linker.how.value
        return None

    def warn(self, texts: Sequence[str]) -> None:
        """Say on stderr what could not be looked at, or that it was much."""
        for text in texts[:MOST_WARNINGS]:
            self.common.warn(text)
        if len(texts) > MOST_WARNINGS:
            self.common.warn(f"so it is with {len(texts) - MOST_WARNINGS} more")
