"""What is at rest is checked, remembered, sealed, and never believed without proof."""

import threading

import pytest
import trio
import trio.testing

from raincore.base.bitfield import Bitfield
from raincore.base.errors import ContentMismatch, ReadError, StorageError, WriteError
from raincore.documents import events as records
from raincore.engine import check_watch
from raincore.engine.content import Content
from raincore.net.hub import Hub
from raincore.net.offload import Offload, result_of
from raincore.storage import hashing
from tests.engine.desk import BLOCK, FaultyStorage, ManualOffload, open_store
from tests.sim.content import sample

PIECES = 4
SAMPLE = sample(1, pieces=PIECES, piece_length=2 * BLOCK)
INFO = SAMPLE.info


class Bench:
    """One Content, its storage, and what it tells."""

    def __init__(self, content: bytes = SAMPLE.content, store=None, offload=None, **options):
        self.storage = FaultyStorage(INFO, content)
        self.opened = 0
        self.offload = offload or ManualOffload("check", "disk")
        self.told: list[records.Event] = []
        self.content = Content(
            INFO.swarm_hash, "/bench", self.open_storage, self.offload, store, **options
        )

    def open_storage(self, info):
        self.opened += 1
        return self.storage

    async def check(self) -> list[int]:
        return list(await self.found())

    async def found(self, tell=None) -> Bitfield:
        tell = tell or self.told.append
        return await result_of(lambda done: self.content.check(INFO, tell, done))

    async def seal(self) -> None:
        await result_of(self.content.seal)

    @property
    def warnings(self) -> list[tuple[str, str]]:
        return [(r.code, r.message) for r in self.told if isinstance(r, records.Warning)]


@pytest.fixture
def store(tmp_path):
    store = open_store(tmp_path)
    yield store
    store.close()


async def saved(store, content: bytes = SAMPLE.content) -> Bench:
    """A store that remembers that everything was verified."""
    bench = Bench(content, store)
    have = await bench.found()
    bench.content.save(have)
    await bench.content.wait_saved()
    return bench


# --- check --------------------------------------------------------------------------------


async def test_what_is_there_and_good_is_found():
    assert await Bench().check() == [0, 1, 2, 3]


async def test_a_bad_piece_is_not_taken_for_good():
    spoilt = bytearray(SAMPLE.content)
    spoilt[2 * BLOCK] ^= 1
    assert await Bench(bytes(spoilt)).check() == [0, 2, 3]


async def test_nothing_is_read_where_nothing_is():
    bench = Bench(b"")
    assert await bench.check() == []
    assert bench.storage.done == []


async def test_what_was_remembered_is_not_read_again(store):
    first = await saved(store)
    first.storage.done.clear()
    again = Bench(store=store)
    again.storage = first.storage
    assert await again.check() == [0, 1, 2, 3]
    assert "read" not in first.storage.done


async def test_a_file_that_changed_is_hashed_again(store):
    first = await saved(store)
    first.storage.write(0, [memoryview(bytes(10))])
    again = Bench(store=store)
    again.storage = first.storage
    assert await again.check() == [1, 2, 3]


async def test_a_recheck_believes_nothing(store):
    first = await saved(store)
    first.storage.content[0] ^= 1  # behind the back of size and mtime
    again = Bench(store=store, recheck=True)
    again.storage = first.storage
    assert await again.check() == [1, 2, 3]


async def test_what_is_believed_is_still_to_be_proven(store):
    first = await saved(store)
    assert list(first.content.unproven) == []
    first.storage.write(0, [memoryview(SAMPLE.content)[: 2 * BLOCK]])
    again = Bench(store=store)
    again.storage = first.storage
    assert await again.check() == [0, 1, 2, 3]
    assert list(again.content.unproven) == []  # it is one file, and has been hashed


async def test_a_file_that_did_not_change_is_believed_and_to_be_proven(store):
    first = await saved(store)
    again = Bench(store=store)
    again.storage = first.storage
    assert await again.check() == [0, 1, 2, 3]
    assert list(again.content.unproven) == [0, 1, 2, 3]


async def test_a_quick_start_reads_nothing_where_the_size_is_right():
    bench = Bench(bytes(len(SAMPLE.content)), quick=True, fixed=True)
    assert await bench.check() == [0, 1, 2, 3]
    assert "read" not in bench.storage.done
    assert list(bench.content.unproven) == [0, 1, 2, 3]


async def test_a_quick_start_refuses_what_is_too_short():
    bench = Bench(SAMPLE.content[:-1], quick=True, fixed=True)
    with pytest.raises(ContentMismatch):
        await bench.check()


