import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from raincore.net.hub import Hub
from raincore.net.trio_network import TrioNetwork
from raincore.net.web_clients import WebClients
from tests.net.web import reply, web

CONTENT = b"content of a file"


@asynccontextmanager
async def clients() -> AsyncIterator[WebClients]:
    hub = Hub()
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(hub.run)
            made = WebClients(TrioNetwork(hub))
            yield made
            await made.aclose()
            nursery.cancel_scope.cancel()
    finally:
        hub.close()


def test_no_library_is_imported_before_it_is_needed():
    code = (
        "import sys, raincore.session.one_shot\n"
        "heavy = ('h11', 'raincore.net.http_client', 'raincore.net.webseed_client')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert found.stdout == "[]\n"


async def test_small_things_are_fetched_by_one_client():
    with web(lambda handler: reply(handler, CONTENT)) as server:
        async with clients() as made:
            assert made.http is made.http
            for _ in range(2):
                answer = await made.http.get(server.url, seconds=60, max_bytes=100)
                assert answer.body == CONTENT


async def test_web_seeds_are_asked_for_ranges_and_for_pieces():
    def answer(handler):
        if "Range" in handler.headers:
            whole = len(CONTENT)
            reply(handler, CONTENT[2:6], 206, Content_Range=f"bytes 2-5/{whole}")
        else:
            reply(handler, CONTENT)

    with web(answer) as server:
        async with clients() as made:
            buffer = memoryview(bytearray(len(CONTENT)))
            async with made.open_file(server.url, 2, 4, len(CONTENT)) as body:
                assert body.left == 4
            async with made.open_piece(server.url, len(CONTENT)) as body:
                got = 0
                while body.left:
                    taken = body.take_into(buffer[got:])
                    if taken is None:
                        await body.wait()
                    else:
                        got += taken
            assert bytes(buffer) == CONTENT


async def test_what_was_never_needed_is_closed_as_well_and_twice():
    async with clients() as made:
        await made.aclose()
        await made.aclose()
