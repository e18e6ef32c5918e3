"""Content in a bytearray: the same promises as files, without a disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from raincore.base.errors import StorageError
    from raincore.base.geometry import Geometry
    from raincore.storage.interface import Fingerprint

__all__ = ["MemoryStorage"]


class MemoryStorage:
    """One torrent's content in memory; implements `interface.Storage`.

    Padding is kept as zeros whatever is written to it, as files would do. A file exists
    from its first written byte (or `finish`) and ends after the last byte written.

    Args:
        geometry: How files, padding included, make up the content.
        padding: Indices of the files that are padding.
        content: What is there from the start, from content offset 0.

    Raises:
        IndexError: `content` is longer than the torrent; a bug in the caller.
    """

    def __init__(
        self, geometry: Geometry, padding: Sequence[int] = (), content: bytes = b""
    ) -> None:
        self.geometry = geometry
        self.padding = frozenset(padding)
        self.content = bytearray(geometry.total_length)
        self.sizes: list[int | None] = [
            length if index in self.padding else None
            for index, length in enumerate(geometry.file_lengths)
        ]
        self.changes = 0  # stands for the clock in mtimes
        self.changed_at = [0] * len(self.sizes)
        if content:
            self.write(0, [memoryview(content)])

    def read_into(self, offset: int, buffer: memoryview) -> int:
        """Fill `buffer` as far as content was written without a gap in file sizes."""
        done = 0
        for span in self.geometry.spans(offset, len(buffer)):
            size = self.sizes[span.file_index] or 0
            got = max(0, min(span.length, size - span.offset))
            begin = offset + done
            buffer[done : done + got] = self.content[begin : begin + got]
            done += got
            if got < span.length:
                break
        return done

    def try_read_into(self, offset: int, buffer: memoryview) -> bool:
        """Fill `buffer` if all of it is there; memory never makes anybody wait."""
        return self.read_into(offset, buffer) == len(buffer)

    def is_hole(self, offset: int, length: int) -> bool:
        """Memory has no holes; see `interface.Storage`."""
        return False

    def write(self, offset: int, data: Sequence[memoryview]) -> None:
        """Write consecutive buffers at `offset`."""
        whole = b"".join(data)
        self.changes += 1
        done = 0
        for span in self.geometry.spans(offset, len(whole)):
            if span.file_index not in self.padding:
                begin = offset + done
                self.content[begin : begin + span.length] = whole[done : done + span.length]
                end = span.offset + span.length
                self.sizes[span.file_index] = max(self.sizes[span.file_index] or 0, end)
                self.changed_at[span.file_index] = self.changes
            done += span.length

    def choose_files(self, unwanted: frozenset[int]) -> None:
        """All content is kept, whatever is wanted: nobody sees these files."""

    def sync(self) -> None:
        """Nothing survives a power cut here."""

    def finish(self) -> None:
        """Create the empty files."""
        for index, length in enumerate(self.geometry.file_lengths):
            if not length and self.sizes[index] is None:
                self.sizes[index] = 0

    def obstacles(self, files: Iterable[int]) -> dict[int, StorageError]:
        """Nothing is in the way in memory."""
        return {}

    def fingerprint(self) -> Fingerprint:
        """Size and a change counter of each file, None where nothing was written."""
        return tuple(
            None if size is None else (size, changed)
            for size, changed in zip(self.sizes, self.changed_at, strict=True)
        )

    def changed(self) -> frozenset[int]:
        """Nobody else has this memory; see `interface.Storage`."""
        return frozenset()

    def close(self) -> None:
        """Nothing to close; the content stays readable."""
