"""A server on loopback around a fake session, and a client that sees every byte."""

import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import trio

from raincore.base.server_config import RpcRules
from raincore.rpc.api import Api
from raincore.rpc.application import Application
from raincore.rpc.listening import open_listeners
from raincore.rpc.serving import HttpServer, tls_context
from tests.rpc.fake_session import FakeSession, FakeTuning

PATIENCE = 9  # less than the ten seconds for which idle connections are kept
RULES = RpcRules(port=0)
HEAD = {"Host": "127.0.0.1", "Content-Type": "application/json", "Accept": "application/json"}


@dataclass
class Reply:
    """One answer, as it came."""

    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


@dataclass
class Served:
    """A running server."""

    address: tuple
    session: FakeSession
    application: Application
    ended: trio.Event
    http: HttpServer

    async def raw(self, data, *, half_close=False):
        """Send bytes; give everything that comes back until the server closes."""
        stream = await trio.open_tcp_stream(*self.address[:2])
        async with stream:
            await stream.send_all(data)
            if half_close:
                await stream.send_eof()
            found = b""
            with trio.fail_after(20):
                async for part in stream:
                    found += part
        return found

    async def ask(self, body, *, method="POST", path="/", headers=None, drop=()):
        """Send one request and read its answer."""
        fields = {**HEAD, "Connection": "close", **(headers or {})}
        fields = {name: text for name, text in fields.items() if name not in drop}
        if isinstance(body, str):
            body = body.encode()
        lines = [f"{method} {path} HTTP/1.1", *(f"{n}: {t}" for n, t in fields.items())]
        lines.append(f"Content-Length: {len(body)}")
        answer = await self.raw("\r\n".join([*lines, "", ""]).encode() + body)
        return parsed(answer)

    async def call(self, method, params=None, id=0):
        """Make one call; give `result`, or the error object."""
        value = {"jsonrpc": "2.0", "method": method, "id": id}
        if params is not None:
            value["params"] = params
        reply = (await self.ask(json.dumps(value))).json
        assert list(reply)[:2] == ["jsonrpc", "id"]
        assert len(reply) == 3
        return reply.get("result", reply.get("error"))


def parsed(answer):
    """Cut an answer into status, headers and body, chunked or not."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in rest)
    if headers.get("transfer-encoding") == "chunked":
        found = b""
        while body:
            size, _, body = body.partition(b"\r\n")
            found += body[: int(size, 16)]
            body = body[int(size, 16) + 2 :]
        body = found
    return Reply(int(first.split()[1]), headers, body)


@asynccontextmanager
async def serving(session=None, mover=None, **rules):
    """Run a server until the block ends."""
    session = session or FakeSession()
    asked = replace(RULES, **rules)

    application = Application(Api(session, FakeTuning()), asked, mover)
    listeners = open_listeners(asked)
    ended = trio.Event()
    async with trio.open_nursery() as nursery:
        server = HttpServer(application, asked, tls_context(asked))
        nursery.start_soon(server.serve, listeners, ended)
        address = listeners[0].socket.getsockname()
        yield Served(address, session, application, ended, server)
        ended.set()
