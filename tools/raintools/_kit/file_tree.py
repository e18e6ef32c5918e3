"""The files of a torrent document, drawn as a tree with sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base import printable, units
from raincore.formats.file_list import MAX_DIRECTORIES

if TYPE_CHECKING:
    from raincore.documents.documents import TorrentDocument
    from raintools._kit.output import Writer

__all__ = ["tree"]


class _Directory:
    """A node of the tree: what it holds, and the bytes in all of it.

    Keys are what is drawn, and whether that is a directory: "x/" may also be how the
    target of a symlink ends.
    """

    def __init__(self) -> None:
        self.children: dict[tuple[str, bool], _Directory | int] = {}
        self.length = 0


def tree(document: TorrentDocument, out: Writer) -> str:
    """Draw the files as a tree with sizes; directories show the sum of theirs."""
    lines = []
    # A stack and not recursion: the torrent decides how deep this goes.
    stack = [("", "", *item) for item in reversed(_rooted(document).children.items())]
    while stack:
        lead, below, (name, _), node = stack.pop()
        length = node if isinstance(node, int) else node.length
        size = out.styled(units.format_size(length), dim=True)
        if isinstance(node, int):
            lines.append(f"{lead}{name}  {size}")
            continue
        lines.append(f"{lead}{out.styled(name, fg='blue', bold=True)}  {size}")
        rest = len(node.children)
        children = []
        for item in node.children.items():
            rest -= 1
            branch, line = ("├─ ", "│  ") if rest else ("└─ ", "   ")
            children.append((below + branch, below + line, *item))
        stack += reversed(children)
    return "\n".join(lines)


def _rooted(document: TorrentDocument) -> _Directory:
    root = _Directory()
    for entry in document.files:
        # No torrent is deeper, but a document may be, and each level indents all below it.
        *directories, name = printable.displayed(entry.path).split("/", MAX_DIRECTORIES)
        node = root
        for directory in directories:
            child = node.children.setdefault((directory + "/", True), _Directory())
            assert isinstance(child, _Directory)
            node = child
            node.length += entry.length
        target = entry.symlink
        arrow = "" if target is None else f" -> {printable.displayed(target)}"
        node.children[name + arrow, False] = entry.length
    return root
