"""What the verbs of rain-dht are given that is no torrent: addresses, ids, documents."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from raincore.base.errors import FormatError
from raincore.base.ids import NodeId
from raincore.base.printable import printable
from raincore.documents import registry
from raintools._kit import inputs, lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from raintools._kit.options import Common
    from raintools._kit.sources import Input

__all__ = ["Given", "each", "node_id"]


class Given(NamedTuple):
    """One input.

    Args:
        origin: What to call it in messages.
        text: What was typed; "" if a document was given.
        document: Its JSON value, which its schema accepts.
    """

    origin: str
    text: str = ""
    document: dict[str, Any] | None = None


def each(arguments: Sequence[str], kinds: Sequence[str], common: Common) -> Iterator[Given]:
    """Iterate over arguments or stdin, as text or documents of some types.

    Documents of other types go straight to the output. Bad lines are reported.

    Raises:
        click.UsageError: There is no argument, and stdin is a terminal.
    """
    items = inputs.of(arguments)

    def read() -> Iterator[Given]:
        while True:
            item = given = None
            with common.outcome.guard("stdin"):
                item = next(items, None)
            if item is None:
                return
            with common.outcome.guard(item.origin):
                given = _read(item, kinds, common)
            if given is not None:
                yield given

    return read()


def node_id(text: str) -> NodeId:
    """Read 40 hex digits; raise FormatError otherwise."""
    if not re.fullmatch("[0-9A-Fa-f]{40}", text):
        raise FormatError(f"not 40 hex digits: {printable(text)!r}")
    return NodeId.from_hex(text)


def _read(item: Input, kinds: Sequence[str], common: Common) -> Given | None:
    given = item.given
    if isinstance(given, str):
        return Given(item.origin, given.strip())
    if not item.is_json:
        raise FormatError("a .torrent file is not what is asked for here")
    value = lines.parse_json(given)
    found = value.get("type") if isinstance(value, dict) else None
    if isinstance(found, str) and found not in kinds:
        if not common.out.human:
            common.out.raw(given if given.endswith(b"\n") else given + b"\n")
        return None
    registry.validate(value)
    return Given(item.origin, document=value)
