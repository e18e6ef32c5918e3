"""Connections: counted, patient for so long and no longer, and gone when the server ends."""

import re
import ssl
from contextlib import suppress

import pytest
import trio
import trustme

from raincore.base.errors import ConfigError
from raincore.base.server_config import RpcRules
from raincore.rpc import serving
from tests.rpc import served
from tests.rpc.fake_session import FakeSession

CALL = b'{"jsonrpc":"2.0","method":"Session.Version","id":0}'
HEAD = (
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Accept: application/json\r\nContent-Length: %d\r\n\r\n"
)


async def test_too_many_connections_are_closed_at_once(caplog):
    async with served.serving(max_connections=2) as server:
        first = await trio.open_tcp_stream(*server.address)
        second = await trio.open_tcp_stream(*server.address)
        for stream in (first, second):
            await stream.send_all(HEAD % len(CALL) + CALL)
            assert b"200" in await stream.receive_some()
        for _ in range(2):
            third = await trio.open_tcp_stream(*server.address)
            with trio.fail_after(20), suppress(trio.BrokenResourceError):
                assert await third.receive_some() == b""
            await third.aclose()
        await first.aclose()
        await second.aclose()
    assert len([r for r in caplog.records if "too many" in r.message]) == 1


async def test_who_asks_nothing_gives_way_to_who_does():
    async with served.serving(max_connections=2) as server:
        idle = [await trio.open_tcp_stream(*server.address) for _ in range(20)]
        assert (await server.ask(CALL)).status == 200
        for stream in idle:
            await stream.aclose()


async def test_no_call_is_carried_out_whose_connection_gave_way():
    """Of more at once than there may be, some are turned away: whole, or not at all."""
    session = FakeSession()
    removed = []

    async def remove(id, *, keep_data):
        removed.append(id)

    session.remove = remove
    async with served.serving(session, max_connections=5) as server:
        answered = []

        async def ask(id):
            with suppress(trio.BrokenResourceError, IndexError, OSError):
                await server.call("Session.RemoveTorrent", {"ID": id})
                answered.append(id)

        async with trio.open_nursery() as nursery:
            for number in range(60):
                nursery.start_soon(ask, f"t{number}")
    assert answered
    assert sorted(removed) == sorted(answered)


async def test_who_waits_for_an_answer_does_not_give_way():
    session = FakeSession()
    started, answer = trio.Event(), trio.Event()

    async def slow(id, *, keep_data):
        started.set()
        await answer.wait()

    session.remove = slow
    async with served.serving(session, max_connections=1) as server:
        found = []

        async def ask():
            found.append(await server.call("Session.RemoveTorrent", {"ID": "x"}))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)
            await started.wait()
            with pytest.raises((trio.BrokenResourceError, IndexError)):
                await server.ask(CALL)
            answer.set()
    assert found == [{}]


@pytest.mark.parametrize("half", [False, True])
async def test_a_client_that_has_left_holds_no_connection(half):
    # More of them than there may be, within far less than the time that idle ones are kept.
    async with served.serving(max_connections=3) as server:
        keep = await trio.open_tcp_stream(*server.address)
        await keep.send_all(HEAD % len(CALL) + CALL)
        await keep.receive_some()
        with trio.fail_after(served.PATIENCE):
            for _ in range(30):
                stream = await trio.open_tcp_stream(*server.address)
                await stream.send_all(HEAD % len(CALL) + CALL)
                if half:
                    await stream.send_eof()
                assert b"200" in await stream.receive_some()
                if half:
                    async for _part in stream:
                        pass
                await stream.aclose()
            while server.http.connections > 1:
                await trio.sleep(0.01)
        await keep.aclose()


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00",
        b"GET\r\n\r\n",
        b"POST / HTTP/1.1\r\n\r\n",
        b"X" * 100_000,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\nConnection: upgrade\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
        HEAD % 1000 + b"short",
    ],
)
async def test_nonsense_ends_its_connection_and_nothing_else(data):
    async with served.serving() as server:
        await server.raw(data, half_close=True)
        assert (await server.ask(CALL)).status == 200


