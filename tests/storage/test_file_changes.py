"""Changes of others are told once; ours are not, whoever reads meanwhile."""

import os

import pytest

from raincore.storage.file_changes import FileChanges, stamp


@pytest.fixture
def descriptor(tmp_path):
    opened = os.open(tmp_path / "a", os.O_RDWR | os.O_CREAT)
    os.write(opened, b"abcd")
    yield opened
    os.close(opened)


def change(descriptor: int) -> None:
    """Write until the system has noted another time: its clock ticks every few ms."""
    before = stamp(os.fstat(descriptor))
    while stamp(os.fstat(descriptor)) == before:
        os.pwrite(descriptor, b"A", 0)


def test_a_file_that_was_never_seen_has_not_changed(descriptor):
    changes = FileChanges(1)
    changes.look(0, descriptor)
    assert not changes.take()


def test_a_change_is_told_once(descriptor):
    changes = FileChanges(2)
    changes.first_seen(1, os.fstat(descriptor))
    change(descriptor)
    changes.first_seen(1, os.fstat(descriptor))
    changes.look(1, descriptor)
    changes.look(1, descriptor)
    assert changes.take() == {1}
    assert not changes.take()


def test_what_happens_while_we_write_is_ours(descriptor):
    changes = FileChanges(1)
    changes.look(0, descriptor)
    with changes.writing(0, descriptor), changes.writing(0, descriptor):
        change(descriptor)
        changes.look(0, descriptor)
        changes.first_seen(0, os.fstat(descriptor))
    changes.look(0, descriptor)
    assert not changes.take()


def test_what_happened_before_we_write_is_not_ours(descriptor):
    changes = FileChanges(1)
    changes.look(0, descriptor)
    change(descriptor)
    with changes.writing(0, descriptor):
        assert changes.take() == {0}


def test_a_write_that_fails_is_over(descriptor):
    changes = FileChanges(1)
    changes.look(0, descriptor)
    with pytest.raises(OSError, match="full"), changes.writing(0, descriptor):
        raise OSError("full")
    change(descriptor)
    changes.look(0, descriptor)
    assert changes.take() == {0}


def test_another_file_of_the_same_size_and_time_is_another(tmp_path):
    statuses = []
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"abcd")
        statuses.append(os.stat(tmp_path / name))
    assert stamp(statuses[0]) != stamp(statuses[1])
    assert stamp(statuses[0]) == stamp(os.stat(tmp_path / "a"))
