"""The reader of a server's stdout is told which document is the last."""

import pytest
import trio

from raincore.base.ids import InfoHash
from raincore.documents.documents import TorrentDocument
from raintools._kit.announcer import END_OF_INPUT_SECONDS, Announcer


class Out:
    """Remembers what is written."""

    def __init__(self) -> None:
        self.written: list[tuple[TorrentDocument, str | None]] = []

    def document(self, record, human=None) -> None:
        self.written.append((record, human))

    @property
    def marks(self) -> list[tuple[str, bool | None]]:
        return [(document.name, document.last) for document, _ in self.written]


def document(name: str) -> TorrentDocument:
    return TorrentDocument(
        name=name, info_hash=InfoHash(name.encode() * 20), peers=("127.0.0.1:1", "[::1]:1")
    )


@pytest.fixture
def out() -> Out:
    return Out()


@pytest.fixture
def announcer(out) -> Announcer:
    return Announcer(out)


async def test_the_only_document_is_marked_as_the_last(announcer, out, autojump_clock):
    announcer.expect("1")
    announcer.exhausted()
    await announcer.announce("1", document("a"))
    assert out.marks == [("a", True)]


async def test_a_document_waits_an_instant_for_the_input_to_end(announcer, out, autojump_clock):
    announcer.expect("1")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(announcer.announce, "1", document("a"))
        await trio.sleep(END_OF_INPUT_SECONDS / 2)
        assert out.marks == []
        announcer.exhausted()
    assert out.marks == [("a", True)]


async def test_a_document_does_not_wait_for_ever(announcer, out, autojump_clock):
    announcer.expect("1")
    await announcer.announce("1", document("a"))
    assert out.marks == [("a", None)]


async def test_what_turns_out_to_be_the_last_is_printed_again(announcer, out, autojump_clock):
    announcer.expect("1")
    await announcer.announce("1", document("a"))
    announcer.exhausted()
    assert out.marks == [("a", None), ("a", True)]


async def test_only_the_last_of_several_is_marked(announcer, out, autojump_clock):
    announcer.expect("1")
    announcer.expect("2")
    announcer.exhausted()
    await announcer.announce("2", document("b"))
    await announcer.announce("1", document("a"))
    assert out.marks == [("b", None), ("a", True)]


async def test_an_input_that_fails_leaves_another_the_last(announcer, out, autojump_clock):
    announcer.expect("1")
    announcer.expect("2")
    announcer.exhausted()
    await announcer.announce("1", document("a"))
    announcer.over("2")
    announcer.over("1")
    assert out.marks == [("a", None), ("a", True)]


async def test_without_any_document_nothing_is_printed(announcer, out, autojump_clock):
    announcer.expect("1")
    announcer.over("1")
    announcer.exhausted()
    assert out.marks == []


async def test_people_are_told_once(announcer, out, autojump_clock):
    announcer.expect("1")
    await announcer.announce("1", document("a"))
    announcer.exhausted()
    assert [human for _, human in out.written] == [
        "seeding a, reachable at 127.0.0.1:1, [::1]:1 (Ctrl-C ends)",
        None,
    ]
