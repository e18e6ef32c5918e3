"""What running torrents tell: event lines, warnings, one progress bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base import units
from raincore.documents import events
from raintools._kit.explaining import Explainer, deaf
from raintools._kit.progress import Bar

if TYPE_CHECKING:
    from raincore.base.ids import InfoHash
    from raintools._kit.options import Common

__all__ = ["EVENTS", "Reporter"]

EVENTS = (
    *("status", "metadata", "progress", "piece", "file", "peer", "tracker", "dht", "webseed"),
    *("explain", "warning"),
)
"""The document types that `--events` adds to a command's output."""


class Reporter:
    """Takes the records of all torrents of a command. Use it in a `with` statement.

    Args:
        write_events: Write every record to stdout as well.
        explain: Say why, when a torrent fails or stands still.
    """

    def __init__(self, common: Common, *, write_events: bool, explain: bool = False) -> None:
        deaf()
        self.explainer = Explainer(common, write_events=write_events, unasked=explain)
        self._common = common
        self._write_events = write_events
        self._bar = Bar("starting", None, quiet=common.quiet, with_rate=False)
        self._progress: dict[InfoHash, events.Progress] = {}

    def __enter__(self) -> Reporter:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def take(self, name: str, record: events.Event) -> None:
        """Show one record of the torrent called `name`."""
        if self._write_events:
            self._common.out.document(record)
        self.explainer.take(name, record)
        if isinstance(record, events.Warning):
            self._common.warn(f"{name}: {record.message}")
        elif isinstance(record, events.MetadataProgress):
            self._searching(record)
        elif isinstance(record, events.Status):
            self._bar.rename(f"{record.status} {name}")
        elif isinstance(record, events.Progress):
            self._progress[record.info_hash] = record
            self._show()

    def _show(self) -> None:
        """Show all torrents together; one bar is what a person can follow."""
        all_progress = self._progress.values()
        done = sum(progress.bytes_done for progress in all_progress)
        total = sum(progress.bytes_total for progress in all_progress)
        down = sum(progress.down_rate for progress in all_progress)
        up = sum(progress.up_rate for progress in all_progress)
        peers = sum(progress.peers for progress in all_progress)
        notes = ["1 peer" if peers == 1 else f"{peers} peers"]
        if down:
            left = units.format_duration((total - done) // down)
            notes.append(f"{units.format_rate(down)} down, {left} left")
        if up:
            notes.append(f"{units.format_rate(up)} up")
        self._bar.show(done, total=total or None, note=", ".join(notes))

    def _searching(self, record: events.MetadataProgress) -> None:
        """Show how far the search for an info dictionary is, in the place of content."""
        failed = record.peers_tried - record.waiting
        note = (
            f"{record.peers_tried} peers tried, {failed} of no use" if failed else "no metadata yet"
        )
        self._bar.show(record.bytes_have, total=record.bytes_total, note=note)