async def test_a_recheck_is_never_quick():
    bench = Bench(bytes(len(SAMPLE.content)), quick=True, recheck=True)
    assert await bench.check() == []


async def test_a_damaged_record_is_a_warning_and_everything_is_hashed(store):
    await saved(store)
    for key in list(store.cache):
        store.cache[key] = {"v": 99}
    again = Bench(store=store)
    assert await again.check() == [0, 1, 2, 3]
    [(code, message)] = again.warnings
    assert code == "resume_state"
    assert "damaged" in message


async def test_content_that_cannot_be_read_is_missing_and_named():
    bench = Bench()
    bench.storage.read_error = ReadError("cannot read: input/output error: x", "x")
    assert await bench.check() == []
    assert bench.warnings == [("unreadable", "cannot read: input/output error: x")]


async def test_content_to_be_served_that_cannot_be_read_is_an_error():
    bench = Bench(fixed=True)
    bench.storage.read_error = ReadError("cannot read: input/output error: x", "x")
    with pytest.raises(ReadError, match="input/output"):
        await bench.check()


async def test_content_that_must_be_complete_is_refused_by_name():
    spoilt = bytearray(SAMPLE.content)
    spoilt[2 * BLOCK] ^= 1
    with pytest.raises(ContentMismatch, match=r"1 of 4 pieces .* \(1\): sample") as caught:
        await Bench(bytes(spoilt), fixed=True).check()
    assert caught.value.pieces == [1]


async def test_what_is_good_of_incomplete_content_may_be_served_and_the_rest_is_told():
    spoilt = bytearray(SAMPLE.content)
    spoilt[2 * BLOCK] ^= 1
    bench = Bench(bytes(spoilt), fixed=True, partial=True)
    assert await bench.check() == [0, 2, 3]
    [(code, message)] = bench.warnings
    assert code == "partial"
    assert message.startswith("1 of 4 pieces are missing or do not match (1): sample")
    assert message.endswith("; only what is good is served")


async def test_complete_content_is_not_complained_of_though_it_might_be_incomplete():
    bench = Bench(fixed=True, partial=True)
    assert await bench.check() == [0, 1, 2, 3]
    assert bench.warnings == []


async def test_content_of_which_nothing_is_good_is_not_even_partial():
    with pytest.raises(ContentMismatch, match="4 of 4 pieces"):
        await Bench(bytes(len(SAMPLE.content)), fixed=True, partial=True).check()


async def test_partial_content_that_cannot_be_read_is_missing_and_named():
    bench = Bench(fixed=True, partial=True)
    bench.storage.read_error = ReadError("cannot read: input/output error: x", "x")
    with pytest.raises(ContentMismatch, match="4 of 4 pieces"):
        await bench.check()
    assert bench.warnings == [("unreadable", "cannot read: input/output error: x")]


async def test_what_is_known_to_be_bad_of_partial_content_is_not_believed_next_time(store):
    spoilt = bytearray(SAMPLE.content)
    spoilt[2 * BLOCK] ^= 1
    first = await saved(store, bytes(spoilt))
    again = Bench(store=store, fixed=True, partial=True)
    again.storage = first.storage
    assert await again.check() == [0, 2, 3]
    whole = Bench(store=store, fixed=True)
    whole.storage = first.storage
    with pytest.raises(ContentMismatch, match=r"1 of 4 pieces .* \(1\)"):
        await whole.check()
    first.storage.write(2 * BLOCK, [memoryview(SAMPLE.content)[2 * BLOCK : 4 * BLOCK]])
    mended = Bench(store=store, fixed=True)
    mended.storage = first.storage
    assert await mended.check() == [0, 1, 2, 3]


async def test_a_quick_start_of_partial_content_hashes_what_has_another_size():
    bench = Bench(SAMPLE.content[:-1], quick=True, fixed=True, partial=True)
    assert await bench.check() == [0, 1, 2]


async def test_complete_content_may_be_required():
    assert await Bench(fixed=True).check() == [0, 1, 2, 3]


async def test_what_is_in_the_way_of_files_that_lack_something_is_found():
    bench = Bench(b"")
    error = WriteError("a directory is where the torrent has a file: x", "x")
    asked = []
    bench.storage.obstacles = lambda files: asked.extend(files) or {0: error}
    await bench.check()
    assert bench.content.obstacles == {0: error}
    assert asked == [0]
    whole = Bench()
    whole.storage.obstacles = lambda files: asked.extend(files) or {}
    await whole.check()
    assert asked == [0]


