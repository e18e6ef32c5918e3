"""The blocklist: there before anything is connected to, and fresh without anybody waiting."""

import gzip

import pytest
import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConnectError, FormatError
from raincore.base.server_config import BlocklistRules
from raincore.net.http_client import HttpReply
from raincore.session.blocklist_updater import BlocklistUpdater
from raincore.session.current_blocklist import CurrentBlocklist

URL = "http://lists.example/one.gz"
LIST = b"192.0.2.0/24\n"
BAD, GOOD = Endpoint("192.0.2.7", 1), Endpoint("198.51.100.7", 1)


class Web:
    """A server of lists: answers, or is away."""

    def __init__(self, body=LIST, status=200, headers=None):
        self.body = body
        self.status = status
        self.headers = headers or {}
        self.away = False
        self.asked = []

    async def get(self, url, *, seconds, max_bytes, headers):
        self.asked.append((url, headers))
        await trio.lowlevel.checkpoint()
        if self.away:
            raise ConnectError("nobody answered")
        return HttpReply(self.status, self.headers, self.body, url)


class Clock:
    """The calendar of these tests, which is the virtual clock."""

    def __init__(self):
        self.offset = 1_000_000 - trio.current_time()

    def __call__(self):
        return trio.current_time() + self.offset


def updater(tmp_path, web, **rules):
    current = CurrentBlocklist()
    found = BlocklistUpdater(
        BlocklistRules(**rules), current, web, str(tmp_path / "copy"), calendar=Clock()
    )
    return found, current


async def ran(found, seconds):
    with trio.move_on_after(seconds):
        await found.run()


@pytest.fixture
def inline(monkeypatch):
    """Threads do not exist on a virtual clock."""

    async def run_sync(function, *arguments):
        await trio.lowlevel.checkpoint()
        return function(*arguments)

    monkeypatch.setattr(trio.to_thread, "run_sync", run_sync)


async def test_a_list_is_fetched_and_fetched_again_when_it_is_old(tmp_path, inline, autojump_clock):
    web = Web()
    found, current = updater(tmp_path, web, url=URL, update_interval_seconds=3600)
    await found.load()
    assert not current.blocks(BAD)
    await ran(found, 10)
    assert current.blocks(BAD)
    assert not current.blocks(GOOD)
    assert len(web.asked) == 1
    web.body = gzip.compress(b"198.51.100.0/24\n")
    await ran(found, 3600)
    assert len(web.asked) == 2
    assert current.blocks(GOOD)
    assert not current.blocks(BAD)


async def test_the_copy_holds_after_a_restart_while_the_web_is_away(
    tmp_path, inline, autojump_clock, caplog
):
    web = Web()
    first, _ = updater(tmp_path, web, url=URL)
    await ran(first, 10)
    web.away = True
    second, current = updater(tmp_path, web, url=URL, update_interval_seconds=60)
    await second.load()
    assert current.blocks(BAD)
    assert current.age_seconds(Clock()()) <= 10
    await ran(second, 24 * 3600)
    assert current.blocks(BAD)
    assert 20 < len(web.asked) < 40, "asked again ever more rarely"
    warnings = [record for record in caplog.records if "cannot be fetched" in record.message]
    assert len(warnings) == 1


async def test_a_fresh_copy_is_not_fetched_again(tmp_path, inline, autojump_clock):
    web = Web()
    first, _ = updater(tmp_path, web, url=URL)
    await ran(first, 10)
    second, current = updater(tmp_path, web, url=URL)
    await second.load()
    await ran(second, 3600)
    assert len(web.asked) == 1
    assert current.blocks(BAD)


async def test_the_copy_of_another_url_does_not_hold(tmp_path, inline, autojump_clock):
    first, _ = updater(tmp_path, Web(), url=URL)
    await ran(first, 10)
    second, current = updater(tmp_path, Web(), url="http://other.example/")
    await second.load()
    assert not current.blocks(BAD)


@pytest.mark.parametrize("damage", [b"", b"x" * 5000, None])
async def test_a_damaged_copy_is_fetched_anew(tmp_path, inline, autojump_clock, damage):
    web = Web()
    first, _ = updater(tmp_path, web, url=URL)
    await ran(first, 10)
    copy = tmp_path / "copy"
    copy.write_bytes(
        copy.read_bytes().replace(LIST, b"\x1f\x8bnonsense\n") if damage is None else damage
    )
    second, current = updater(tmp_path, web, url=URL)
    await second.load()
    assert not current.blocks(BAD)
    await ran(second, 10)
    assert current.blocks(BAD)


async def test_an_unchanged_list_is_not_sent_again(tmp_path, inline, autojump_clock):
    web = Web(headers={"etag": '"v1"'})
    found, current = updater(tmp_path, web, url=URL, update_interval_seconds=60)
    await ran(found, 10)
    web.status, web.body = 304, b""
    await ran(found, 60)
    assert web.asked == [(URL, {}), (URL, {"If-None-Match": '"v1"'})]
    assert current.blocks(BAD)


@pytest.mark.parametrize(("status", "body"), [(404, LIST), (200, b"<html>\n"), (304, b"")])
async def test_what_is_no_list_leaves_the_old_one(tmp_path, inline, autojump_clock, status, body):
    web = Web()
    found, current = updater(tmp_path, web, url=URL, update_interval_seconds=60)
    await ran(found, 10)
    web.status, web.body = status, body
    await ran(found, 60)
    assert current.blocks(BAD)
    assert len(web.asked) >= 2


async def test_a_copy_that_cannot_be_written_is_a_warning(tmp_path, inline, autojump_clock, caplog):
    (tmp_path / "copy").mkdir()
    found, current = updater(tmp_path, Web(), url=URL)
    await ran(found, 10)
    assert current.blocks(BAD)
    assert "no copy of the blocklist is kept" in caplog.text


async def test_a_file_is_read_before_anything_and_again_when_asked(
    tmp_path, inline, autojump_clock, caplog
):
    path = tmp_path / "list.txt"
    path.write_bytes(LIST + b"nonsense\n")
    rules = BlocklistRules(file=str(path))
    found, current = updater(tmp_path, Web(), file=str(path))
    await found.load()
    assert current.blocks(BAD)
    assert "lines of the blocklist block nothing" in caplog.text
    async with trio.open_nursery() as nursery:
        nursery.start_soon(found.run)
        path.write_bytes(b"198.51.100.0/24\n")
        found.refresh(rules)
        await trio.sleep(1)
        assert (current.blocks(GOOD), current.blocks(BAD)) == (True, False)
        path.unlink()
        found.refresh(rules)
        await trio.sleep(1)
        assert current.blocks(GOOD), "the old one holds on"
        assert "the blocklist stays as it was" in caplog.text
        found.refresh(BlocklistRules())
        await trio.sleep(1)
        assert not current.blocks(GOOD)
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "cannot be read, no such file"),
        (lambda path: path.mkdir(), "cannot be read, is a directory"),
        (lambda path: path.write_bytes(b"nonsense\n"), "no line of it can be read"),
        (lambda path: path.write_bytes(b"10.0.0.1\n" * 100), "is longer than 500 bytes"),
    ],
)
async def test_a_file_that_is_no_list_keeps_the_session_from_starting(tmp_path, make, said):
    path = tmp_path / "list.txt"
    make(path)
    found, _ = updater(tmp_path, Web(), file=str(path), max_length=500)
    with pytest.raises(FormatError, match=said):
        await found.load()