@pytest.mark.parametrize("length", [10**5, 10**7])
async def test_who_is_refused_in_the_middle_of_a_body_sees_why_and_keeps_no_connection(length):
    """All of it is in the way of the reply if nobody takes it."""
    async with served.serving(token="secret") as server:
        with trio.fail_after(served.PATIENCE):
            for _ in range(5):
                stream = await trio.open_tcp_stream(*server.address)
                async with stream:
                    await stream.send_all(HEAD % (2 * length) + b" " * length)
                    assert b" 401 " in await stream.receive_some()
            while server.http.connections:
                await trio.sleep(0.01)


async def test_http_2_is_not_spoken():
    async with served.serving() as server:
        frames = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000")
        assert await server.raw(frames) == b""


async def test_a_websocket_is_refused_as_every_get_is():
    async with served.serving() as server:
        lines = (
            b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        )
        key = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        assert b" 405 " in await server.raw(lines + key)


async def test_a_client_that_takes_nothing_does_not_keep_the_server():
    session = FakeSession()
    for number in range(5000):
        session.put(f"torrent-{number}")
    async with served.serving(session) as server:
        stream = await trio.open_tcp_stream(*server.address)
        call = CALL.replace(b"Version", b"ListTorrents")
        await stream.send_all((HEAD % len(call) + call) * 20)
        await trio.sleep(0.2)
        server.ended.set()
        # Leaving the block waits for the server.
    await stream.aclose()


async def test_requests_that_run_may_end():
    session = FakeSession()
    started = trio.Event()

    async def slow(id, *, keep_data):
        started.set()
        await trio.sleep(0.1)

    session.remove = slow
    async with served.serving(session) as server:
        found = []

        async def ask():
            found.append(await server.call("Session.RemoveTorrent", {"ID": "x"}))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)
            await started.wait()
            server.ended.set()
    assert found == [{}]


def files(folder, *, host="localhost"):
    authority = trustme.CA()
    made = authority.issue_cert(host)
    made.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    made.private_key_pem.write_to_path(folder / "key.pem")
    return authority, str(folder / "cert.pem"), str(folder / "key.pem")


async def test_tls_is_spoken_with_certificate_and_key(tmp_path):
    authority, cert, key = files(tmp_path)
    async with served.serving(tls_cert=cert, tls_key=key) as server:
        context = ssl.create_default_context()
        authority.configure_trust(context)
        plain = await trio.open_tcp_stream(*server.address)
        stream = trio.SSLStream(plain, context, server_hostname="localhost", https_compatible=True)
        call = HEAD.replace(b"Host", b"Connection: close\r\nHost") % len(CALL) + CALL
        await stream.send_all(call)
        answer = b""
        with trio.fail_after(20):
            async for part in stream:
                answer += part
        await stream.aclose()
        assert served.parsed(answer).status == 200
        # Who speaks no TLS there ends nothing.
        await server.raw(call, half_close=True)


def test_without_files_there_is_no_tls():
    assert serving.tls_context(RpcRules()) is None


def test_files_that_do_not_fit_are_an_error(tmp_path):
    _, cert, key = files(tmp_path)
    (tmp_path / "bad.pem").write_text("nonsense")
    (tmp_path / "other").mkdir()
    _, _, other = files(tmp_path / "other")
    bad = str(tmp_path / "bad.pem")
    for pair, said in [
        ((cert, "missing.pem"), "rpc-tls-key, no such file or directory: missing.pem"),
        ((str(tmp_path), key), f"rpc-tls-cert, is a directory: {tmp_path}"),
        ((cert, bad), "not as PEM"),
        ((bad, key), "not as PEM"),
        ((cert, other), "the key is not that of the certificate"),
    ]:
        with pytest.raises(ConfigError, match=f"cannot use .*{re.escape(said)}"):
            serving.tls_context(RpcRules(tls_cert=pair[0], tls_key=pair[1]))
    assert serving.tls_context(RpcRules(tls_cert=cert, tls_key=key)) is not None
