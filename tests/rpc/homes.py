"""Homes for servers around real sessions, controlled over unix sockets or TCP."""

import json

import trio

from raincore.rpc.server import open_server
from raincore.session import config_file
from tests.rpc import served


class Home:
    """A directory in which a server lives."""

    def __init__(self, folder, **flags):
        self.folder = folder
        self.flags = {
            **dict.fromkeys(("dht-enabled", "lsd-enabled"), "false"),
            "host": "127.0.0.1",
            "rpc-unix-socket": str(folder / "rpc.sock"),
        }
        self.flags |= {name.replace("_", "-"): text for name, text in flags.items()}

    def read(self, changes):
        environment = {"HOME": str(self.folder)}
        return config_file.load("", environment, {**self.flags, **changes})

    def open(self):
        return open_server(self.read({}), self.read)

    async def connect(self):
        if self.flags["rpc-unix-socket"]:
            return await trio.open_unix_socket(self.flags["rpc-unix-socket"])
        return await trio.open_tcp_stream("127.0.0.1", int(self.flags["rpc-port"]))

    async def raw(self, data):
        stream = await self.connect()
        async with stream:
            await stream.send_all(data)
            answer = b""
            with trio.fail_after(60):
                async for part in stream:
                    answer += part
        return served.parsed(answer)

    async def call(self, method, **params):
        value = {"jsonrpc": "2.0", "method": f"Session.{method}", "params": params, "id": 0}
        body = json.dumps(value).encode()
        fields = {**served.HEAD, "Connection": "close", "Content-Length": len(body)}
        if self.flags.get("rpc-token"):
            fields["Authorization"] = f"Bearer {self.flags['rpc-token']}"
        head = "".join(f"{name}: {text}\r\n" for name, text in fields.items())
        reply = (await self.raw(f"POST / HTTP/1.1\r\n{head}\r\n".encode() + body)).json
        return reply.get("result", reply.get("error"))

    async def there(self, id):
        """What a transfer that broke, or goes on, has brought so far."""
        head = f"GET /move-torrent?id={id} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        return (await self.raw(head.encode())).json

    async def status(self, id, *wanted):
        """Wait until a torrent is in one of some states."""
        with trio.fail_after(60):
            while True:
                found = (await self.call("GetTorrentStats", ID=id))["Stats"]
                if found["Status"] in wanted:
                    return found
                await trio.sleep(0.05)
