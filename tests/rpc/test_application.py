"""The HTTP rules of rain's API, over a real socket."""

import json

import trio

from tests.rpc import served
from tests.rpc.fake_session import FakeSession

CALL = '{"jsonrpc":"2.0","method":"Session.Version","id":0}'


async def test_only_post_is_answered():
    async with served.serving() as server:
        for method in ("GET", "PUT", "HEAD", "DELETE"):
            reply = await server.ask("", method=method)
            assert (reply.status, reply.body) == (405, b"")
            assert reply.headers["content-type"] == "application/json"


async def test_content_type_and_accept_must_be_json():
    async with served.serving() as server:
        for headers, drop in [
            ({"Content-Type": "text/plain"}, ()),
            ({"Content-Type": "application/jsonx"}, ()),
            ({"Accept": "*/*"}, ()),
            ({"Accept": "application/json, text/plain"}, ()),
            ({}, ("Accept",)),
            ({}, ("Content-Type",)),
        ]:
            reply = await server.ask(CALL, headers=headers, drop=drop)
            assert (reply.status, reply.body) == (415, b"")
        kinds = ("application/json; charset=utf-8", "Application/JSON")
        for kind in kinds:
            assert (await server.ask(CALL, headers={"Content-Type": kind})).status == 200


async def test_any_path_is_the_endpoint():
    async with served.serving() as server:
        for path in ("/", "/rpc", "/a/b?c=d", "/%00"):
            assert (await server.ask(CALL, path=path)).status == 200


async def test_a_notification_is_204_without_a_body():
    async with served.serving() as server:
        reply = await server.ask('{"jsonrpc":"2.0","method":"Session.Version"}')
    assert (reply.status, reply.body) == (204, b"")


async def test_faults_are_200_with_id_null():
    async with served.serving() as server:
        for body, code in [("{", -32700), ("[]", -32600), ('{"jsonrpc":"2.0"}', -32600)]:
            reply = await server.ask(body)
            assert reply.status == 200
            assert reply.json["id"] is None
            assert reply.json["error"]["code"] == code


async def test_several_requests_share_a_connection():
    async with served.serving() as server:
        head = "".join(f"{name}: {text}\r\n" for name, text in served.HEAD.items())
        one = f"POST / HTTP/1.1\r\n{head}Content-Length: {len(CALL)}\r\n\r\n{CALL}".encode()
        last = one.replace(b"Host", b"Connection: close\r\nHost")
        answer = await server.raw(one + one + last)
    assert answer.count(b"HTTP/1.1 200") == 3


async def test_the_token_is_asked_for():
    async with served.serving(token="secret") as server:
        refused = await server.ask(CALL)
        assert (refused.status, refused.headers["www-authenticate"]) == (401, "bearer")
        assert (await server.ask(CALL, headers={"Authorization": "Bearer secret"})).status == 200
        for path in ("/debug/vars", "/events", "/move-torrent"):
            assert (await server.ask("", method="GET", path=path)).status == 401


async def test_pages_of_allowed_origins_get_their_preflight():
    origin = {"Origin": "https://panel.example"}
    async with served.serving(token="t", allowed_origins=("https://panel.example",)) as server:
        reply = await server.ask("", method="OPTIONS", headers=origin)
        assert reply.status == 204
        assert reply.headers["access-control-allow-origin"] == "https://panel.example"
        asked = {**origin, "Authorization": "Bearer t"}
        reply = await server.ask(CALL, headers=asked)
        assert reply.headers["access-control-allow-origin"] == "https://panel.example"
        reply = await server.ask("", method="OPTIONS", headers={"Origin": "https://evil.example"})
        assert reply.status == 403
        assert "access-control-allow-origin" not in reply.headers


async def test_a_name_that_is_not_ours_is_refused():
    async with served.serving() as server:
        reply = await server.ask(CALL, headers={"Host": "evil.example"})
    assert reply.status == 403
    assert b"rpc-allowed-hosts" in reply.body


async def test_a_body_that_is_too_long_is_refused_before_it_is_read():
    async with served.serving(max_request_length=100) as server:
        for size in (101, 10**12):
            answer = await server.raw(
                b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Accept: application/json\r\nContent-Length: %d\r\n\r\n" % size
            )
            assert served.parsed(answer).status == 413
        assert (await server.ask(CALL)).status == 200


async def test_debug_vars_has_memory_and_counters_and_no_arguments():
    async with served.serving() as server:
        found = (await server.ask("", method="GET", path="/debug/vars")).json
    assert found["cmdline"] == ["rain-serve"]
    assert found["memstats"]["Sys"] > 1_000_000
    assert found["session"]["Uptime"] == 61


async def test_events_come_as_lines_and_go_on_where_they_ended():
    session = FakeSession()
    session.put("one")
    session.put("two")
    async with served.serving(session) as server:
        stream = await trio.open_tcp_stream(*server.address)
        async with stream:
            await stream.send_all(b"GET /events?since=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            found = b""
            with trio.fail_after(20):
                while b'"two"' not in found:
                    found += await stream.receive_some()
                session.put("three")
                while b'"three"' not in found:
                    found += await stream.receive_some()
    assert b"application/x-ndjson" in found
    lines = [json.loads(line) for line in found.split(b"\r\n") if line.startswith(b"{")]
    assert [(line["ID"], line["Revision"]) for line in lines] == [("two", 2), ("three", 3)]


async def test_events_have_their_rules():
    async with served.serving() as server:
        assert (await server.ask("", path="/events")).status == 405
        for since in ("x", "-1", "9" * 30, "%C2%B2"):
            path = f"/events?since={since}"
            assert (await server.ask("", method="GET", path=path)).status == 400


async def test_streams_end_with_the_server():
    async with served.serving(FakeSession()) as server:
        stream = await trio.open_tcp_stream(*server.address)
        await stream.send_all(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with trio.fail_after(20):
            assert b"200" in await stream.receive_some()
            server.ended.set()
            while await stream.receive_some():
                pass
        await stream.aclose()
