"""Torrents share the files that a process may keep open."""

from raincore.storage.file_allowance import FEWEST, MOST, FileAllowance


class Torrent:
    """Keeps some files open."""

    def __init__(self, files):
        self.files = files

    def close_unused(self):
        closed, self.files = self.files, 0
        return closed


def test_a_torrent_alone_keeps_as_many_as_are_useful():
    allowance = FileAllowance(1000)
    allowance.join(Torrent(0))
    assert allowance.part == MOST


def test_everybody_gets_an_equal_part_and_some_in_any_case():
    allowance = FileAllowance(100)
    torrents = [Torrent(0) for _ in range(10)]
    for torrent in torrents:
        allowance.join(torrent)
    assert allowance.part == 10
    for torrent in torrents[:5] + torrents[:1]:
        allowance.leave(torrent)
    assert allowance.part == 20
    assert FileAllowance(0).part == FEWEST


def test_in_need_all_close_what_they_do_not_use():
    allowance = FileAllowance(100)
    for files in (3, 0, 4):
        allowance.join(Torrent(files))
    assert allowance.close_unused() == 7
    assert allowance.close_unused() == 0
