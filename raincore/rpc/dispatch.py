"""From the body of a request to that of its reply: calls, in their order, and their faults."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import trio

from raincore.base.errors import ConfigError, RainError
from raincore.base.printable import printable
from raincore.base.session_errors import TorrentNotFound
from raincore.rpc import params
from raincore.rpc.methods import METHODS
from raincore.rpc.own_methods import OWN_METHODS
from raincore.wire import jsonrpc
from raincore.wire.jsonrpc import Fault, Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from raincore.rpc.api import Api, Method

__all__ = ["answer", "do", "method_of"]

MAX_VALUES = 400_000
"""In a body: its bytes are bounded, but `[[],[],…` grows thirtyfold when it is parsed."""
MAX_REPLIES = 64 * 1024 * 1024
"""Of a batch: a thousand times the list of ten thousand torrents would be gigabytes."""
ADDING = ("Session.AddTorrent", "Session.AddURI")
AT_ONCE = 16
"""Neighbours in a batch that only add are done side by side, so many: one transaction makes
them durable. No more, since each may be a file of 10 MiB that is fetched."""
log = logging.getLogger(__name__)


async def answer(api: Api, body: bytes) -> bytes:
    """Do what a body asks.

    Returns:
        The body of the reply; empty if nobody waits for one (JSON-RPC 2.0, 4.1).

    Waits for what the calls wait for; a call that was cancelled may have been done.
    """
    try:
        if body.count(b",") + body.count(b"[") > MAX_VALUES:
            raise Fault(jsonrpc.BAD_REQUEST, "invalid request: too many values")
        asked = jsonrpc.parse(body)
    except Fault as fault:
        return jsonrpc.joined([jsonrpc.failure(None, fault)], is_batch=False)
    replies, length = [], 0
    for group in _groups(asked.calls):
        for reply in await _replies(api, group, is_full=length >= MAX_REPLIES):
            if reply:
                replies.append(reply)
                length += len(reply)
    return jsonrpc.joined(replies, is_batch=asked.is_batch)


def _groups(calls: Sequence[Request | Fault]) -> Iterator[list[Request | Fault]]:
    """The calls in their order, cut where one has to wait for those before it."""
    group: list[Request | Fault] = []
    for call in calls:
        adds = isinstance(call, Request) and call.method in ADDING
        if group and (len(group) == AT_ONCE or not adds):
            yield group
            group = []
        group.append(call)
        if not adds:
            yield group
            group = []
    if group:
        yield group


async def _replies(api: Api, group: list[Request | Fault], *, is_full: bool) -> list[bytes]:
    """Do the calls of a group side by side; their replies, in the order of the calls."""
    if len(group) == 1:
        return [await _reply(api, group[0], is_full=is_full)]
    replies = [b""] * len(group)

    async def put(place: int, call: Request | Fault) -> None:
        replies[place] = await _reply(api, call, is_full=is_full)

    async with trio.open_nursery() as nursery:
        for place, call in enumerate(group):
            nursery.start_soon(put, place, call)
            # Each begins before the next: of two with one id, the second is refused.
            await trio.lowlevel.checkpoint()
    return replies


def method_of(name: str) -> Method:
    """The method of a name, which is case-sensitive.

    Raises:
        Fault: There is none, in rain's words.
    """
    found = METHODS.get(name) or OWN_METHODS.get(name)
    if found is not None:
        return found
    service, dot, _ = name.rpartition(".")
    if not dot:
        text = f"rpc: service/method request ill-formed: {name}"
    elif service != "Session":
        text = f"rpc: can't find service {name}"
    else:
        text = f"rpc: can't find method {name}"
    raise Fault(jsonrpc.NO_METHOD, text)


async def _reply(api: Api, call: Request | Fault, *, is_full: bool) -> bytes:
    if isinstance(call, Fault):
        return jsonrpc.failure(None, call)
    try:
        if is_full and call.id is not jsonrpc.ABSENT:
            text = f"not done: the replies before it are {MAX_REPLIES // 2**20} MiB already"
            raise Fault(jsonrpc.OTHER, text)
        result = await do(api, call)
    except Fault as fault:
        return b"" if call.id is jsonrpc.ABSENT else jsonrpc.failure(call.id, fault)
    return b"" if call.id is jsonrpc.ABSENT else jsonrpc.success(call.id, result)


async def do(api: Api, call: Request) -> Any:
    """Do one call and give its result, ready for JSON.

    Raises:
        Fault: Why there is none.
    """
    method = method_of(call.method)
    given = params.decode(method.shape, call.params)
    try:
        return await method.handle(api, given)
    except Fault:
        raise
    except TorrentNotFound as error:
        raise Fault(jsonrpc.NO_TORRENT, str(error)) from error
    except ConfigError as error:
        raise Fault(jsonrpc.BAD_PARAMS, str(error)) from error
    except RainError as error:
        raise Fault(jsonrpc.OTHER, str(error)) from error
    except Exception as error:
        # One call that meets a bug of ours must not end the server with all its torrents.
        log.exception("a call failed; this is a bug", extra={"facts": {"method": call.method}})
        reason = printable(f"{type(error).__name__}: {error}")
        raise Fault(jsonrpc.OTHER, f"a bug of the server, please report it: {reason}") from error