async def test_a_long_check_tells_how_far_it_is(monkeypatch):
    monkeypatch.setattr(check_watch, "PROGRESS_SECONDS", 0.0)
    monkeypatch.setattr(hashing, "RUN_LENGTH", 2 * BLOCK)
    hub = Hub()
    offload = Offload(hub)
    bench = Bench(offload=offload)
    gate = threading.Semaphore(1)
    told: list[records.Progress] = []

    def read_into(offset: int, buffer: memoryview) -> int:
        gate.acquire()
        return FaultyStorage.read_into(bench.storage, offset, buffer)

    def tell(record: records.Event) -> None:
        told.append(record)
        gate.release()

    bench.storage.read_into = read_into
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hub.run)
        have = await bench.found(tell)
        nursery.cancel_scope.cancel()
    offload.close()
    hub.close()
    assert have.all()
    counts = [record.pieces_have for record in told]
    assert counts
    assert counts == sorted(set(counts))
    assert told[0].pieces_total == PIECES
    assert told[0].bytes_done == counts[0] * 2 * BLOCK
    assert told[0].bytes_total == len(SAMPLE.content)


async def test_a_check_that_stands_still_tells_nothing(autojump_clock):
    bench = Bench(offload=ManualOffload())
    with trio.move_on_after(60):
        await bench.check()
    assert bench.told == []


async def test_a_check_that_has_not_begun_when_it_is_stopped_opens_nothing(autojump_clock):
    bench = Bench(offload=ManualOffload())
    with trio.move_on_after(1):
        await bench.check()
    bench.content.close()
    bench.offload.finish()
    assert bench.opened == 0


async def test_a_check_that_is_stopped_midway_ends_soon_and_closes(monkeypatch, autojump_clock):
    monkeypatch.setattr(hashing, "RUN_LENGTH", 2 * BLOCK)
    bench = Bench(offload=ManualOffload())
    with trio.move_on_after(1):
        await bench.check()

    def read_into(offset: int, buffer: memoryview) -> int:
        bench.content.close()
        return FaultyStorage.read_into(bench.storage, offset, buffer)

    bench.storage.read_into = read_into
    bench.storage.closed = 0
    bench.offload.finish()
    assert bench.storage.closed >= 1


# --- save ---------------------------------------------------------------------------------


class LoggingStore:
    """A store that writes into the same log as the storage."""

    def __init__(self, log: list[str]) -> None:
        self.log = log
        self.error: Exception | None = None
        self.records = []

    def load(self, info_hash, directory):
        return None, ""

    def save(self, record) -> None:
        if self.error is not None:
            raise self.error
        self.log.append("save")
        self.records.append(record)

    def save_info(self, info_hash, raw) -> None:
        self.log.append("save_info")


async def logging_bench(content: bytes = b"", **options) -> tuple[Bench, LoggingStore]:
    bench = Bench(content, **options)
    store = LoggingStore(bench.storage.done)
    bench.content._store = store
    await bench.check()
    bench.storage.done.clear()
    return bench, store


async def test_content_is_synced_before_it_is_remembered():
    bench, store = await logging_bench()
    bench.content.save(Bitfield(PIECES, [1, 2]))
    await bench.content.wait_saved()
    assert bench.storage.done == ["sync", "save_info", "save"]
    [record] = store.records
    assert record.have == Bitfield(PIECES, [1, 2]).to_bytes()
    assert record.files == bench.storage.fingerprint()


async def test_what_is_remembered_already_is_not_written_again():
    bench, store = await logging_bench()
    for have in ([1, 2], [1, 2], [1]):
        bench.content.save(Bitfield(PIECES, have))
        await bench.content.wait_saved()
    assert len(store.records) == 2
    bench.storage.write(0, [memoryview(b"x")])
    bench.content.save(Bitfield(PIECES, [1]))
    await bench.content.wait_saved()
    assert len(store.records) == 3


async def test_a_start_from_what_is_remembered_writes_nothing(store):
    first = await saved(store)
    changes = store.cache.volume(), dict.fromkeys(store.cache)
    again = Bench(store=store)
    again.storage = first.storage
    have = await again.found()
    store.save = None  # not to be called
    again.content.save(have)
    await again.content.wait_saved()
    assert (store.cache.volume(), dict.fromkeys(store.cache)) == changes


