"""The directory that unpacking a tar archive would make, scanned like one on disk."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from raincore.base.errors import ConfigError, FormatError
from raincore.storage.content_scan import Scan
from raincore.storage.tar_members import Kind, shown
from raincore.storage.tar_walk import Leaf, Walk

if TYPE_CHECKING:
    from raincore.storage.content_scan import Rules
    from raincore.storage.tar_members import Member, TarPath
    from raincore.storage.tar_walk import Directory, Node

__all__ = ["TarScan", "TarTree"]

Content = TypeVar("Content")


@dataclass(frozen=True, slots=True)
class TarScan(Generic[Content]):
    """What a torrent of an archive holds.

    Args:
        name: Of the torrent, as `os.fsdecode` gives it.
        scan: As of the unpacked directory; its files cannot be opened.
        contents: Of each file, by its `parts`.
    """

    name: str
    scan: Scan
    contents: dict[TarPath, Content]


class TarTree(Generic[Content]):
    """Grows by a member at a time; the last of several with one name counts.

    Content is whatever the caller needs to find a file's bytes or hashes again.

    Args:
        rules: Which files to take.
        name: The torrent's; None for what the archive says.

    Attributes:
        depth: How many components of a path are above the content; a guess from the first
            member until `scan`.
    """

    def __init__(self, rules: Rules, name: str | None) -> None:
        self.rules = rules
        self.name = name
        self.depth: int | None = None
        self.root: Directory[Content] = {}
        self.names_its_top = False

    def add(self, member: Member, content: Content | None = None) -> None:
        """Put in what unpacking a member would make.

        Args:
            member: The next of the archive.
            content: Of a file.

        Raises:
            FormatError: It needs a directory where there is none or a file where there is
                a directory, or is a hard link to nothing.
        """
        self.guess_depth(member)
        if not member.path:
            self.names_its_top = True
            return
        if member.kind is Kind.DIRECTORY:
            self.directory(member.path)
            return
        if member.kind is Kind.HARD_LINK:
            leaf = self.linked(member)
        else:
            target = b"".join(member.target)
            leaf = Leaf(member.kind, member.size, member.is_executable, target, content)
        parent = self.directory(member.path[:-1])
        if isinstance(parent.get(member.path[-1]), dict):
            raise FormatError(
                f"archive has a directory and a file of one name: {shown(member.path)}"
            )
        parent[member.path[-1]] = leaf

    def counts(self, member: Member) -> bool:
        """Whether a file will be in the torrent, as far as can be told now."""
        depth = self.guess_depth(member)
        return self.rules.takes([os.fsdecode(part) for part in member.path[depth:]])

    def guess_depth(self, member: Member) -> int:
        """Tell from the first member where the content is."""
        if self.depth is None:
            is_loose = len(member.path) == 1 and member.kind is not Kind.DIRECTORY
            self.depth = 0 if not member.path or (is_loose and self.name is not None) else 1
        return self.depth

    def size_of(self, path: TarPath) -> int:
        """Bytes of the file that a path names so far; 0 if there is none."""
        node = self.at(path)
        return node.size if isinstance(node, Leaf) else 0

    def at(self, path: TarPath) -> Node[Content] | None:
        """What a path names so far."""
        node: Node[Content] | None = self.root
        for part in path:
            node = node.get(part) if isinstance(node, dict) else None
        return node

    def directory(self, path: TarPath) -> Directory[Content]:
        """Get a directory, made with those above it if need be."""
        node = self.root
        for part in path:
            below = node.setdefault(part, {})
            if not isinstance(below, dict):
                raise FormatError(f"archive has a directory and a file of one name: {shown(path)}")
            node = below
        return node

    def linked(self, member: Member) -> Leaf[Content]:
        """What a hard link is another name of."""
        node = self.at(member.target)
        if not isinstance(node, Leaf):
            raise FormatError(f"archive has a hard link to no earlier file: {shown(member.path)}")
        return node

    def top(self) -> tuple[TarPath, str]:
        """Where the content is, and what the torrent is called.

        The one directory, or the one file, at the top of the archive gives the name. What
        was packed from inside a directory has none, so it must be given.

        Raises:
            ConfigError: There must be a name.
            FormatError: There are several directories at the top, or nothing.
        """
        tops = tuple(sorted(self.root))
        if not tops:
            raise FormatError("nothing to put into a torrent: the archive is empty")
        is_loose = len(tops) > 1 and any(isinstance(node, Leaf) for node in self.root.values())
        if self.names_its_top or is_loose:
            if self.name is None:
                raise ConfigError(
                    "archive has no directory around its files, so a name must be given", "name"
                )
            return (), self.name
        if len(tops) > 1:
            both = f"{shown(tops[:1])}, {shown(tops[1:2])}"
            raise FormatError(f"archive has more than one directory at its top: {both}")
        return (tops[0],), os.fsdecode(tops[0]) if self.name is None else self.name

    def scan(self) -> TarScan[Content]:
        """List what a torrent holds, by the rules of `content_scan.scan`.

        With its `follow_symlinks`, links are followed inside the archive; there is nothing
        else that they could lead to.

        Raises:
            ConfigError: As `top`.
            FormatError: As `top`, or nothing with content is left.
        """
        above, name = self.top()
        self.depth = len(above)
        node: Node[Content] = self.root[above[0]] if above else self.root
        walk = Walk(self.root, above, self.rules)
        if isinstance(node, Leaf):
            walk.leaf(above, (), node)
        else:
            walk.all_below(node)
        files = tuple(sorted(walk.files, key=lambda file: file.parts))
        if not files:
            raise FormatError(f"nothing to put into a torrent: {shown(above)}")
        if not any(file.size for file in files):
            raise FormatError(f"nothing but empty files: {shown(above)}")
        scan = Scan(files, isinstance(node, dict), tuple(sorted(walk.notes)))
        return TarScan(name, scan, walk.contents)
