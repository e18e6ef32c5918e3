"""V1 content from a pipe: hashed as it comes if it comes in the order of the torrent.

The files of a v1 torrent are laid end to end in the order of their whole paths, so a file
must be hashed behind those before it. The first 64 MiB are held in memory. If that is all,
order does not matter. If more comes and all so far came in order, hashing begins, and from
there on everything must come in order. Else everything goes into a file without a name.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Self

from raincore.base.errors import FormatError
from raincore.storage import tar_assembly, workers
from raincore.storage.creation import Hashed
from raincore.storage.failures import named
from raincore.storage.stream_hashing import StreamHasher
from raincore.storage.stream_pieces import PieceSums
from raincore.storage.stream_pool import Pool
from raincore.storage.stream_spool import Spool
from raincore.storage.tar_members import Kind, shown
from raincore.storage.tar_reader import ForwardReader, spooled
from raincore.storage.tar_tree import TarTree

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from raincore.storage.creation import Created
    from raincore.storage.creation_options import CreateOptions
    from raincore.storage.tar_assembly import Tell
    from raincore.storage.tar_input import TarInput
    from raincore.storage.tar_members import Member, TarPath
    from raincore.storage.tar_reader import Extents

__all__ = ["HELD_BYTES", "TarSequence"]

HELD_BYTES = 64 * 1024 * 1024
COPY_LENGTH = 1024 * 1024
ELSE = "or make it aligned, hybrid or v2"
REMEDY = f"pack the archive in the order of whole paths, {ELSE}"


class TarSequence:
    """Takes the members of an archive one by one; use it in a `with` statement.

    Args:
        archive: Where they come from.
        options: For V1, not aligned.
        tell: Told the progress.
        warn: Told what costs disk space.
    """

    def __init__(
        self,
        archive: TarInput,
        options: CreateOptions,
        tell: Tell,
        warn: Callable[[str], None],
    ) -> None:
        self.archive = archive
        self.options = options
        self.tell = tell
        self.warn = warn
        self.tree: TarTree[Extents] = TarTree(options.rules, options.name)
        self.spool = Spool()
        self.buffer = workers.page_buffer(COPY_LENGTH)
        self.order: list[TarPath] = []  # of the files that count, as they came
        self.held: list[tuple[int, Extents]] = []  # size and extents of the same
        self.is_ordered = not options.sort_by  # in another order, who is next is known in the end
        self.total = 0
        self.pool = Pool(options.jobs)
        self.sums: PieceSums | None = None  # once hashing has begun
        self.hasher = StreamHasher(
            self.pool, tar_assembly.lengths_for(0, options), lambda done: tell(done, None)
        )

    def take(self, member: Member) -> None:
        """Take the next member, and read its bytes.

        Raises:
            FormatError: It comes too late, or the archive is damaged.
            StorageError: The system failed.
        """
        if member.kind is Kind.FILE:
            self.take_file(member)
        elif member.kind is Kind.HARD_LINK:
            leaf = self.tree.linked(member)
            if self.sums is not None and leaf.size and self.tree.counts(member):
                raise FormatError(
                    f"bytes of a hard link are gone, pack with --hard-dereference, {ELSE}: "
                    + shown(member.path)
                )
            if leaf.content is not None:
                self.note(member, leaf.size, leaf.content)
            self.tree.add(member)
        else:
            if member.kind is Kind.SYMLINK and self.options.rules.follow_symlinks:
                if self.sums is not None:
                    raise FormatError(
                        f"bytes behind a symlink are gone, pack with --dereference, {ELSE}: "
                        + shown(member.path)
                    )
                self.is_ordered = False  # where it leads to may come later
            self.tree.add(member)

    def take_file(self, member: Member) -> None:
        """Keep the bytes of a file, or hash them."""
        in_memory = self.sums is None and self.spool.directory is None
        stored = sum(extent.length for extent in member.extents)
        if in_memory and self.spool.size + stored > HELD_BYTES:
            self.overflow()
        if self.sums is None:
            extents = spooled(self.archive, member, self.spool, self.buffer)
            self.note(member, member.size, extents)
            self.tree.add(member, extents)
            self.tell(self.archive.tell(), None)
        elif self.note(member, member.size, ()):
            self.tree.add(member, ())
            self.hash(member.size, ForwardReader(self.archive.read_at, member.extents))
        else:
            self.tree.add(member, ())

    def note(self, member: Member, size: int, extents: Extents) -> bool:
        """Note whether a file comes in order; returns whether it counts.

        Raises:
            FormatError: It does not, and hashing has begun.
        """
        if not self.tree.counts(member):
            return False
        if self.order and b"/".join(self.order[-1]) >= b"/".join(member.path):
            if self.sums is not None:
                raise FormatError(f"file comes too late, {REMEDY}: {shown(member.path)}")
            self.is_ordered = False
        self.order.append(member.path)
        if self.sums is None:
            self.held.append((size, extents))
        return True

    def overflow(self) -> None:
        """More comes than is held in memory: begin to hash, or go on on disk."""
        if not self.is_ordered:
            directory = self.spool.to_disk()
            self.warn(
                "files are not in the order of the torrent, so they are kept until the end in "
                + named(directory)
            )
            return
        self.sums = PieceSums(self.hasher.lengths)
        for size, extents in self.held:
            self.hash(size, ForwardReader(self.spool.read_at, extents))
        self.held.clear()
        self.spool.clear()

    def hash(self, size: int, reader: ForwardReader) -> None:
        """Hash the file that is next in the content."""
        assert self.sums is not None
        self.total += size
        self.hasher.at_least(tar_assembly.lengths_for(self.total, self.options)[0])
        self.hasher.run(size, reader.fill, [self.sums])

    def finish(self) -> Created:
        """Make the torrent, once all members were taken.

        Raises:
            ConfigError, FormatError, ReadError: As `tar_creation.create`.
        """
        plan = tar_assembly.planned(self.tree.scan(), self.options)
        if self.sums is None:
            hashed = tar_assembly.hash_extents(plan, self.spool.read_at, self.options, self.tell)
            return tar_assembly.finished(plan, hashed, self.options)
        wanted = [file.path[1:] for file in plan.listed if file.symlink is None]
        came = [path[self.tree.depth :] for path in self.order]
        for first, second in zip_longest(wanted, came):
            if first != second:
                name = shown(first or second or ())
                raise FormatError(f"file does not come in its place, {REMEDY}: {name}")
        hashes = tar_assembly.of_length(self.sums.finish(), plan.geometry.piece_length)
        return tar_assembly.finished(plan, Hashed(plan.listed, hashes, None), self.options)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.pool.close()
        self.spool.close()
