"""Changes are written in groups; who waits knows that they are durable."""

import pytest
import trio

from raincore.base.errors import NoSpace, StorageError
from raincore.net.offload import InlineOffload
from raincore.session.ledger import Ledger


class Store:
    """Remembers the transactions, and fails as it is told."""

    def __init__(self) -> None:
        self.groups: list[dict[str, object]] = []
        self.error: StorageError | None = None
        self.marks = self.snapshots = 0
        self.forgotten: list[str] = []

    def apply(self, changes) -> None:
        if self.error is not None:
            raise self.error
        self.groups.append(dict(changes))

    def mark(self) -> None:
        self.marks += 1

    def take_snapshot(self) -> None:
        self.snapshots += 1
        assert self.marks == self.snapshots, "what is not counted first is not missed"

    def forget(self, id: str) -> None:
        self.forgotten.append(id)


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def ledger(store, warnings) -> Ledger:
    return Ledger(store, InlineOffload(), warnings.append)


async def test_all_that_was_put_is_one_transaction(ledger, store):
    ledger.put("torrent:a", 1)
    ledger.put("torrent:b", 2)
    ledger.put("torrent:a", None)
    await ledger.flush()
    await ledger.flush()
    assert store.groups == [{"torrent:a": None, "torrent:b": 2}]


async def test_what_nobody_waits_for_is_written_soon(ledger, store, autojump_clock):
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ledger.run)
        ledger.put("torrent:a", 1)
        await trio.sleep(3)
        assert store.groups == [{"torrent:a": 1}]
        await trio.sleep(100)
        assert len(store.groups) == 1
        assert store.snapshots == 1
        nursery.cancel_scope.cancel()


async def test_a_full_disk_is_told_once_and_tried_again(ledger, store, warnings, autojump_clock):
    store.error = NoSpace("disk full")
    ledger.put("torrent:a", 1)
    with pytest.raises(NoSpace):
        await ledger.flush()
    ledger.put("torrent:a", 2)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ledger.run)
        await trio.sleep(60)
        assert warnings == ["changes are not remembered, for now: disk full"]
        store.error = None
        await trio.sleep(15)
        assert store.groups == [{"torrent:a": 2}]
        nursery.cancel_scope.cancel()


async def test_what_is_taken_back_is_not_written(ledger, store):
    store.error = NoSpace("disk full")
    ledger.put("torrent:a", 1)
    ledger.put("layer:a:ff", 1)
    ledger.put("torrent:aa", 1)
    with pytest.raises(NoSpace):
        await ledger.flush()
    ledger.forget("a")
    store.error = None
    await ledger.flush()
    assert store.groups == [{"torrent:aa": 1}]


async def test_a_torrent_is_erased_whatever_its_rows_are(ledger, store):
    await ledger.erase("a")
    assert store.forgotten == ["a"]
