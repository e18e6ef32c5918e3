"""Torrents handed from one real server to another, and senders that are hostile."""

import base64
import hashlib
import io
import json
import os
import tarfile

import pytest
import trio

from raincore.formats import bencoding
from raincore.rpc import leftovers
from tests.interop.processes import free_port
from tests.rpc.homes import Home

PIECE = 16384


@pytest.fixture
def sender(tmp_path):
    (tmp_path / "sender").mkdir()
    return Home(tmp_path / "sender")


@pytest.fixture
def receiver(tmp_path):
    (tmp_path / "receiver").mkdir()
    return Home(tmp_path / "receiver", rpc_unix_socket="", rpc_port=str(free_port()))


def made(folder):
    """A torrent of two files with their content: its .torrent, packed."""
    content = {"a": os.urandom(3 * PIECE + 5), "d/b": os.urandom(40_000)}
    for name, data in content.items():
        path = folder / "t" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    whole = b"".join(content.values())
    hashes = [hashlib.sha1(whole[n : n + PIECE]).digest() for n in range(0, len(whole), PIECE)]
    files = [{b"length": len(d), b"path": n.encode().split(b"/")} for n, d in content.items()]
    info = {b"name": b"t", b"piece length": PIECE, b"pieces": b"".join(hashes), b"files": files}
    return bencoding.encode({b"info": info, b"announce": b"http://127.0.0.1:1/announce"})


def url_of(home, token=""):
    secret = f":{token}@" if token else ""
    return f"http://{secret}127.0.0.1:{home.flags['rpc-port']}"


def packed(torrent):
    return base64.b64encode(torrent).decode()


async def seeding(home, id="one"):
    """Add a torrent whose content is there already."""
    torrent = made(home.folder / "rain" / "data" / id)
    added = await home.call("AddTorrent", Torrent=packed(torrent), ID=id, Sequential=True)
    assert "code" not in added, added
    await home.status(id, "Seeding")
    return torrent


def content_of(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


async def test_a_torrent_is_moved_with_its_content_and_wishes(sender, receiver):
    receiver.flags["rpc-token"] = "secret"
    async with sender.open(), receiver.open():
        await seeding(sender)
        moved = await sender.call("MoveTorrent", ID="one", Target=url_of(receiver, "secret"))
        assert moved == {}
        assert (await sender.call("ListTorrents"))["Torrents"] == []
        found = await receiver.status("one", "Seeding")
        assert found["Pieces"]["Have"] == found["Pieces"]["Total"] == 6
        options = (await receiver.call("GetTorrentOptions", ID="one"))["Options"]
        assert options["Sequential"]
        (tracker,) = (await receiver.call("GetTorrentTrackers", ID="one"))["Trackers"]
        assert tracker["URL"] == "http://127.0.0.1:1/announce"
    data = [home.folder / "rain" / "data" for home in (sender, receiver)]
    assert content_of(data[0]) == content_of(data[1]), "the sender keeps its content"
    assert set(content_of(data[1])) == {"one/t/a", "one/t/d/b"}


async def test_a_move_that_is_refused_changes_nothing(sender, receiver):
    receiver.flags["rpc-token"] = "secret"
    async with sender.open(), receiver.open():
        await seeding(sender)
        for target, said in [
            (url_of(receiver), "http error: 401: the token is missing or wrong"),
            ("http://127.0.0.1:1", "refused"),
            ("nonsense", "URL"),
            ("ftp://x", "http"),
        ]:
            refused = await sender.call("MoveTorrent", ID="one", Target=target)
            assert refused["code"] == -32000
            assert said.lower() in refused["message"].lower()
        await sender.status("one", "Seeding")
        assert (await receiver.call("ListTorrents"))["Torrents"] == []


async def test_a_magnet_link_is_moved(sender, receiver):
    link = "magnet:?xt=urn:btih:" + "ab" * 20 + "&dn=x&tr=http%3A%2F%2F127.0.0.1%3A1%2Fannounce"
    async with sender.open(), receiver.open():
        await sender.call("AddURI", URI=link, ID="link", StopAfterMetadata=True)
        assert await sender.call("MoveTorrent", ID="link", Target=url_of(receiver)) == {}
        (found,) = (await receiver.call("ListTorrents"))["Torrents"]
        assert (found["ID"], found["Name"], found["InfoHash"]) == ("link", "x", "ab" * 20)


async def test_a_torrent_of_the_same_id_is_replaced(sender, receiver):
    async with sender.open(), receiver.open():
        await seeding(sender)
        old = await seeding(receiver)
        assert old
        assert await sender.call("MoveTorrent", ID="one", Target=url_of(receiver)) == {}
        await receiver.status("one", "Seeding")
        assert len((await receiver.call("ListTorrents"))["Torrents"]) == 1
    data = [home.folder / "rain" / "data" for home in (sender, receiver)]
    assert content_of(data[0]) == content_of(data[1])


def form(*parts, end=True):
    """A form as rain sends it."""
    shown = b"".join(
        b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name, data)
        for name, data in parts
    )
    return shown + (b"--b--\r\n" if end else b"")