async def test_what_cannot_be_synced_is_not_remembered():
    bench, store = await logging_bench()
    bench.storage.sync_error = WriteError("cannot sync: input/output error: x", "x")
    bench.content.save(Bitfield.full(PIECES))
    await bench.content.wait_saved()
    assert store.records == []
    assert bench.warnings == [("resume_state", "cannot sync: input/output error: x")]


async def test_a_store_that_fails_is_a_warning():
    bench, store = await logging_bench()
    store.error = StorageError("cannot write resume state: disk full: x", "x")
    bench.content.save(Bitfield.full(PIECES))
    await bench.content.wait_saved()
    assert bench.warnings == [("resume_state", "cannot write resume state: disk full: x")]


async def test_a_bug_while_saving_is_not_hidden():
    bench, store = await logging_bench()
    store.error = ZeroDivisionError()
    bench.offload.prompt = ()
    bench.content.save(Bitfield.full(PIECES))
    with pytest.raises(ZeroDivisionError):
        bench.offload.finish()


async def test_saving_several_times_is_waited_for_as_a_whole(autojump_clock):
    bench, store = await logging_bench()
    bench.offload.prompt = ()
    bench.content.save(Bitfield(PIECES))
    bench.content.save(Bitfield.full(PIECES))
    with trio.move_on_after(5) as waiting:
        await bench.content.wait_saved()
    assert waiting.cancelled_caught
    bench.offload.finish()
    await bench.content.wait_saved()
    assert len(store.records) == 2


async def test_without_a_store_or_storage_nothing_is_saved(store):
    bench = Bench(b"")
    await bench.check()
    bench.content.save(Bitfield.full(PIECES))
    unopened = Bench(store=store)
    unopened.content.save(Bitfield.full(PIECES))
    await unopened.content.wait_saved()
    assert "sync" not in bench.storage.done
    assert "sync" not in unopened.storage.done


# --- the end ------------------------------------------------------------------------------


class OneWorker(ManualOffload):
    """Knows what each worker was asked to do."""

    def __init__(self):
        super().__init__("check", "disk")
        self.asked: list[str] = []

    def submit_chain(self, steps, done):
        self.asked += [worker for worker, _ in steps]
        super().submit_chain(steps, done)


async def test_what_is_found_whole_is_sealed_and_remembered_in_the_same_turn():
    offload = OneWorker()
    bench, store = await logging_bench(SAMPLE.content, offload=offload)
    assert bench.content.is_settled
    [record] = store.records
    assert record.have == Bitfield.full(PIECES).to_bytes()
    assert offload.asked == ["check"]


@pytest.mark.parametrize("options", [{"recheck": True}, {}], ids=["verified", "incomplete"])
async def test_what_is_only_verified_or_not_whole_is_not_sealed_by_the_check(options):
    content = SAMPLE.content if options else bytes(len(SAMPLE.content))
    bench = Bench(content, **options)
    await bench.check()
    assert not bench.content.is_settled
    assert "finish" not in bench.storage.done


async def test_a_disk_that_refuses_to_sync_is_told_of_when_it_is_asked_to_seal():
    bench = Bench()
    bench.storage.sync_error = WriteError("cannot sync: x", "x")
    assert await bench.check() == [0, 1, 2, 3]
    assert not bench.content.is_settled
    assert bench.warnings == []
    with pytest.raises(WriteError):
        await bench.seal()


async def test_sealing_creates_what_is_empty_and_syncs():
    bench = Bench()
    await bench.check()
    bench.storage.done.clear()
    await bench.seal()
    assert bench.storage.done == ["finish", "sync"]


async def test_content_that_is_only_served_is_not_touched_by_sealing():
    bench = Bench(fixed=True)
    await bench.check()
    bench.storage.done.clear()
    await bench.seal()
    assert bench.storage.done == []


async def test_a_disk_that_refuses_to_sync_cannot_be_sealed():
    bench = Bench()
    await bench.check()
    bench.storage.sync_error = WriteError("cannot sync: x", "x")
    with pytest.raises(WriteError):
        await bench.seal()


async def test_unreadable_content_is_a_warning():
    bench = Bench()
    await bench.check()
    bench.content.note_unreadable(ReadError("cannot read: x", "x"))
    bench.content.note_unreadable(ReadError("cannot read: x", "x"))
    assert bench.warnings == [("unreadable", "cannot read: x")]


async def test_closing_twice_is_harmless():
    bench = Bench()
    bench.content.close()
    await trio.lowlevel.checkpoint()
    other = Bench()
    await other.check()
    other.content.close()
    other.content.close()
    assert other.storage.closed == 2
