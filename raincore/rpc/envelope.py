"""What a client says and hears in JSON-RPC 2.0: requests out, results or refusals in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from raincore.base.errors import RemoteProtocolError
from raincore.base.printable import printable
from raincore.base.rpc_errors import (
    InputRefused,
    MethodUnknown,
    ParamsRefused,
    RpcRefused,
    TorrentUnknown,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Call", "encode", "read", "read_all"]

RULE = "JSON-RPC 2.0"
MEANINGS: dict[int, type[RpcRefused]] = {
    1: TorrentUnknown,
    2: InputRefused,
    -32601: MethodUnknown,
    -32602: ParamsRefused,
}
"""Code of an error to what it is here; rain's own codes are 1 and 2."""


class Call(NamedTuple):
    """One request.

    Args:
        method: Such as "Session.ListTorrents".
        params: By name; None leaves them out, as rain's client does where there are none.
    """

    method: str
    params: Mapping[str, Any] | None = None


def encode(calls: Sequence[Call], first_id: int, *, is_batch: bool) -> bytes:
    """Write one request, or a batch of them, numbered from `first_id`."""
    values = []
    for number, call in enumerate(calls, first_id):
        value: dict[str, Any] = {"jsonrpc": "2.0", "method": call.method}
        if call.params is not None:
            value["params"] = call.params
        values.append({**value, "id": number})
    return json.dumps(values if is_batch else values[0], allow_nan=False).encode()


def read(body: bytes, call: Call, number: int) -> Any:
    """Read the reply to one request.

    Returns:
        Its result.

    Raises:
        RpcRefused: The server says no; a subclass says what it means.
        RemoteProtocolError: This is no reply to that request.
    """
    value = _json(body)
    if isinstance(value, dict) and value.get("id") is None and "error" in value:
        raise _refusal(value["error"], call)
    return _result(value, call, number)


def read_all(body: bytes, calls: Sequence[Call], first_id: int) -> list[Any]:
    """Read the replies to a batch, which may come in any order.

    Returns:
        For each request its result, or the RpcRefused that it met.

    Raises:
        RpcRefused: The batch as a whole is refused.
        RemoteProtocolError: These are no replies to those requests.
    """
    values = _json(body)
    if isinstance(values, dict):
        raise _refusal(values.get("error"), calls[0])
    by_id = {}
    for value in values if isinstance(values, list) else ():
        if isinstance(value, dict) and type(value.get("id")) is int:
            by_id[value["id"]] = value
    results: list[Any] = []
    for number, call in enumerate(calls, first_id):
        try:
            results.append(_result(by_id.get(number), call, number))
        except RpcRefused as error:
            results.append(error)
    return results


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RemoteProtocolError("the server's reply is not JSON", RULE) from error


def _result(value: Any, call: Call, number: int) -> Any:
    if not isinstance(value, dict) or type(value.get("id")) is not int or value["id"] != number:
        raise RemoteProtocolError(f"no reply to {call.method}", RULE)
    if value.get("error") is not None:
        raise _refusal(value["error"], call)
    if "result" not in value:
        raise RemoteProtocolError(f"neither result nor error for {call.method}", RULE)
    return value["result"]


def _refusal(error: Any, call: Call) -> RpcRefused | RemoteProtocolError:
    code = error.get("code") if isinstance(error, dict) else None
    message = error.get("message") if isinstance(error, dict) else None
    if type(code) is not int or not isinstance(message, str):
        return RemoteProtocolError(f"an error without code and message for {call.method}", RULE)
    kind = MEANINGS.get(code, RpcRefused)
    text = printable(message, limit=1000) or f"error {code}"
    if kind is MethodUnknown:
        text = f"this server does not know {call.method}; it may be an older one"
    return kind(text, code, error.get("data"))