def posted(body, content_type=b"multipart/form-data; boundary=b"):
    head = b"POST /move-torrent?id=x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    lines = b"Content-Type: %s\r\nContent-Length: %d\r\n\r\n" % (content_type, len(body))
    return head + lines + body


def record_of(torrent, **changes):
    raw = bencoding.encode(bencoding.decode(torrent)[b"info"])
    value = {
        "Port": 1,
        "Name": "t",
        "Trackers": [["http://127.0.0.1:1/announce"]],
        "URLList": None,
        "FixedPeers": None,
        "Started": False,
        "InfoHash": packed(hashlib.sha1(raw).digest()),
        "Info": packed(raw),
        "Bitfield": packed(b"\xfc"),
        "Version": 3,
    }
    return json.dumps({**value, **changes}).encode()


def archive_of(folder):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.add(folder / "t", "t")
    return file.getvalue()


async def test_what_rain_sends_is_taken(sender, tmp_path):
    torrent = made(tmp_path / "given")
    body = form(
        (b"id", b"x"), (b"metadata", record_of(torrent)), (b"data", archive_of(tmp_path / "given"))
    )
    async with sender.open():
        reply = await sender.raw(posted(body))
        assert (reply.status, reply.body) == (200, b"")
        stats = await sender.status("x", "Stopped")
        assert stats["Name"] == "t"
        await sender.call("StartTorrent", ID="x")
        found = await sender.status("x", "Seeding")
        assert found["Pieces"]["Have"] == 6
    assert content_of(sender.folder / "rain" / "data" / "x") == content_of(tmp_path / "given")


async def test_a_torrent_comes_back(sender, receiver):
    receiver.flags["rpc-unix-socket"] = ""
    async with sender.open(), receiver.open():
        await seeding(sender)
        assert await sender.call("MoveTorrent", ID="one", Target=url_of(receiver)) == {}
        await receiver.status("one", "Seeding")
    # The first one kept the content, and the other sends it all the same.
    sender.flags |= {"rpc-unix-socket": "", "rpc-port": str(free_port())}
    async with sender.open(), receiver.open():
        await receiver.status("one", "Seeding")
        assert await receiver.call("MoveTorrent", ID="one", Target=url_of(sender)) == {}
        await sender.status("one", "Seeding")


async def test_in_a_directory_of_all_torrents_nothing_is_replaced(sender, tmp_path):
    sender.flags["data-dir-includes-torrent-id"] = "false"
    torrent = made(tmp_path / "given")
    mine = sender.folder / "rain" / "data" / "t"
    mine.mkdir(parents=True)
    body = form(
        (b"id", b"x"), (b"metadata", record_of(torrent)), (b"data", archive_of(tmp_path / "given"))
    )
    async with sender.open():
        reply = await sender.raw(posted(body))
        assert (reply.status, reply.body) == (500, b"something is there already: t\n")
        mine.rmdir()
        assert (await sender.raw(posted(body))).status == 200
    assert content_of(mine.parent) == content_of(tmp_path / "given")


async def test_what_has_no_place_is_refused_before_its_content_comes(sender, tmp_path):
    sender.flags["data-dir-includes-torrent-id"] = "false"
    torrent = made(tmp_path / "given")
    (sender.folder / "rain" / "data" / "t").mkdir(parents=True)
    begun = form((b"id", b"x"), (b"metadata", record_of(torrent)), (b"data", b""), end=False)
    async with sender.open():
        reply = await sender.raw(posted(begun))
        assert (reply.status, reply.body) == (500, b"something is there already: t\n")
        assert await sender.there("x") == {}


async def test_a_torrent_that_cannot_be_replaced_stays_with_its_content(sender, tmp_path):
    """Somebody else's file is in the way of the one that comes."""
    sender.flags["data-dir-includes-torrent-id"] = "false"
    data = sender.folder / "rain" / "data"
    old = made(data)
    (data / "t").rename(data / "old")
    value = bencoding.decode(old)
    value[b"info"][b"name"] = b"old"
    (data / "t").mkdir()
    parts = (b"metadata", record_of(made(tmp_path))), (b"data", archive_of(tmp_path))
    async with sender.open():
        await sender.call("AddTorrent", Torrent=packed(bencoding.encode(value)), ID="x")
        await sender.status("x", "Seeding")
        before = content_of(data)
        assert (await sender.raw(posted(form((b"id", b"x"), *parts)))).status == 500
        await sender.status("x", "Seeding")
        assert {path: data for path, data in content_of(data).items() if path[0] != "."} == before
        (data / "t").rmdir()
        assert (await sender.raw(posted(form((b"id", b"x"), *parts)))).status == 200
    assert content_of(data / "t") == content_of(tmp_path / "t")
    assert not (data / "old").exists()


