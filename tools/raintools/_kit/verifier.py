"""One torrent after the other checked against local data, for rain-verify."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from raincore.base.errors import ContentMismatch, FormatError
from raincore.formats.metainfo import Metainfo
from raincore.storage import device_groups, verification
from raintools._kit import content_place, verified
from raintools._kit.by_device import Task

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from raincore.storage.layout import Layout
    from raincore.storage.verify_journal import Journal
    from raintools._kit.finder import Finder
    from raintools._kit.options import Common
    from raintools._kit.sources import Loaded

__all__ = ["Verifier"]


@dataclass(frozen=True, slots=True)
class Verifier:
    """What was asked for; `plan` and `show` do it for one input, see `by_device`."""

    directory: Path | None
    content: str | None
    quick: bool
    journal: Journal | None
    jobs: int | None
    finder: Finder | None
    common: Common

    def plan(self, loaded: Loaded) -> Task:
        """Find out where the content of an input is, and what is to be done with it.

        Raises:
            FormatError: It is a magnet link.
        """
        torrent = loaded.torrent
        if not isinstance(torrent, Metainfo):
            raise FormatError("a magnet link has no hashes to verify with; get its .torrent first")
        layout = content_place.layout(torrent.info, loaded.document, self.directory, self.content)
        if self.finder is not None:
            # One torrent after the other, wherever they belong: what one needs is remembered.
            work = partial(self.finder.find, torrent, layout, self.jobs)
            return Task(self.finder.device, torrent.info.total_length, work)
        device = device_groups.device_of(top_of(layout))
        length = 0 if self.quick else torrent.info.geometry.total_length
        return Task(device, length, partial(self.verify, torrent, layout, device))

    def verify(
        self,
        torrent: Metainfo,
        layout: Layout,
        device: int,
        tell: Callable[[int], None],
        stop: Callable[[], bool],
    ) -> tuple[Layout, Any]:
        """Check one torrent, in a thread."""
        if self.quick:
            return layout, verification.quick(torrent, layout, stop=stop)
        jobs = self.jobs or (1 if device_groups.is_rotational(device) else None)
        key = f"{torrent.info.swarm_hash.hex()} {top_of(layout)}"
        chapter = None if self.journal is None else self.journal.chapter(key)
        try:
            found = verification.verify(
                torrent, layout, jobs=jobs, journal=chapter, on_progress=tell, stop=stop
            )
        finally:
            if chapter is not None:
                chapter.flush()
        return layout, found

    def show(self, loaded: Loaded, found: tuple[Layout, Any]) -> None:
        """Print what came of one torrent.

        Raises:
            ContentMismatch: Not all of it is there and good.
        """
        torrent, (layout, result) = loaded.torrent, found
        assert isinstance(torrent, Metainfo)
        out, info = self.common.out, torrent.info
        document = replace(
            loaded.document, data_dir=content_place.directory(info, layout, self.content)
        )
        if self.finder is not None:
            shown = self.finder.show(torrent, layout, result)
            out.document(replace(document, status="complete" if shown.is_complete else "stopped"))
            if shown.complaint:
                raise ContentMismatch(shown.complaint)
            return
        document = replace(
            document,
            verify=verified.facts(info, result),
            status="complete" if result.is_complete else "stopped",
        )
        lines = verified.lines(info, result, out, verbose=self.common.verbose > 0)
        out.document(document, lambda: "\n".join(lines))
        for error in result.errors:
            self.common.outcome.failed(error, loaded.origin)
        if not result.is_complete and not result.errors:
            raise ContentMismatch(verified.reason(top_of(layout), result), list(result.bad))


def top_of(layout: Layout) -> str:
    """The path of the content: a file, or the directory with everything in it."""
    name = next((file.parts[0] for file in layout.files if file.parts), "")
    return os.path.join(layout.root, name)
