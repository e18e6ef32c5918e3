"""What a call was given, checked against what its method takes, as Go's decoder does it.

Names match in any case, unknown ones are ignored, what is lacking or null has the zero of
its kind, and a value of another kind is refused.
"""

from __future__ import annotations

import enum
from types import NoneType
from typing import TYPE_CHECKING, Any

from raincore.wire.jsonrpc import BAD_PARAMS, Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Kind", "decode"]

MAX_ITEMS = 100_000
MOST = 2**63 - 1


class Kind(enum.Enum):
    """What a field takes; the value is what messages call it."""

    TEXT = "string"
    FLAG = "bool"
    COUNT = "int"
    TEXTS = "[]string"
    OBJECT = "object"
    MAYBE_FLAG = "bool or nothing"
    """As those above, but what is lacking is None: "leave it as it is"."""
    MAYBE_COUNT = "int or nothing"
    MAYBE_NUMBER = "number or nothing"
    MAYBE_TEXTS = "[]string or nothing"
    MAYBE_OBJECT = "object or nothing"

    __hash__ = object.__hash__  # of one that is only itself; Enum's own is slow, for its name


def decode(shape: Mapping[str, Kind], given: Any) -> dict[str, Any]:
    """Read named parameters.

    Args:
        shape: The fields of the method, in their proper case.
        given: What JSON said.

    Returns:
        A value for each field of `shape`.

    Raises:
        Fault: They are not named, or one is of another kind.
    """
    if not isinstance(given, dict):
        raise Fault(BAD_PARAMS, f"json: cannot unmarshal {_kind_of(given)} into an object")
    found = {name: ZEROS[kind]() for name, kind in shape.items()}
    proper: dict[str, str] = {}
    for name, value in given.items():
        field: str | None = name
        if name not in shape:
            proper = proper or {known.lower(): known for known in shape}
            field = proper.get(name.lower())
        if field is None or value is None:
            continue
        kind = shape[field]
        if not FITS[kind](value):
            message = f"json: cannot unmarshal {_kind_of(value)} into field {field} of type "
            raise Fault(BAD_PARAMS, message + kind.value)
        found[field] = [_whole(v) for v in value] if isinstance(value, list) else _whole(value)
    return found


def _whole(value: Any) -> Any:
    """Text without halves of characters, which nothing behind this could write."""
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def _is_count(value: Any) -> bool:
    return type(value) is int and abs(value) <= MOST


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= MOST


def _is_texts(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= MAX_ITEMS
        and all(isinstance(item, str) for item in value)
    )


def _kind_of(value: Any) -> str:
    kinds = {bool: "bool", str: "string", list: "array", dict: "object"}
    return kinds.get(type(value), "number")


FITS: dict[Kind, Callable[[Any], bool]] = {
    Kind.TEXT: lambda value: isinstance(value, str),
    Kind.FLAG: lambda value: isinstance(value, bool),
    Kind.COUNT: _is_count,
    Kind.TEXTS: _is_texts,
    Kind.OBJECT: lambda value: isinstance(value, dict),
    Kind.MAYBE_FLAG: lambda value: isinstance(value, bool),
    Kind.MAYBE_COUNT: _is_count,
    Kind.MAYBE_NUMBER: _is_number,
    Kind.MAYBE_TEXTS: _is_texts,
    Kind.MAYBE_OBJECT: lambda value: isinstance(value, dict),
}

ZEROS: dict[Kind, Callable[[], Any]] = {
    Kind.TEXT: str,
    Kind.FLAG: bool,
    Kind.COUNT: int,
    Kind.TEXTS: list,
    Kind.OBJECT: dict,
    Kind.MAYBE_FLAG: NoneType,
    Kind.MAYBE_COUNT: NoneType,
    Kind.MAYBE_NUMBER: NoneType,
    Kind.MAYBE_TEXTS: NoneType,
    Kind.MAYBE_OBJECT: NoneType,
}
