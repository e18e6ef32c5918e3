"""A copy that knows more than its database is found, whatever became of that."""

import shutil
from contextlib import closing

import pytest

from raincore.storage import database, session_copies
from raincore.storage.session_store import SessionStore


@pytest.fixture
def place(tmp_path):
    """A database that was started twice, with a copy of each time."""
    for _ in range(2):
        with closing(SessionStore.open(tmp_path)) as store:
            store.take_snapshot()
    return tmp_path


def test_a_database_knows_all_that_its_copies_know(place):
    assert session_copies.that_know_more(place) == []


def test_what_was_lost_is_seen(place):
    file = place / database.FILE_NAME
    whole = file.read_bytes()
    copies = ["snapshot-1.db", "snapshot-2.db"]
    for damage in (b"", b"garbage!" * 1000):
        file.write_bytes(damage)
        assert session_copies.that_know_more(place) == copies
        assert file.read_bytes() == damage
    file.unlink()
    assert session_copies.that_know_more(place) == copies
    assert not file.exists()
    shutil.copy(place / copies[1], file)
    assert session_copies.that_know_more(place) == copies[:1]
    file.write_bytes(whole)
    assert session_copies.that_know_more(place) == []


def test_a_log_that_is_torn_is_seen_by_what_the_copy_has_counted(tmp_path):
    source = tmp_path / "one"
    with closing(SessionStore.open(source)) as store:
        before = shutil.copytree(source, tmp_path / "torn")
        store.mark()
        store.take_snapshot()
        shutil.copy(source / "snapshot-1.db", before)
        assert session_copies.that_know_more(source) == []
    assert session_copies.that_know_more(before) == ["snapshot-1.db"]


@pytest.mark.parametrize(
    "value", [b"raw", 7, {}, {"revision": "7", "copies": "1"}, {"revision": True, "copies": 1.5}]
)
def test_a_number_that_is_none_is_zero(tmp_path, value):
    with closing(SessionStore.open(tmp_path)) as store:
        store.apply({"session": value})
        assert session_copies.age_of(tmp_path / database.FILE_NAME) == (0, 0)
