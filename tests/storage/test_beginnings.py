"""Files of one size told apart by one piece each."""

from raincore.storage.beginnings import MOST_GROUPS, Beginnings, Group
from raincore.storage.size_index import LocalFile

FILES = [LocalFile(f"/{name}", 1, 0, 0, number, 0) for number, name in enumerate("xyxz")]


class Reader:
    """Hashes a file by its path, and counts."""

    def __init__(self) -> None:
        self.read: list[LocalFile] = []

    def __call__(self, local: LocalFile) -> bytes:
        self.read.append(local)
        return local.path.encode()


def test_each_file_is_read_once_however_often_it_is_looked_for() -> None:
    group, reader = Group(FILES), Reader()
    for _ in range(2):
        assert list(group.alike(b"/x", reader)) == [FILES[0], FILES[2]]
        assert list(group.alike(b"/z", reader)) == [FILES[3]]
        assert not list(group.alike(b"/q", reader))
    assert reader.read == FILES


def test_no_more_files_are_read_than_needed() -> None:
    group, reader = Group(FILES), Reader()
    assert next(group.alike(b"/y", reader)) == FILES[1]
    assert reader.read == FILES[:2]


def test_a_file_that_was_asked_for_itself_is_not_given_twice() -> None:
    group, reader = Group(FILES), Reader()
    assert group.digest(FILES[2], reader) == b"/x"
    assert sorted(group.alike(b"/x", reader)) == [FILES[0], FILES[2]]
    assert sorted(reader.read) == sorted(FILES)


def test_a_key_has_one_group_until_many_others_were_used() -> None:
    beginnings = Beginnings()
    group = beginnings.group(("key", 0), FILES)
    assert beginnings.group(("key", 0), ()) is group
    for number in range(1, MOST_GROUPS + 1):
        beginnings.group(("key", number), ())
    assert beginnings.group(("key", 0), ()) is not group
