"""What may be asked of a torrent while it runs."""

from dataclasses import replace

import pytest

from raincore.base.config import TrackerLimits
from raincore.base.errors import ConfigError
from raincore.policy.file_selection import EVERYTHING, Selection
from raincore.policy.priorities import Priority
from tests.engine.desk import Desk


async def test_wishes_reach_the_machine(autojump_clock):
    desk = Desk(pieces=4)
    async with desk.running():
        torrent, state = desk.torrent, desk.torrent.machine.state
        torrent.set_selection(Selection(indices=(0,)), {0: Priority.HIGH})
        assert state.select == Selection(indices=(0,))
        assert state.priorities == {0: Priority.HIGH}
        torrent.set_order(sequential=True)
        torrent.set_order(edges_first=True)
        assert (state.sequential, state.edges_first) == (True, True)
        stream = torrent.open_stream(0, 10)
        stream.ask()
        assert state.deadlines.order == [0]
        stream.close()
        assert state.deadlines.order == []


async def test_what_cannot_be_is_told_at_once_and_changes_nothing(autojump_clock):
    desk = Desk(pieces=4)
    async with desk.running():
        with pytest.raises(ConfigError, match="no file to select matches 'x'"):
            desk.torrent.set_selection(Selection(("x",)))
        for number in (1, -1):
            with pytest.raises(ConfigError, match=f"no such file to select: {number} of 1"):
                desk.torrent.set_selection(EVERYTHING, {number: Priority.SKIP})
        assert desk.torrent.machine.state.select is EVERYTHING
        assert desk.torrent.machine.state.priorities == {}


async def test_before_the_metadata_is_known_nobody_can_tell(autojump_clock):
    desk = Desk(magnet=True)
    async with desk.running():
        desk.torrent.set_selection(Selection(("x",)))
        assert desk.torrent.machine.state.priorities == {}
        desk.torrent.set_selection(Selection(("x",)), {7: Priority.SKIP})
        assert desk.torrent.machine.state.select == Selection(("x",))


async def test_the_storage_hears_which_files_are_not_wanted(autojump_clock):
    desk = Desk(pieces=4)
    told = []
    desk.storage.choose_files = told.append  # type: ignore[method-assign]
    async with desk.running():
        desk.torrent.set_selection(EVERYTHING, {0: Priority.SKIP})
        desk.offload.finish()
        await desk.settle()
        assert told[-1] == frozenset([0])


async def test_a_torrent_that_runs_goes_by_other_settings(autojump_clock):
    desk = Desk(pieces=4)
    other = replace(desk.torrent.config, trackers=TrackerLimits(stop_timeout_seconds=9.0))
    async with desk.running():
        desk.torrent.reconfigure(other)
        assert desk.torrent.machine.state.config is desk.torrent.config is other
        assert desk.torrent.announcers.stop_seconds == 9
