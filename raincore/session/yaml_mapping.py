"""A YAML file that is one mapping of scalars and lists of scalars, read with line numbers.

The text of each scalar is kept as it was written, since what it means depends on the key.
Everything else that YAML can say is refused, so nothing can grow by being read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from raincore.base.errors import FormatError
from raincore.base.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAX_LENGTH", "Entry", "read"]

MAX_LENGTH = 256 * 1024
MAX_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """One key with its value.

    Args:
        name: The key.
        line: From 1.
        text: The scalar; None if it is a list, or empty.
        items: The list; None if it is none.
    """

    name: str
    line: int
    text: str | None = None
    items: tuple[str, ...] | None = None


def read(data: bytes) -> list[Entry]:
    """Read a file; an empty one has no entries, of several documents the first counts.

    Raises:
        FormatError: It is no such mapping; `where` is the line.
    """
    if len(data) > MAX_LENGTH:
        raise FormatError(f"is longer than {MAX_LENGTH // 1024} KiB")
    try:
        loader = _Loader(data)
        node = loader.get_node() if loader.check_node() else None
        return list(_entries(node))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = printable(error.problem or error.context or "is no YAML")
        raise FormatError(problem, f"line {mark.line + 1}" if mark else "") from error
    except (yaml.YAMLError, ValueError) as error:
        raise FormatError("is no YAML, which is UTF-8 text") from error


class _Loader(yaml.SafeLoader):
    """Composes nodes, and does not go deeper than a list in a mapping needs."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.depth >= MAX_DEPTH:
            raise yaml.composer.ComposerError(None, None, "is nested", self.peek_event().start_mark)  # type: ignore[no-untyped-call]
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def _entries(node: Any) -> Iterator[Entry]:
    if node is None or (isinstance(node, yaml.ScalarNode) and not node.value):
        return
    if not isinstance(node, yaml.MappingNode):
        raise FormatError("is no mapping of keys to values", _line(node))
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise FormatError("a key is no plain text", _line(key))
        line = key.start_mark.line + 1
        if isinstance(value, yaml.ScalarNode):
            is_empty = value.tag == "tag:yaml.org,2002:null" and value.value in ("", "~", "null")
            yield Entry(key.value, line, None if is_empty else value.value)
        elif isinstance(value, yaml.SequenceNode):
            yield Entry(key.value, line, items=tuple(map(_item, value.value)))
        else:
            name = printable(key.value, 60)
            raise FormatError(f"{name}: is a mapping, expected one value or a list", _line(key))


def _item(node: Any) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise FormatError("a list holds something else than plain texts", _line(node))
    return str(node.value)


def _line(node: Any) -> str:
    return f"line {node.start_mark.line + 1}"
