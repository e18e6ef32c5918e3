"""The server as an ASGI application: what is asked how, and where; the door to starlette.

Anything but the few paths below is the endpoint of JSON-RPC, as rain's clients expect it.
"""

from __future__ import annotations

import json
import os
import resource
import socket
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Protocol

import trio
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from raincore.rpc import access, dispatch, views
from raincore.rpc.body import BodyReader, Refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from raincore.base.server_config import RpcRules
    from raincore.rpc.api import Api

__all__ = ["Application", "Mover"]

JSON = "application/json"
LINES = "application/x-ndjson"


class Mover(Protocol):
    """Takes torrents that other servers hand over, see rpc.moving."""

    async def there(self, id: str) -> dict[str, int]:
        """How much of each file has come already."""

    async def receive(self, content_type: str, parts: AsyncIterator[bytes]) -> None:
        """Take a torrent over."""


class Application:
    """Answers requests.

    Args:
        api: What the methods work on.
        rules: Who may ask; see `use`.
        mover: Takes torrents of other servers.
    """

    def __init__(self, api: Api, rules: RpcRules, mover: Mover) -> None:
        self.api = api
        self.rules = rules
        self._mover = mover
        self._bodies = BodyReader(rules.max_request_length)
        name = socket.gethostname().lower()
        self._own_names = (name, f"{name.partition('.')[0]}.local")
        self._streams: set[trio.CancelScope] = set()
        self._ending = False

    def use(self, rules: RpcRules) -> None:
        """Take over new rules of access; they hold for the next request."""
        self.rules = rules

    def end_streams(self) -> None:
        """End the replies that have no end."""
        self._ending = True
        for scope in self._streams:
            scope.cancel()

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[Any], Awaitable[None]],
    ) -> None:
        """Answer one request (ASGI 3)."""
        if scope["type"] != "http":  # a websocket: its request is a GET
            await send({"type": "websocket.http.response.start", "status": 405, "headers": []})
            await send({"type": "websocket.http.response.body", "body": b""})
            return
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except Refused as error:
            refusal = error.refusal
            # What is left of the body is not waited for.
            response = _refused(refusal.status, refusal.reason, connection="close")
        except ClientDisconnect:
            return
        response.headers.update(access.cors(request.headers.get("origin"), self.rules))
        if isinstance(response, StreamingResponse):  # which looks itself for who has left
            await response(scope, receive, send)
            return
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_ignore, receive)
            await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        has_host = bool(request.scope.get("client"))  # there is none on a unix socket
        preflight = request.method == "OPTIONS" and "origin" in request.headers
        refusal = access.check(
            request.headers, self.rules, self._own_names, has_host=has_host, asks=not preflight
        )
        if refusal is not None:
            challenge = {"www-authenticate": "Bearer"} if refusal.status == 401 else {}
            return _refused(refusal.status, refusal.reason, **challenge)
        if preflight and request.headers["origin"] in self.rules.allowed_origins:
            return Response(status_code=204)
        if request.url.path == "/move-torrent":
            return await self._moved(request)
        if request.url.path == "/debug/vars":
            return Response(json.dumps(self._vars()), media_type=JSON)
        if request.url.path == "/events":
            return self._events(request)
        return await self._rpc(request)

    async def _rpc(self, request: Request) -> Response:
        if request.method != "POST":
            return Response(status_code=405, media_type=JSON, headers={"allow": "POST"})
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != JSON or request.headers.get("accept") != JSON:
            return Response(status_code=415, media_type=JSON)
        async with aclosing(request.stream()) as parts:
            body = await self._bodies.read(request.headers, parts)
        reply = await dispatch.answer(self.api, body)
        return Response(reply, 200 if reply else 204, media_type=JSON)

    async def _moved(self, request: Request) -> Response:
        if request.method == "GET":
            there = await self._mover.there(request.query_params.get("id", ""))
            return Response(json.dumps(there), media_type=JSON)
        kind = request.headers.get("content-type", "")
        async with aclosing(request.stream()) as parts:
            await self._mover.receive(kind, parts)
        return Response()

    def _events(self, request: Request) -> Response:
        """What happens, as JSON Lines without end; `?since=` goes on after a revision."""
        if request.method != "GET":
            return Response(status_code=405, media_type=JSON, headers={"allow": "GET"})
        text = request.query_params.get("since", "")
        if text and not (text.isascii() and text.isdecimal() and len(text) < 20):
            return _refused(400, "since must be a number")
        return StreamingResponse(self._lines(int(text) if text else None), media_type=LINES)

    async def _lines(self, since: int | None) -> AsyncIterator[bytes]:
        events = self.api.session.events(since)
        while not self._ending:
            # Not around the yield: a scope must not be left open there.
            with trio.CancelScope() as scope:
                self._streams.add(scope)
                try:
                    event = await anext(events)
                finally:
                    self._streams.discard(scope)
            if scope.cancelled_caught:
                return
            yield json.dumps(views.event(event), separators=(",", ":")).encode() + b"\n"

    def _vars(self) -> Mapping[str, Any]:
        """What rain shows by Go's expvar, as far as it means something here."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        with open("/proc/self/statm", "rb") as file:
            pages = int(file.read().split()[1])
        rss = pages * os.sysconf("SC_PAGESIZE")
        return {
            "cmdline": ["rain-serve"],  # its arguments may hold the token
            "memstats": {"Sys": rss, "Alloc": rss, "MaxRSS": usage.ru_maxrss * 1024},
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "session": views.session_stats(self.api.session.stats()),
        }


async def _ignore(receive: Callable[[], Awaitable[Any]]) -> None:
    """Throw away what is left of a request, until it is over.

    Nobody wants it who was refused before it had come, and the library waits for somebody to
    take it, at the end of the reply and for ever.
    """
    while (await receive())["type"] != "http.disconnect":
        pass


def _refused(status: int, reason: str, **headers: str) -> Response:
    return Response(f"{reason}\n", status, headers=headers, media_type="text/plain")
