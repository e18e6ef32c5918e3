"""Each file that cannot be read is named once, and not too many of them."""

from raincore.base.errors import ReadError
from raincore.engine.unread import TOLD_MAX, Unread


def test_a_file_is_named_once_however_many_pieces_it_has():
    unread = Unread()
    for _ in range(3):
        unread.note(ReadError("cannot read: x", "x"))
    unread.note(ReadError("cannot read: y", "y"))
    assert unread.told() == [("unreadable", "cannot read: x"), ("unreadable", "cannot read: y")]


def test_of_many_files_only_some_are_named():
    unread = Unread()
    for number in range(TOLD_MAX + 2):
        unread.note(ReadError(f"cannot read: {number}", str(number)))
    told = unread.told()
    assert len(told) == TOLD_MAX + 1
    assert told[-1] == ("unreadable", "2 more files cannot be read")


def test_when_all_could_be_read_nothing_is_told():
    assert Unread().told() == []
