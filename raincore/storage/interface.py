"""The Storage protocol: what a running torrent needs from wherever its content lives.

All methods block and are safe to call from several threads at once for different
byte ranges. Offsets are content offsets (base.geometry): padding files read as zeros
and swallow writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from raincore.base.errors import StorageError

__all__ = ["Fingerprint", "Storage"]

Fingerprint = tuple[tuple[int, int] | None, ...]
"""(size in bytes, mtime in nanoseconds) of each file, None where there is none."""


class Storage(Protocol):
    """One torrent's content at rest."""

    def read_into(self, offset: int, buffer: memoryview) -> int:
        """Fill `buffer` from the content at `offset`.

        Returns:
            Bytes read; fewer than asked when a file is missing or too short.

        Raises:
            ReadError: The system failed to read.
        """

    def try_read_into(self, offset: int, buffer: memoryview) -> bool:
        """Fill `buffer` only if that takes no waiting for a disk (RWF_NOWAIT).

        Returns:
            True if the buffer was filled whole; False: call `read_into` from a thread.
        """

    def is_hole(self, offset: int, length: int) -> bool:
        """Whether a run of content is known to be zeros without reading it.

        True for what lies in holes of sparse files and in padding; False when unsure.
        """

    def write(self, offset: int, data: Sequence[memoryview]) -> None:
        """Write consecutive buffers at `offset`, creating files and folders as needed.

        A file comes into being with its first byte, sparse; nothing else is touched.

        Raises:
            NoSpace: The disk or quota is full; what was there before is unharmed.
            WriteError: The system failed to write, or the file on disk is longer than
                the torrent says and therefore not ours to change.
        """

    def choose_files(self, unwanted: frozenset[int]) -> None:
        """Create and change no file of these from now on, but all others.

        What was kept apart of a file that is wanted now is put into it. Harmless when
        repeated.

        Args:
            unwanted: Indices in the content.

        Raises:
            StorageError: Something could not be put where it belongs.
        """

    def sync(self) -> None:
        """Make everything written so far survive a power cut.

        Raises:
            WriteError: The system could not.
        """

    def finish(self) -> None:
        """Create what no write creates: empty files, symlinks, executable bits."""

    def obstacles(self, files: Iterable[int]) -> dict[int, StorageError]:
        """Say which of these files could not be written as things stand, and why.

        Looks only; what can be told without trying. Creates nothing.
        """

    def fingerprint(self) -> Fingerprint:
        """Size and mtime of each file now; padding files count as whole, with mtime 0.

        Equal fingerprints mean that nobody changed the content in between, as far as
        sizes and clocks can tell.
        """

    def changed(self) -> frozenset[int]:
        """Files that were found to be changed by somebody else, each told once.

        What was verified of them need not be right any more. Found at the latest by the
        read, or write, after the change. Never waits.
        """

    def close(self) -> None:
        """Close all files; harmless when repeated."""
