"""JSON-RPC 2.0 envelopes: requests out of a body, replies into one.

As strict as rain's own: no members but the four, `params` an object or a list, `id` text, a
number or null. What is wrong with one request of a batch does not touch the others.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raincore.base.errors import FormatError
from raincore.base.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "ABSENT",
    "BAD_PARAMS",
    "BAD_REQUEST",
    "NO_METHOD",
    "NO_TORRENT",
    "OTHER",
    "PARSE_ERROR",
    "WRONG_INPUT",
    "Body",
    "Fault",
    "Request",
    "Written",
    "array",
    "failure",
    "joined",
    "member",
    "members",
    "parse",
    "success",
    "whole",
    "written",
]

PARSE_ERROR = -32700
BAD_REQUEST = -32600
NO_METHOD = -32601
BAD_PARAMS = -32602
OTHER = -32000
NO_TORRENT = 1
WRONG_INPUT = 2

MAX_BATCH = 1000
MEMBERS = frozenset({"jsonrpc", "method", "params", "id"})
ENCODE = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
SCALARS = (str, int, float, type(None))


class _Absent:
    """No id: nobody waits for a reply."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()


class Fault(FormatError):
    """What a caller is told instead of a result.

    Args:
        number: One of the codes above.
        message: Said to the caller as it is.
    """

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.number = number


@dataclass(frozen=True, slots=True)
class Request:
    """One call.

    Args:
        method: Such as "Session.Version".
        params: What was given; an empty object if nothing was.
        id: To be given back; ABSENT for a notification.
    """

    method: str
    params: dict[str, Any] | list[Any]
    id: Any = ABSENT


@dataclass(frozen=True, slots=True)
class Body:
    """What one body asks: calls, or why one of them is none.

    Args:
        calls: In their order.
        is_batch: Whether the replies go back as a list.
    """

    calls: tuple[Request | Fault, ...]
    is_batch: bool = False


class Written(bytes):
    """A JSON value that is written already, and goes into a reply as it is."""

    __slots__ = ()


def written(value: Any) -> Written:
    """Write a value as rain does: UTF-8, short, and harmless inside of HTML."""
    if isinstance(value, Written):
        return value
    text = ENCODE(value)
    # Only texts have these characters, and there the escapes mean the same.
    for character, escape in ESCAPED.items():
        text = text.replace(character, escape)
    try:
        return Written(text.encode())
    except UnicodeEncodeError:  # half a character, in an id of the caller's
        return Written("".join(map(_escaped, text)).encode())


def array(items: Iterable[bytes]) -> Written:
    """A list of values that are written."""
    return Written(b"[" + b",".join(items) + b"]")


def member(name: str, value: Any) -> bytes:
    """One member of an object; its value is written, or is written now."""
    return written(name) + b":" + written(value)


def whole(parts: Iterable[bytes]) -> Written:
    """An object of members that are written."""
    return Written(b"{" + b",".join(parts) + b"}")


def members(values: Mapping[str, Any]) -> Written:
    """An object whose values are written, or are written now."""
    return whole(member(name, value) for name, value in values.items())


def parse(data: bytes) -> Body:
    """Read a body (JSON-RPC 2.0, 4 and 6).

    Args:
        data: Already bounded in length.

    Raises:
        Fault: It is no JSON, an empty batch, or one of more than 1,000 calls.
    """
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise Fault(PARSE_ERROR, "parse error") from error
    if not isinstance(value, list):
        return Body((_request(value),))
    if not value:
        raise Fault(BAD_REQUEST, "invalid request")
    if len(value) > MAX_BATCH:
        raise Fault(BAD_REQUEST, f"invalid request: more than {MAX_BATCH} calls at once")
    return Body(tuple(_request(item) for item in value), is_batch=True)


def success(id: Any, result: Any) -> bytes:
    """A reply with a result (JSON-RPC 2.0, 5): exactly three members, in rain's order."""
    return members({"jsonrpc": "2.0", "id": id, "result": result})


def failure(id: Any, fault: Fault) -> bytes:
    """A reply that says why there is no result (JSON-RPC 2.0, 5.1); `id` may be None."""
    told = {"code": fault.number, "message": str(fault)}
    return members({"jsonrpc": "2.0", "id": id, "error": told})


def joined(replies: list[bytes], *, is_batch: bool) -> bytes:
    """The body that carries some replies; empty if there are none.

    Args:
        replies: As `success` and `failure` make them; one, unless `is_batch`.
    """
    if not replies:
        return b""
    return (b"[" + b",".join(replies) + b"]" if is_batch else replies[0]) + b"\n"


def _request(value: Any) -> Request | Fault:
    bad = Fault(BAD_REQUEST, "invalid request")
    if not isinstance(value, dict) or not value.keys() <= MEMBERS:
        return bad
    method, params = value.get("method"), value.get("params", {})
    id = value.get("id", ABSENT)
    if value.get("jsonrpc") != "2.0" or not isinstance(method, str):
        return bad
    if not isinstance(params, dict | list) or not _is_id(id):
        return bad
    return Request(printable(method, 100), params, id)


def _is_id(id: Any) -> bool:
    if isinstance(id, float) and not math.isfinite(id):
        return False  # 1e999
    return id is ABSENT or (isinstance(id, SCALARS) and not isinstance(id, bool))


def _refused(name: str) -> Any:
    raise ValueError(name)


def _escaped(character: str) -> str:
    is_half = "\ud800" <= character <= "\udfff"
    return f"\\u{ord(character):04x}" if is_half else character
