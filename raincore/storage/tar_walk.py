"""A walk through the tree of an archive, by the rules of a scan."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeAlias, TypeVar

from raincore.base.errors import FormatError
from raincore.storage import symlink_target
from raincore.storage.content_scan import SourceFile
from raincore.storage.tar_members import MAX_MEMBERS, Kind, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raincore.storage.content_scan import Rules
    from raincore.storage.tar_members import TarPath

__all__ = ["Directory", "Leaf", "Node", "Walk"]

MAX_HOPS = 40
"""Symlinks on the way to one file, as in Linux."""

NOWHERE = ""
"""Where to open a file that is in an archive."""

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
        self.files.append(SourceFile(NOWHERE, parts, leaf.size, 0, leaf.is_executable))
        self.contents[parts] = leaf.content

    def link(self, path: TarPath, parts: TarPath, leaf: Leaf[Content]) -> None:
        """Take a symlink as what it is, if that is wanted and it leads nowhere else."""
        if not self.rules.symlinks:
            self.notes.append(f"left out, it is a symlink: {shown(path)}")
            return
        target = symlink_target.inside(leaf.target, parts[:-1], None)
        if target is None:
            self.notes.append(f"left out, it is a symlink to somewhere else: {shown(path)}")
            return
        self.files.append(SourceFile(NOWHERE, parts, 0, 0, is_executable=False, symlink=target))

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
