"""A torrent is handed over whole, or goes on here."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trio

from raincore import AddOptions, Session
from raincore.base.errors import NetworkError
from raincore.base.session_errors import SessionError, TorrentNotFound
from raincore.documents.session_records import TorrentStatus
from raincore.session.move import BOUNDARY, Moves


class Other(BaseHTTPRequestHandler):
    """Another server: takes what comes, or says no, or hangs before it answers."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(404, b"")

    def do_POST(self):
        server = self.server
        while True:
            length = int(self.rfile.readline(), 16)
            server.got += self.rfile.read(length)
            self.rfile.readline()
            if not length:
                break
        server.asked.set()
        server.go_on.wait(60)
        self.answer(server.status, b"no room\x1b[2J")

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@contextmanager
def other(status=200, *, hangs=False):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Other)
    server.status, server.got = status, bytearray()
    server.asked, server.go_on = threading.Event(), threading.Event()
    if not hangs:
        server.go_on.set()
    server.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.go_on.set()
        server.shutdown()
        thread.join()
        server.server_close()


async def wait_for(event):
    while not event.is_set():
        await trio.sleep(0.01)


def test_a_torrent_is_moved_by_one_at_a_time():
    moves = Moves()
    with moves.alone("a"), moves.alone("b"):
        with pytest.raises(SessionError, match="being moved"), moves.alone("a"):
            pass
        moves.end("a")  # one that comes in is not ended by what it replaces
    with moves.alone("a"):
        pass
    moves.end("a")


async def test_it_is_forgotten_here_when_the_other_side_has_it(made, torrent, config, put):
    with other() as server, trio.fail_after(60):
        async with Session(config) as session:
            file = put("a")
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await one.wait_complete()
            await session.move("a", server.url)
            assert session.torrents() == []
            assert file.read_bytes() == made.content
            with pytest.raises(TorrentNotFound):
                await session.move("a", server.url)
        async with Session(config) as session:
            assert session.torrents() == []
    assert bytes(server.got).startswith(f"--{BOUNDARY}".encode())
    assert made.content in server.got


async def test_it_goes_on_here_if_the_other_side_says_no(torrent, config, put, reaches):
    with other(500) as server, trio.fail_after(60):
        async with Session(config) as session:
            put("a")
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await one.wait_complete()
            with pytest.raises(SessionError, match="http error: 500: no room"):
                await session.move("a", server.url)
            await reaches(one, TorrentStatus.SEEDING)
            with pytest.raises(NetworkError):
                await session.move("a", "http://127.0.0.1:1")
            await reaches(one, TorrentStatus.SEEDING)


async def test_removing_it_ends_the_transfer(torrent, config, put):
    async def move(session, server) -> None:
        with pytest.raises(SessionError, match="torrent was removed"):
            await session.move("a", server.url)

    with other(hangs=True) as server, trio.fail_after(60):
        async with Session(config) as session:
            file = put("a")
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await one.wait_complete()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(move, session, server)
                await wait_for(server.asked)
                with pytest.raises(SessionError, match="being moved"):
                    await session.move("a", server.url)
                await session.remove("a", keep_data=False)
            assert session.torrents() == []
            assert not file.exists()
        async with Session(config) as session:
            assert session.torrents() == []


async def test_a_transfer_that_is_cancelled_leaves_the_torrent(torrent, config, put, reaches):
    with other(hangs=True) as server, trio.fail_after(60):
        async with Session(config) as session:
            put("a")
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await one.wait_complete()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(session.move, "a", server.url)
                await wait_for(server.asked)
                nursery.cancel_scope.cancel()
            await reaches(one, TorrentStatus.SEEDING)
