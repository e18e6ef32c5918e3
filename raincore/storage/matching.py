"""Which local files, under any name, are the files of a torrent; proven by their content.

A candidate has the right size. Its own pieces, those that hold bytes of no other file,
tell whether it fits; padding is zeros and belongs to the file before it. Where a piece is
shared with neighbours, the candidates of all of them are tried together. Version 2 and
padded torrents share no pieces, so that every file is proven or refuted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice, product
from math import prod
from typing import TYPE_CHECKING

from raincore.storage import hashing, size_index, workers
from raincore.storage.assigned_files import AssignedFiles
from raincore.storage.piece_checks import PieceChecker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from raincore.formats.metainfo import Metainfo
    from raincore.storage.layout import Layout
    from raincore.storage.size_index import LocalFile, SizeIndex

__all__ = ["Match", "match"]

MOST_CANDIDATES = 256
"""Files of one size that are tried for one file of a torrent."""

MOST_COMBINATIONS = 256
"""Choices of candidates that are tried for one shared piece."""


@dataclass(frozen=True, slots=True)
class Match:
    """What was found for one file of a torrent.

    Args:
        index: Among the torrent's files, padding counted.
        status: "in_place": it is where it belongs, and proven. "exact": all its bytes
            are proven to be in `source`. "likely": all pieces of its own are, but not
            the bytes that it shares with neighbours that were not found. "unproven":
            `source` has the right size, and there is no piece to prove more. "missing".
        source: The local file; None if there is none, or none is needed.
        pieces_proven: How many of its pieces are proven.
        pieces_total: How many it has.
    """

    index: int
    status: str
    source: LocalFile | None
    pieces_proven: int
    pieces_total: int


@dataclass(slots=True)
class Search:
    """The search for one file.

    Args:
        own: Its pieces that hold bytes of no other file.
        shared: Its pieces that do.
        found: Candidates whose own pieces are good, as far as they were looked for.
        rest: Further ones, which are checked when they are asked for.
        proven: Its pieces that are proven, for the first of `found`.
    """

    index: int
    own: Sequence[int]
    shared: Sequence[int]
    found: list[LocalFile]
    rest: Iterator[LocalFile]
    proven: set[int] = field(default_factory=set)


def match(
    metainfo: Metainfo, index: SizeIndex, layout: Layout, *, jobs: int | None = None
) -> list[Match]:
    """Find the local files that are those of a torrent.

    Args:
        metainfo: The torrent.
        index: Where to look.
        layout: Where the files belong; what is there already comes first.
        jobs: Threads; None for one a core.

    Returns:
        One match for each file but padding, in content order. Empty files and symlinks
        need no source: they are "exact", or "in_place" if they are there.
    """
    matcher = Matcher(metainfo, index, layout, jobs)
    searches = {search.index: search for search in matcher.searches()}
    for search in searches.values():
        search.found += islice(search.rest, 1)
        if search.found:
            search.proven.update(search.own)
    matcher.settle_shared(searches)
    return [
        matcher.verdict(number, searches.get(number))
        for number, file in enumerate(layout.files)
        if not file.is_padding
    ]


class Matcher:
    """The search for the files of one torrent."""

    def __init__(
        self, metainfo: Metainfo, index: SizeIndex, layout: Layout, jobs: int | None
    ) -> None:
        self.metainfo = metainfo
        self.geometry = metainfo.info.geometry
        self.index = index
        self.layout = layout
        self.jobs = jobs
        self.padding = {n for n, file in enumerate(layout.files) if file.is_padding}
        self.checker = PieceChecker(metainfo, AssignedFiles(self.geometry, self.padding, {}))
        self.beginnings: dict[int, dict[bytes, list[LocalFile]]] = {}

    def searches(self) -> Iterator[Search]:
        """Begin a search for each file that has content."""
        for number, file in enumerate(self.layout.files):
            if file.length and not file.is_padding:
                pieces = self.geometry.pieces_of_file(number)
                shared = [
                    piece
                    for piece in sorted({pieces.start, pieces.stop - 1})
                    if len(self.files_of(piece)) > 1
                ]
                own = range(
                    pieces.start + (pieces.start in shared),
                    pieces.stop - (pieces.stop - 1 in shared and len(pieces) > 1),
                )
                search = Search(number, own, shared, [], iter(()))
                search.rest = self.fitting(number, own)
                yield search

    def files_of(self, piece: int) -> list[int]:
        """The files, padding left out, that a piece holds bytes of."""
        spans = self.geometry.spans(self.geometry.offset_of(piece), self.geometry.length_of(piece))
        return [span.file_index for span in spans if span.file_index not in self.padding]

    def candidates(self, number: int, first: int | None) -> Iterator[LocalFile]:
        """Local files of the right size: what is in place, what has the name, the rest.

        Args:
            first: The file's first piece if no other file has a part in it.
        """
        file = self.layout.files[number]
        target = size_index.look_at(str(self.layout.root.joinpath(*file.parts)))
        if target is not None and target.size == file.length:
            yield target
        expected = None if first is None or self.checker.is_v1 else self.checker.nodes[first]
        if expected is None:
            others = self.index.of_size(file.length)[:MOST_CANDIDATES]
        else:
            others = self.beginning_alike(number, first or 0).get(expected, [])
        named = self.index.called(file.parts[-1], file.length)
        for local in dict.fromkeys([*named[:MOST_CANDIDATES], *others]):
            if target is None or not local.is_same_as(target):
                yield local

    def beginning_alike(self, number: int, first: int) -> dict[bytes, list[LocalFile]]:
        """All local files of this file's size, by the tree of their first piece.

        Each is looked at once, so that thousands of files of one size cost no more than
        themselves; trees are the same wherever in the content a file begins (BEP 52).
        """
        size = self.layout.files[number].length
        if size not in self.beginnings:
            groups = self.beginnings[size] = {}
            buffer = workers.page_buffer(self.checker.buffer_length)
            for local in self.index.of_size(size):
                files = AssignedFiles(self.geometry, self.padding, {number: local.path})
                (checked,) = self.checker.of(files).check(range(first, first + 1), buffer)
                groups.setdefault(checked.node, []).append(local)
        return self.beginnings[size]

    def fitting(self, number: int, own: Sequence[int]) -> Iterator[LocalFile]:
        """The candidates whose own pieces are all good."""
        pieces = self.geometry.pieces_of_file(number)
        first = pieces.start if own and own[0] == pieces.start else None
        for local in self.candidates(number, first):
            # One piece tells most strangers; only what passes is read whole.
            paths = {number: local.path}
            if not own or (self.all_good(own[:1], paths) and self.all_good(own, paths)):
                yield local

    def all_good(self, pieces: Sequence[int], paths: Mapping[int, str]) -> bool:
        """Whether pieces are good when files are what is at these paths."""
        checker = self.checker.of(AssignedFiles(self.geometry, self.padding, paths))
        nodes: dict[int, bytes] = {}
        results = workers.spread(
            hashing.runs(pieces, self.geometry.piece_length),
            checker.check,
            buffer_length=checker.buffer_length,
            jobs=self.jobs,
        )
        for checked in (checked for run in results for checked in run):
            if checked.good is False:
                return False
            if checked.good is None:
                nodes[checked.piece] = checked.node
        return not nodes or checker.fits_root(nodes)

    def settle_shared(self, searches: Mapping[int, Search]) -> None:
        """Prove shared pieces, in content order, by the candidates of all their files."""
        for piece in sorted({piece for search in searches.values() for piece in search.shared}):
            involved = [searches[number] for number in self.files_of(piece)]
            choice = self.choice(piece, involved)
            if choice is not None:
                for search, local in zip(involved, choice, strict=True):
                    if search.found[0] is not local:
                        search.proven = set(search.own)
                    search.found = [local]
                    search.proven.add(piece)
                    search.rest = iter(())

    def choice(self, piece: int, involved: Sequence[Search]) -> Sequence[LocalFile] | None:
        """The candidates that make a shared piece good together; None if there are none."""
        tried: set[tuple[str, ...]] = set()
        while prod(len(search.found) for search in involved) <= MOST_COMBINATIONS:
            for locals_ in product(*(search.found for search in involved)):
                paths = tuple(local.path for local in locals_)
                if paths in tried:
                    continue
                tried.add(paths)
                numbers = (search.index for search in involved)
                if self.all_good([piece], dict(zip(numbers, paths, strict=True))):
                    return locals_
            before = [len(search.found) for search in involved]
            for search in involved:
                search.found += islice(search.rest, 1)
            if before == [len(search.found) for search in involved]:
                return None
        return None

    def verdict(self, number: int, search: Search | None) -> Match:
        """Say what was found for a file."""
        file = self.layout.files[number]
        if search is None:
            place = str(self.layout.root.joinpath(*file.parts))
            there = size_index.look_at(place) if file.symlink is None else None
            in_place = there is not None and there.size == 0
            return Match(number, "in_place" if in_place else "exact", None, 0, 0)
        total = len(search.own) + len(search.shared)
        if not search.found:
            return Match(number, "missing", None, 0, total)
        source, proven = search.found[0], len(search.proven)
        if proven == total:
            target = size_index.look_at(str(self.layout.root.joinpath(*file.parts)))
            in_place = target is not None and target.is_same_as(source)
            status = "in_place" if in_place else "exact"
        else:
            status = "likely" if search.own else "unproven"
        return Match(number, status, source, proven, total)