async def test_one_of_the_same_name_is_replaced_where_others_are_too(sender, tmp_path):
    sender.flags["data-dir-includes-torrent-id"] = "false"
    data = sender.folder / "rain" / "data"
    old = made(data)
    parts = (b"metadata", record_of(made(tmp_path))), (b"data", archive_of(tmp_path))
    async with sender.open():
        await sender.call("AddTorrent", Torrent=packed(old), ID="x")
        await sender.status("x", "Seeding")
        assert (await sender.raw(posted(form((b"id", b"x"), *parts)))).status == 200
    assert content_of(data / "t") == content_of(tmp_path / "t")


async def test_a_broken_transfer_goes_on(sender, tmp_path):
    torrent = made(tmp_path / "given")
    archive = archive_of(tmp_path / "given")
    parts = (b"id", b"x"), (b"metadata", record_of(torrent))
    async with sender.open():
        cut = form(*parts, (b"data", archive[:60_000]), end=False)
        assert (await sender.raw(posted(cut))).status == 400
        there = await sender.there("x")
        assert there["t/a"] == 3 * PIECE + 5
        assert (await sender.call("ListTorrents"))["Torrents"] == []
        assert (await sender.raw(posted(form(*parts, (b"data", archive))))).status == 200


async def test_what_nobody_goes_on_with_is_removed_by_a_later_start(
    sender, tmp_path, monkeypatch, caplog
):
    """`leftovers` is told of another day; its own tests say what is old."""
    torrent = made(tmp_path / "given")
    parts = (b"id", b"x"), (b"metadata", record_of(torrent))
    cut = form(*parts, (b"data", archive_of(tmp_path / "given")[:60_000]), end=False)
    place = sender.folder / "rain" / "data" / ".moving-x"
    async with sender.open():
        assert (await sender.raw(posted(cut))).status == 400
    async with sender.open():
        assert (await sender.there("x"))["t/a"] == 3 * PIECE + 5
    monkeypatch.setattr(leftovers, "KEEP_SECONDS", -1.0)
    caplog.set_level("INFO")
    async with sender.open():
        with trio.fail_after(60):
            while "was removed" not in caplog.text:
                await trio.sleep(0.05)
        assert await sender.there("x") == {}
    assert not place.exists()


async def test_a_sender_that_goes_away_is_no_fault_of_ours(sender, tmp_path, caplog):
    torrent = made(tmp_path / "given")
    parts = (b"id", b"x"), (b"metadata", record_of(torrent))
    whole = posted(form(*parts, (b"data", archive_of(tmp_path / "given"))))
    async with sender.open():
        stream = await sender.connect()
        await stream.send_all(whole[:-20_000])
        with trio.fail_after(60):
            while not (await sender.there("x")).get("t/a"):
                await trio.sleep(0.01)
            await stream.aclose()
            while (await sender.raw(whole)).status != 200:  # the first is still being ended
                await trio.sleep(0.01)
    assert not [record for record in caplog.records if record.exc_info]


async def test_content_that_does_not_match_is_not_taken(sender, tmp_path):
    torrent = made(tmp_path / "given")
    (tmp_path / "given" / "t" / "a").write_bytes(bytes(3 * PIECE + 5))
    body = form(
        (b"id", b"x"), (b"metadata", record_of(torrent)), (b"data", archive_of(tmp_path / "given"))
    )
    async with sender.open():
        reply = await sender.raw(posted(body))
        assert reply.status == 500
        assert b"pieces did not arrive as they are" in reply.body
        assert (await sender.call("ListTorrents"))["Torrents"] == []
    assert content_of(sender.folder / "rain" / "data") == {}


@pytest.mark.parametrize(
    ("parts", "status", "said"),
    [
        ([(b"metadata", b"{}")], 400, b"id expected in multipart form"),
        ([(b"id", b"")], 400, b"id required"),
        ([(b"id", b"../../etc")], 400, b"torrent id"),
        ([(b"id", b"x" * 300)], 413, b"id is too long"),
        ([(b"id", b"x"), (b"data", b"")], 400, b"metadata expected in multipart form"),
        ([(b"id", b"x"), (b"metadata", b"{")], 500, b"metadata is no JSON"),
        ([(b"id", b"x"), (b"metadata", b"[]"), (b"data", b"")], 500, b"no JSON object"),
        ([(b"id", b"x"), (b"metadata", b"{}"), (b"x", b"")], 500, b"InfoHash must be 20 bytes"),
        ([], 400, b"id expected in multipart form"),
    ],
)
async def test_forms_that_are_none_are_refused(sender, parts, status, said):
    async with sender.open():
        reply = await sender.raw(posted(form(*parts)))
        assert reply.status == status
        assert said in reply.body
        assert (await sender.raw(posted(b"x", b"text/plain"))).status == 400
        assert (await sender.call("ListTorrents"))["Torrents"] == []
