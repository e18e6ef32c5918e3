"""Local files that have the size of a torrent's file and whose own pieces are good."""

from __future__ import annotations

import hashlib
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING

from raincore.base.errors import Incomplete
from raincore.formats import merkle
from raincore.storage import hashing, piece_slots, workers
from raincore.storage.assigned_files import AssignedFiles
from raincore.storage.beginnings import Beginnings
from raincore.storage.piece_checks import PieceChecker
from raincore.storage.piece_hashes import PieceHashes

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

    from raincore.base.errors import ReadError
    from raincore.formats.metainfo import Metainfo
    from raincore.storage.beginnings import Group
    from raincore.storage.own_pieces import FilePieces
    from raincore.storage.size_index import LocalFile, SizeIndex

__all__ = ["MOST_UNPROVEN", "FittingFiles", "Memory"]

MOST_UNPROVEN = 256
"""Candidates for a file that has no piece of its own, each of which may have to be tried
with each of its neighbours' candidates."""


class Memory:
    """What is known of local files after some torrents, for those that follow.

    `beginnings` has one piece of many files; `proven` the files that were read whole and
    found good, by what they were said to be; `errors` what could not be read, by path.
    """

    def __init__(self) -> None:
        self.beginnings = Beginnings()
        self.proven: dict[Hashable, list[LocalFile]] = {}
        self.errors: dict[str, ReadError] = {}


