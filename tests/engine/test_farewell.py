"""Pieces that come to the disk when all is over are remembered too."""

from types import SimpleNamespace

import pytest

from raincore.base.bitfield import Bitfield
from raincore.engine import farewell


class Ending:
    """Stands for a torrent; notes in which order it is asked to wait for what."""

    def __init__(self, have: Bitfield | None) -> None:
        self.done: list[str] = []
        self.saved: list[Bitfield] = []
        self.late: list[int] = []
        self.machine = SimpleNamespace(state=SimpleNamespace(have=have))
        self.announcers = SimpleNamespace(wait_told=self.step("told"))
        self.piece_io = SimpleNamespace(wait_written=self.step("written", late=2))
        self.content = SimpleNamespace(save=self.saved.append, wait_saved=self.step("saved"))
        self.keeping = SimpleNamespace(wait=self.step("kept"))

    def step(self, name: str, late: int | None = None):
        async def wait() -> None:
            self.done.append(name)
            if late is not None:
                self.late.append(late)

        return wait


@pytest.mark.parametrize("have", [None, Bitfield(4, [0])])
async def test_all_is_waited_for_and_what_comes_late_is_saved(have):
    torrent = Ending(have)
    await farewell.say(torrent, torrent.late)
    assert sorted(torrent.done) == ["kept", "saved", "told", "written"]
    assert [list(one) for one in torrent.saved] == ([] if have is None else [[0, 2]])
    assert have is None or list(have) == [0]


async def test_nothing_is_saved_again_without_need():
    torrent = Ending(Bitfield(4, [0]))
    await farewell.say(torrent, [])
    assert torrent.saved == []
