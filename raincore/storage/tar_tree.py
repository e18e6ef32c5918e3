"""The directory that unpacking a tar archive would make, scanned like one on disk."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeAlias, TypeVar

from raincore.base.errors import ConfigError, FormatError
from raincore.storage.content_scan import Scan, SourceFile, symlink_target
from raincore.storage.tar_members import MAX_MEMBERS, Kind, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raincore.storage.content_scan import Rules
    from raincore.storage.tar_members import Member, TarPath

__all__ = ["TarScan", "TarTree"]

MAX_HOPS = 40
"""Symlinks on the way to one file, as in Linux."""

Content = TypeVar("Content")


class Leaf(NamedTuple, Generic[Content]):
    """What is no directory; `content` is None unless it is a file."""

    kind: Kind
    size: int
    is_executable: bool
    target: bytes
    content: Content | None


Directory: TypeAlias = "dict[bytes, Node[Content]]"
Node: TypeAlias = "Leaf[Content] | Directory[Content]"


@dataclass(frozen=True, slots=True)
class TarScan(Generic[Content]):
    """What a torrent of an archive holds.

    Args:
        name: Of the torrent, as `os.fsdecode` gives it.
        scan: As of the unpacked directory; paths are those in the archive.
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
        node: Node[Content] | None = self.root
        for part in member.target:
            node = node.get(part) if isinstance(node, dict) else None
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
            first, second = shown(tops[:1]), shown(tops[1:2])
            raise FormatError(f"archive has more than one directory at its top: {first}, {second}")
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


class Place(NamedTuple, Generic[Content]):
    """A directory to list: where it is, what it is called in the torrent, what is above."""

    node: Directory[Content]
    path: TarPath
    parts: TarPath
    above: tuple[int, ...]


class Walk(Generic[Content]):
    """One walk through a tree; afterwards `files`, `contents` and `notes` say what was found."""

    def __init__(self, root: Directory[Content], top: TarPath, rules: Rules) -> None:
        self.root = root
        self.top = top
        self.rules = rules
        self.files: list[SourceFile] = []
        self.contents: dict[TarPath, Content] = {}
        self.notes: list[str] = []

    def all_below(self, node: Directory[Content]) -> None:
        """Find the files below a directory, in no particular order."""
        waiting = [Place(node, self.top, (), (id(node),))]
        while waiting:
            place = waiting.pop()
            for name, below in place.node.items():
                waiting += self.entry(place, name, below)

    def entry(
        self, place: Place[Content], name: bytes, node: Node[Content]
    ) -> Iterator[Place[Content]]:
        """Take a file, or give the directory that an entry is."""
        path, parts = (*place.path, name), (*place.parts, name)
        taken = self.rules.takes([os.fsdecode(part) for part in parts])
        is_link = isinstance(node, Leaf) and node.kind is Kind.SYMLINK
        found = self.followed(path) if is_link and self.rules.follow_symlinks else node
        # Below a directory that is left out, something may be included.
        if not taken and not (self.rules.include and isinstance(found, dict)):
            return
        if found is None:
            self.notes.append(f"left out, it is a broken symlink: {shown(path)}")
            return
        if is_link and found is node and isinstance(node, Leaf):
            self.link(path, parts, node)
            return
        node = found
        if isinstance(node, Leaf):
            if taken:
                self.leaf(path, parts, node)
        elif id(node) in place.above:
            self.notes.append(f"left out, it leads back to a directory above: {shown(path)}")
        else:
            yield Place(node, path, parts, (*place.above, id(node)))

    def leaf(self, path: TarPath, parts: TarPath, leaf: Leaf[Content]) -> None:
        """Take a file; what is none gets a note."""
        if leaf.kind is not Kind.FILE or leaf.content is None:
            self.notes.append(f"left out, it is neither file nor directory: {shown(path)}")
            return
        if len(self.files) == MAX_MEMBERS:  # symlinks to directories may double them each time
            raise FormatError(f"archive has symlinks that make more than {MAX_MEMBERS} files of it")
        label = os.fsdecode(b"/".join(path))
        self.files.append(SourceFile(label, parts, leaf.size, 0, leaf.is_executable))
        self.contents[parts] = leaf.content

    def link(self, path: TarPath, parts: TarPath, leaf: Leaf[Content]) -> None:
        """Take a symlink as what it is, if that is wanted and it leads nowhere else."""
        if not self.rules.symlinks:
            self.notes.append(f"left out, it is a symlink: {shown(path)}")
            return
        target = symlink_target(leaf.target, parts[:-1], None)
        if target is None:
            self.notes.append(f"left out, it is a symlink to somewhere else: {shown(path)}")
            return
        label = os.fsdecode(b"/".join(path))
        self.files.append(SourceFile(label, parts, 0, 0, is_executable=False, symlink=target))

    def followed(self, path: TarPath) -> Node[Content] | None:
        """What a symlink leads to; None if that is not in the archive."""
        todo = list(reversed(path))
        nodes: list[Node[Content]] = [self.root]
        hops = 0
        while todo:
            part = todo.pop()
            here = nodes[-1]
            if part in (b"", b"."):
                continue
            if not isinstance(here, dict):
                return None
            if part == b"..":
                if len(nodes) == 1:
                    return None
                nodes.pop()
                continue
            node = here.get(part)
            if isinstance(node, Leaf) and node.kind is Kind.SYMLINK:
                hops += 1
                if hops > MAX_HOPS or node.target.startswith(b"/"):
                    return None
                todo += reversed(node.target.split(b"/"))
            elif node is None:
                return None
            else:
                nodes.append(node)
        return nodes[-1]