class FittingFiles:
    """The candidates for the files of one torrent.

    Args:
        metainfo: The torrent.
        padding: Indices of padding files.
        index: Where to look.
        memory: What earlier torrents taught; added to.
        jobs: Threads; None for one a core.
        on_read: Told of the bytes of every run of pieces that was good.
        stop: Asked several times a second.
    """

    def __init__(
        self,
        metainfo: Metainfo,
        padding: frozenset[int],
        index: SizeIndex,
        memory: Memory,
        *,
        jobs: int | None,
        on_read: Callable[[int], None],
        stop: Callable[[], bool],
    ) -> None:
        self.info = metainfo.info
        self.geometry = metainfo.info.geometry
        self.padding = padding
        self.index = index
        self.memory = memory
        self.jobs = jobs
        self.on_read = on_read
        self.stop = stop
        hashes = PieceHashes.of(metainfo.info, metainfo.piece_layers)
        self.checker = PieceChecker(hashes, AssignedFiles(self.geometry, padding, {}))
        self.buffer = workers.page_buffer(self.checker.buffer_length)

    def of(self, number: int, pieces: FilePieces, target: LocalFile | None) -> Iterator[LocalFile]:
        """Find local files for one file of the torrent, the best first, as they are asked for.

        Args:
            number: Its index.
            pieces: Its pieces.
            target: What is in its place already, if that has the right size.

        Raises:
            Incomplete: (While iterating.) `stop` said yes.
        """
        given: list[LocalFile] = []
        order = self.proving(number, pieces.own, target) if pieces.own else self.any(number, target)
        for local in order:
            if not any(local.is_same_as(other) for other in given):
                given.append(local)
                yield local

    def any(self, number: int, target: LocalFile | None) -> Iterator[LocalFile]:
        """Candidates that nothing can be said of; a bounded number of them."""
        others = chain(self.named(number), self.index.of_size(self.geometry.file_lengths[number]))
        return chain([target] if target else [], islice(others, MOST_UNPROVEN))

    def proving(self, number: int, own: range, target: LocalFile | None) -> Iterator[LocalFile]:
        """Candidates whose own pieces are good."""
        claim, proven = self.claim(number, own), self.memory.proven
        for local in self.beginning_well(number, own, target):
            if local not in proven.get(claim, ()):
                if not self.is_whole(number, own) and not self.all_good(number, own[1:], local):
                    continue
                proven.setdefault(claim, []).append(local)
            yield local

    def claim(self, number: int, own: range) -> Hashable:
        """What a file must be to fit; equal claims of two torrents mean the same bytes."""
        root = self.info.files[number].pieces_root
        digests = self.info.piece_hashes[20 * own.start : 20 * own.stop]
        if not digests:
            return root
        return root, self.shape(own.start), hashlib.sha256(digests).digest()

    def shape(self, piece: int) -> Hashable:
        """Where in its file the bytes of a piece are; not in which file."""
        geometry = self.geometry
        spans = geometry.spans(geometry.offset_of(piece), geometry.length_of(piece))
        return geometry.piece_length, tuple(
            (span.file_index in self.padding, span.offset, span.length) for span in spans
        )

    def named(self, number: int) -> list[LocalFile]:
        """Files of the right size and name, those in directories of the same names first."""
        parts = self.info.files[number].disk_path

        def unlike(local: LocalFile) -> int:
            others = local.path.split("/")
            same = 0
            for part, other in zip(reversed(parts), reversed(others), strict=False):
                if part != other:
                    break
                same += 1
            return -same

        return sorted(self.index.called(parts[-1], self.geometry.file_lengths[number]), key=unlike)

    def beginning_well(
        self, number: int, own: range, target: LocalFile | None
    ) -> Iterator[LocalFile]:
        """Files whose first own piece is good; or all of it, where only the root can tell."""
        piece = own.start
        size = self.geometry.file_lengths[number]
        whole = self.is_whole(number, own)
        digest_of = (
            partial(self.root, number, own) if whole else partial(self.digest, number, piece)
        )
        kind = (self.checker.is_v1, self.checker.with_sha1)
        key = (size, *kind, *((self.info.raw, number) if whole else (self.shape(piece),)))
        group: Group = self.memory.beginnings.group(key, self.index.of_size(size))
        expected = self.info.files[number].pieces_root if whole else self.expected(piece)
        assert expected is not None
        preferred: Iterable[LocalFile] = [*([target] if target else []), *self.named(number)]
        for local in preferred:
            if group.digest(local, digest_of) == expected:
                yield local
        yield from group.alike(expected, digest_of)

    def is_whole(self, number: int, own: range) -> bool:
        """Whether nothing is known of a file's pieces but the root over all of them (BEP 52)."""
        return not self.checker.is_v1 and self.checker.hashes.nodes[own.start] is None

    def expected(self, piece: int) -> bytes:
        """What `digest` should be."""
        sha1 = self.info.piece_hash(piece) if self.checker.with_sha1 else b""
        return sha1 + (b"" if self.checker.is_v1 else self.checker.hashes.nodes[piece] or b"")

    def digest(self, number: int, piece: int, local: LocalFile) -> bytes:
        """The hashes of one piece of a file; b"" if it cannot be read."""
        checker, run = self.checker_of(number, local), range(piece, piece + 1)
        if checker.is_v1:
            read_into = checker.storage.read_into
            return hashing.piece_digests(read_into, self.geometry, run, self.buffer)[0]
        slot = next(piece_slots.slots(self.geometry, run))
        found = checker.hashed(slot, self.buffer)
        return b"" if found is None else found[0] + merkle.root(found[1], total_height=slot.height)

    def root(self, number: int, own: range, local: LocalFile) -> bytes:
        """The root of a whole file; b"" if it cannot be read, or its SHA-1 speak against it."""
        nodes: dict[int, bytes] = {}
        if not self.all_good(number, own, local, nodes):
            return b""
        layer = b"".join(nodes[piece] for piece in own)
        return merkle.root_of_layer(layer, self.info.piece_length)

    def all_good(
        self, number: int, own: range, local: LocalFile, nodes: dict[int, bytes] | None = None
    ) -> bool:
        """Whether all these pieces of a file are good; each is read once.

        Args:
            nodes: Gets the roots of the pieces' trees.

        Raises:
            Incomplete: `stop` said yes.
        """
        checker = self.checker_of(number, local)
        runs = hashing.runs(own, self.geometry.piece_length)
        done = 0
        for results in workers.spread(
            runs, checker.check, buffer_length=checker.buffer_length, jobs=self.jobs, stop=self.stop
        ):
            for checked in results:
                if checked.good is False:
                    return False
                if nodes is not None:
                    nodes[checked.piece] = checked.node
            done += len(results)
            self.on_read(len(results) * self.geometry.piece_length)
        if done != len(own):
            raise Incomplete("stopped before all files were looked for", done, len(own))
        return True

    def checker_of(self, number: int, local: LocalFile) -> PieceChecker:
        """What checks pieces of one file."""
        files = AssignedFiles(self.geometry, self.padding, {number: local.path}, self.memory.errors)
        return self.checker.of(files)
