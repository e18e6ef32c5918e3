"""Rows of torrents survive, together or not at all; damage is told and nothing is lost by it."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from raincore.base.errors import FormatError, NoSpace, StorageError
from raincore.base.session_errors import SessionLocked
from raincore.storage import database, session_soundness, session_store
from raincore.storage.reserve_file import ReserveFile
from raincore.storage.session_copies import SNAPSHOTS
from raincore.storage.session_store import SessionStore, gather
from raincore.storage.torrent_record import Counts, TorrentRecord, encode, encode_counts

ONE = TorrentRecord(id="one", info_hash="ab" * 20, added_at=1.0)
TWO = TorrentRecord(id="two", info_hash="cd" * 20, added_at=2.0)


@pytest.fixture
def place(tmp_path) -> Path:
    return tmp_path / "session.db"


def load(place: Path) -> None:
    with closing(SessionStore.open(place)) as store:
        store.load()


def change_row(place: Path, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(place / database.FILE_NAME)) as connection, connection:
        connection.execute(sql, values)


def test_torrents_come_back_with_all_that_belongs_to_them(place):
    with closing(SessionStore.open(place)) as store:
        store.apply({"torrent:two": encode(TWO), "torrent:one": encode(ONE)})
        store.apply({"info:one": b"de", "counts:one": encode_counts(Counts(uploaded=5))})
        store.apply({"resume:one": {"x": 1}, f"layer:one:{'ee' * 32}": b"l"})
    with closing(SessionStore.open(place)) as store:
        loaded = store.load()
    one, two = loaded.torrents
    assert (one.record, two.record) == (ONE, TWO)
    assert one.info == b"de"
    assert one.counts.uploaded == 5
    assert one.resume == {"x": 1}
    assert one.layers == {b"\xee" * 32: b"l"}
    assert two.info is None
    assert not loaded.damaged


def test_none_deletes_a_row(place):
    with closing(SessionStore.open(place)) as store:
        store.apply({"torrent:one": encode(ONE), "torrent:two": encode(TWO)})
        store.apply({"torrent:one": None, "info:one": None})
        assert [saved.record.id for saved in store.load().torrents] == ["two"]


def test_a_change_that_fails_changes_nothing(place):
    with closing(SessionStore.open(place)) as store:
        store.apply({"torrent:one": encode(ONE)})
        with pytest.raises(TypeError):
            store.apply({"torrent:one": None, "torrent:two": object()})
        assert [saved.record.id for saved in store.load().torrents] == ["one"]


def test_a_record_that_cannot_be_read_is_kept_and_named(place):
    with closing(SessionStore.open(place)) as store:
        store.apply({"torrent:one": encode(ONE), "torrent:two": {"v": 99}, "info:three": b"de"})
        loaded = store.load()
        assert [saved.record.id for saved in loaded.torrents] == ["one"]
        assert set(loaded.damaged) == {"two", "three"}
        store.forget("two")
        assert set(store.load().damaged) == {"three"}


def test_bad_counters_cost_the_counters_and_nothing_else(place):
    with closing(SessionStore.open(place)) as store:
        store.apply({"torrent:one": encode(ONE), "counts:one": 7, "layer:one:zz": b"x"})
        change_row(place, "UPDATE Cache SET mode = 4 WHERE key = 'resume:one'")
        [saved] = store.load().torrents
        assert saved.counts == Counts()


def test_rows_that_make_no_sense_are_a_reason_to_leave_the_torrent_alone():
    record = encode(ONE)
    for rows in (
        [("torrent:two", record)],
        [("torrent:one", FormatError("row"))],
        [("torrent:one", record), ("info:one", 5)],
        [("torrent:one", record), ("info:one", FormatError("row"))],
    ):
        loaded = gather(rows)
        assert not loaded.torrents
        assert len(loaded.damaged) == 1
    assert not gather([("unknown", 1), ("other:x", 2)]).damaged


def test_two_cannot_have_it_at_once(place):
    with closing(SessionStore.open(place)):
        with pytest.raises(SessionLocked, match="locked by another process"):
            SessionStore.open(place)
        code = "import sys; from pathlib import Path\n"
        code += "from raincore.storage.session_store import SessionStore\n"
        code += "SessionStore.open(Path(sys.argv[1]))"
        root = str(Path(session_store.__file__).parents[2])
        command = [sys.executable, "-c", code, str(place)]
        other = subprocess.run(command, cwd=root, capture_output=True, check=False)
        assert b"locked by another process" in other.stderr
    SessionStore.open(place).close()


def test_a_file_in_its_place_is_left_alone(place):
    place.write_bytes(b"bolt")
    with pytest.raises(StorageError, match="maybe of another program"):
        SessionStore.open(place)
    assert place.read_bytes() == b"bolt"


def test_revisions_begin_later_each_time_whatever_the_clock_says(place, monkeypatch):
    seen = []
    for now in (1e9, 1e9, 5e8, 2e9):
        monkeypatch.setattr(session_store.time, "time", lambda now=now: now)
        with closing(SessionStore.open(place)) as store:
            seen.append(store.first_revision)
    assert seen == sorted(set(seen))
    assert seen[-1] == int(2e12)


def test_a_database_of_a_newer_version_is_not_touched(place):
    with closing(SessionStore.open(place)) as store:
        store.apply({"session": {"schema": 99}})
    with pytest.raises(StorageError, match=r"newer version of rain \(99, this one knows 1\)"):
        SessionStore.open(place)
    assert dict(database.rows(place / database.FILE_NAME)) == {"session": {"schema": 99}}


@pytest.mark.parametrize("value", [5, {}, {"schema": "1"}, {"schema": 0}])
def test_a_database_that_does_not_say_its_version_is_damaged(place, value):
    with closing(SessionStore.open(place)) as store:
        store.apply({"session": value})
    with pytest.raises(StorageError, match="damaged"):
        SessionStore.open(place)


def test_an_older_database_is_brought_up_to_date(place, monkeypatch):
    with closing(SessionStore.open(place)) as store:
        store.apply({"torrent:one": encode(ONE)})
    monkeypatch.setattr(session_soundness, "SCHEMA", 3)
    made = {
        1: lambda store: store.apply({"torrent:two": encode(TWO)}),
        2: lambda store: store.apply({"torrent:one": None}),
    }
    monkeypatch.setattr(session_store, "MIGRATIONS", made)
    with closing(SessionStore.open(place)) as store:
        assert [saved.record.id for saved in store.load().torrents] == ["two"]
    assert database.row(place / database.FILE_NAME, "session")["schema"] == 3


def test_a_change_of_version_that_breaks_off_has_changed_nothing(place, monkeypatch):
    with closing(SessionStore.open(place)) as store:
        store.apply({"torrent:one": encode(ONE)})
    rows = list(database.rows(place / database.FILE_NAME))

    def break_off(store: SessionStore) -> None:
        store.apply({"torrent:two": encode(TWO), "torrent:one": None})
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(session_soundness, "SCHEMA", 3)
        done = {1: lambda store: store.apply({"torrent:two": None}), 2: break_off}
        patch.setattr(session_store, "MIGRATIONS", done)
        with pytest.raises(StorageError, match="disk is full; make room"):
            SessionStore.open(place)
    assert list(database.rows(place / database.FILE_NAME)) == rows
    with closing(SessionStore.open(place)) as store:
        assert [saved.record.id for saved in store.load().torrents] == ["one"]


def test_the_last_two_copies_stay(place):
    with closing(SessionStore.open(place)) as store:
        for number in range(3):
            store.apply({f"torrent:{number}": {**encode(ONE), "id": str(number)}})
            store.take_snapshot()
    counts = []
    for name in SNAPSHOTS:
        assert database.problems(place / name) == []
        with closing(sqlite3.connect(place / name)) as opened:
            select = "SELECT count(*) FROM Cache WHERE key LIKE 'torrent:%'"
            counts += opened.execute(select).fetchone()
    assert counts == [3, 2]
    assert not list(place.glob("snapshot*.tmp*")), "nothing is left of the making"
    assert not list(place.glob("snapshot-*-*")), "a copy is one file, also when it was looked at"


def test_a_torn_file_is_told_with_what_to_do_and_left_as_it_is(place):
    with closing(SessionStore.open(place)) as store:
        changes = {f"torrent:{n}": {**encode(ONE), "id": str(n)} for n in range(500)}
        store.apply(changes)
        store.take_snapshot()
    file = place / database.FILE_NAME
    whole = file.read_bytes()
    for damage in (whole[:5000], b"garbage!" * 1000, whole[:4096] + b"\xff" * (len(whole) - 4096)):
        for extra in place.glob("cache.db-*"):
            extra.unlink()
        file.write_bytes(damage)
        with pytest.raises(StorageError, match=r"sound copy is beside it: snapshot-1\.db"):
            load(place)
        assert database.problems(place / "snapshot-1.db") == []


def test_a_database_that_has_lost_what_its_copy_has_is_not_begun_anew(place):
    with closing(SessionStore.open(place)) as store:
        store.apply({"torrent:one": encode(ONE)})
        store.take_snapshot()
    file = place / database.FILE_NAME
    for lose in (file.unlink, lambda: file.write_bytes(b"")):
        lose()
        with pytest.raises(StorageError, match=r"it has lost what its copy snapshot-1\.db has"):
            load(place)
        assert not file.exists() or not file.read_bytes()
    # What the message says to do is what helps.
    file.write_bytes((place / "snapshot-1.db").read_bytes())
    with closing(SessionStore.open(place)) as store:
        assert [saved.record.id for saved in store.load().torrents] == ["one"]


def test_a_place_that_cannot_be_written_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="cannot open the session's database"):
        SessionStore.open(tmp_path / "file" / "session.db")


class Full:
    """A database on a disk that is full as long as a file is there."""

    def __init__(self, cache, file: Path) -> None:
        self.cache = cache
        self.file = file

    def _sql(self, *statement):
        if self.file.exists():
            raise sqlite3.OperationalError("database or disk is full")
        return self.cache._sql(*statement)

    def __getattr__(self, name):
        return getattr(self.cache, name)


def test_on_a_full_disk_the_reserve_is_given_up_before_anything_is_refused(place, monkeypatch):
    with closing(SessionStore.open(place)) as store:
        reserve = place / session_store.RESERVE
        assert reserve.stat().st_size > 0
        store._cache = Full(store._cache, reserve)
        store.apply({"torrent:one": encode(ONE)})
        assert not reserve.exists()
        other = place / "other"
        other.touch()
        store._cache = Full(store._cache, other)
        with pytest.raises(NoSpace, match="disk is full; make room: "):
            store.apply({"torrent:two": encode(TWO)})
        other.unlink()
        store.take_snapshot()
        assert reserve.exists(), "there is room again"


def test_a_database_is_opened_on_a_full_disk_that_has_a_reserve(place, monkeypatch):
    SessionStore.open(place).close()
    reserve, real = place / session_store.RESERVE, database.open_database

    def open_database(place, what):
        return Full(real(place, what), reserve)

    monkeypatch.setattr(database, "open_database", open_database)
    SessionStore.open(place).close()
    monkeypatch.setattr(ReserveFile, "spend", lambda self: False)
    assert reserve.exists()
    with pytest.raises(NoSpace, match=r"the session's database: .*make room"):
        SessionStore.open(place)
