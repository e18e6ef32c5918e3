import math

import pytest

from raincore.base.bitfield import Bitfield
from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConfigError, ConnectError, NoSpace, RainError, TimedOut
from raincore.documents import events as records
from raincore.policy.file_selection import Selection
from raincore.swarm import lifecycle, piece_layers
from raincore.swarm.commands import Announce, CheckContent, Dial, Drop, Finish, SaveState, Say, Seal
from raincore.swarm.events import (
    BlocksSent,
    ContentChecked,
    DialFailed,
    PeerKey,
    PeerLeft,
    PeersFound,
    Sealed,
    Started,
    StopRequested,
    StorageFailed,
)
from raincore.swarm.machine import TorrentMachine
from raincore.swarm.state import Goal, Limits, Phase
from raincore.wire import messages as m
from raincore.wire.extension import ExtendedHandshake
from tests.playbook import Playbook
from tests.swarm.swarm_world import (
    PIECE_LENGTH,
    Shell,
    config,
    info_of,
    joined,
    machine_of,
    ready_machine,
)

A = PeerKey(1)
HOME = Endpoint("192.0.2.1", 6881)


def statuses(p: Playbook) -> list[str]:
    return [record.status for record in p.records if isinstance(record, records.Status)]


def error_of(p: Playbook) -> RainError | None:
    """What the Finish says that must be the last command."""
    *_, finish = p.skip()
    assert isinstance(finish, Finish)
    return finish.error


def seeding(limits: Limits, *, now: float = 1000.0) -> TorrentMachine:
    machine = ready_machine(have=range(4), goal=Goal.SEED, limits=limits, now=now)
    machine.handle(Sealed(), now)
    machine.handle_timer(now)
    return machine


# --- phases --------------------------------------------------------------------------------


def test_a_torrent_that_is_complete_already_is_sealed_and_finished() -> None:
    info = info_of()
    with Playbook(machine_of(info, settings=config(save_interval=5))) as p:
        p >> Started() << CheckContent(info)
        p >> ContentChecked(Bitfield.full(4)) << Seal()
        p >> Sealed() << SaveState() << Finish(None)
        assert statuses(p) == ["checking", "complete", "stopped"]
        assert p.machine.state.reached_goal


def test_a_seed_goes_on_after_it_is_sealed() -> None:
    with Playbook(machine_of(goal=Goal.SEED)) as p:
        p >> Started()
        p.skip()
        p >> ContentChecked(Bitfield.full(4)) << Seal()
        p >> Sealed() << SaveState()
        assert statuses(p)[-1] == "seeding"
        assert p.machine.state.reached_goal


def test_what_is_good_of_content_that_may_not_be_fetched_is_served_and_the_rest_stays_away() -> (
    None
):
    info = info_of()
    machine = machine_of(info, goal=Goal.SEED, trackers=[["http://t.example/announce"]])
    with Playbook(machine) as p:
        p >> Started() << CheckContent(info)
        p >> ContentChecked(Bitfield(4, [0, 2]), may_fetch=False) << Seal()
        p >> Sealed() << SaveState()
        [announce] = p.wait(0.0).skip()
        assert isinstance(announce, Announce)
        assert announce.request.left == info.geometry.total_length - 2 * PIECE_LENGTH
        assert statuses(p) == ["checking", "seeding"]  # never "complete", which it is not
        assert p.machine.state.finished
        assert not p.machine.state.complete


def test_content_that_may_not_be_fetched_and_is_complete_is_a_seed_like_others() -> None:
    info = info_of()
    with Playbook(machine_of(info, goal=Goal.SEED)) as p:
        p >> Started() << CheckContent(info)
        p >> ContentChecked(Bitfield.full(4), may_fetch=False) << Seal()
        p >> Sealed() << SaveState()
        assert statuses(p) == ["checking", "complete", "seeding"]


def test_a_seed_of_a_part_shows_it_and_asks_nobody_for_the_rest() -> None:
    info = info_of()
    machine = machine_of(info, goal=Goal.SEED)
    shell = Shell(machine, info)
    shell.feed(Started())
    shell.join(joined(1, extended=True))  # while it is being checked
    shell.feed(ContentChecked(Bitfield(4, [0, 2]), may_fetch=False))
    shell.feed(Sealed())
    shell.join(joined(2, extended=True))
    shell.hear(A, m.PieceBitfield(Bitfield(4, [0, 1]).to_bytes()))
    shell.hear(PeerKey(2), m.HaveNone())
    for key, hello in (
        (A, m.Have(0)),
        (PeerKey(2), m.PieceBitfield(Bitfield(4, [0, 2]).to_bytes())),
    ):
        said = shell.said(key)
        assert hello in said
        shown = [one.upload_only for one in said if isinstance(one, ExtendedHandshake)]
        assert shown[-1] is True
        assert m.Interested() not in said
        assert not any(isinstance(one, m.Request) for one in said)


def test_a_magnet_looks_for_metadata_first() -> None:
    with Playbook(machine_of(magnet=info_of())) as p:
        p >> Started()
        p.wait(0)
        assert statuses(p) == ["metadata"]


def test_who_wants_only_metadata_and_has_it_is_done_at_once() -> None:
    with Playbook(machine_of(info_of(), goal=Goal.METADATA)) as p:
        p >> Started() << Finish(None)


def test_stop_saves_what_is_not_saved_and_drops_everybody() -> None:
    with Playbook(ready_machine(settings=config(save_interval=5))) as p:
        p >> joined(1, fast=False)
        p >> StopRequested() << SaveState() << Drop(A, "stopping") << Finish(None)
        assert statuses(p) == ["stopped"]
        assert p.machine.state.phase is Phase.STOPPED


def test_stop_saves_nothing_when_nothing_is_new() -> None:
    with Playbook(ready_machine(settings=config(save_interval=5))) as p:
        p.wait(6)
        p << SaveState()
        p >> StopRequested() << Finish(None)


def test_a_disk_that_refuses_ends_the_torrent() -> None:
    error = NoSpace("disk full", path="/x")
    with Playbook(ready_machine(limits=Limits(disk_seconds=0))) as p:
        p >> StorageFailed(error, 0)
        p.wait(0)
        saved, finish = p.skip()
        assert saved == SaveState()
        assert finish == Finish(error)
        assert statuses(p) == ["error"]


# --- saving and reporting ------------------------------------------------------------------


def test_what_is_stored_is_saved_within_the_interval_and_once() -> None:
    info = info_of(3)
    shell = Shell(ready_machine(info, settings=config(save_interval=5)), info)
    state = shell.machine.state
    shell.wait(6)
    assert not state.unsaved
    assert state.timers.save == math.inf
    shell.seed(1)
    shell.deliver(A, 4)
    shell.finish_checks()
    assert state.timers.save == shell.now + 5
    shell.wait(4.9)
    assert state.unsaved
    shell.wait(0.2)
    assert not state.unsaved


def test_progress_is_reported_each_second_of_a_download() -> None:
    with Playbook(ready_machine()) as p:
        p.wait(5)
        reports = [record for record in p.records if isinstance(record, records.Progress)]
        assert len(reports) in (5, 6)


def test_an_idle_seed_reports_nothing_and_needs_no_timer() -> None:
    with Playbook(seeding(Limits())) as p:
        p.wait(10)
        p.records.clear()
        p.wait(3600)
        assert p.records == []
        assert p.machine.next_timer() == math.inf


def quiet_magnet() -> TorrentMachine:
    machine = machine_of(magnet=info_of(), reports_progress=False)
    machine.handle(Started(), 1000.0)
    return machine


@pytest.mark.parametrize(
    "begin", [lambda: ready_machine(reports_progress=False), quiet_magnet], ids=["content", "link"]
)
def test_an_idle_download_whose_progress_nobody_reads_needs_no_timer(begin) -> None:
    with Playbook(begin()) as p:
        p.wait(10)
        p.skip()
        p.wait(3600)
        periodic = (records.Progress, records.MetadataProgress)
        assert not [one for one in p.records if isinstance(one, periodic)]
        assert p.machine.next_timer() == math.inf


def test_what_is_lost_and_fetched_again_is_not_reported_to_nobody_either() -> None:
    machine = ready_machine(have=range(4), goal=Goal.SEED, reports_progress=False)
    machine.handle(Sealed(), 1000.0)
    lifecycle.want_again(machine.state, 1001.0)
    assert machine.state.timers.progress == math.inf
    assert machine.state.phase is Phase.DOWNLOADING


def test_a_ratio_is_noticed_by_who_reports_no_progress() -> None:
    """By the rounds that there are while there are peers: without, nothing is given."""
    limits = Limits(seed_ratio=1.0)
    machine = ready_machine(
        have=range(4), goal=Goal.SEED, limits=limits, now=1000.0, reports_progress=False
    )
    with Playbook(machine) as p:
        p.skip()
        p >> Sealed()
        p.skip()
        p >> joined(1)
        p.skip()
        p >> BlocksSent(A, 1, 4 * PIECE_LENGTH)
        p.skip()
        assert p.machine.state.timers.progress == math.inf
        p.wait(config().uploads.choke_interval_seconds)
        assert Finish(None) in p.skip()


# --- giving up -----------------------------------------------------------------------------


def test_nobody_to_dial_ends_a_download_at_once() -> None:
    with Playbook(ready_machine(limits=Limits())) as p:
        p.wait(0)
        error = error_of(p)
        assert isinstance(error, ConnectError)
        assert str(error) == "no peer is known"


def test_a_download_that_is_known_to_others_waits_for_them() -> None:
    with Playbook(ready_machine(limits=Limits(waits_for_peers=True))) as p:
        p.wait(3600)


def test_a_peer_that_never_answers_is_tried_five_times() -> None:
    with Playbook(machine_of(magnet=info_of(), limits=Limits())) as p:
        p >> PeersFound("manual", (HOME,)) >> Started()
        for seconds in (0, 1, 2, 4, 8):
            p.wait(seconds)
            p << Dial(HOME)
            p >> DialFailed(HOME, "connect_failed", "connection refused: 192.0.2.1:6881")
        error = error_of(p)
        assert str(error) == "no peer could be reached: connection refused: 192.0.2.1:6881"


def test_the_only_peer_being_banned_ends_a_download() -> None:
    info = info_of(1)
    machine = ready_machine(info, limits=Limits(waits_for_peers=True))
    shell = Shell(machine, info)
    shell.feed(PeersFound("manual", (joined(1).endpoint,)))
    shell.join(joined(1, incoming=False), liar=True)
    machine.state.limits = Limits()
    shell.hear(A, m.HaveAll(), m.Unchoke())
    shell.deliver(A, 2)
    shell.finish_check()
    assert shell.finish is not None
    assert "sent_bad_block" in str(shell.finish.error)


def test_no_progress_for_too_long_ends_a_download_and_says_why() -> None:
    limits = Limits(stall_seconds=90, waits_for_peers=True)
    with Playbook(ready_machine(limits=limits)) as p:
        p >> joined(1, fast=False)
        p.wait(89)
        p.wait(2)
        *_, drop, finish = p.skip()
        assert drop == Drop(A, "stopping")
        assert isinstance(finish, Finish)
        assert isinstance(finish.error, TimedOut)
        assert "no progress for" in str(finish.error)
        assert "the only peer has no piece" in str(finish.error)


def test_checking_content_is_not_standing_still() -> None:
    limits = Limits(stall_seconds=90, waits_for_peers=True)
    with Playbook(machine_of(limits=limits)) as p:
        p >> Started()
        p.skip()
        p.wait(1000)


# --- seeding limits ------------------------------------------------------------------------


def test_a_seed_ends_when_its_time_is_up() -> None:
    with Playbook(seeding(Limits(seed_seconds=60))) as p:
        p.wait(59)
        p.wait(2)
        p << Finish(None)


def test_a_seed_ends_when_it_has_given_enough() -> None:
    total = info_of().geometry.total_length
    with Playbook(seeding(Limits(seed_ratio=2.0))) as p:
        p >> joined(1, fast=False) << Say(A, (m.PieceBitfield(b"\xf0"),))
        p >> BlocksSent(A, 1, 2 * total - 1)
        p.wait(5)
        p >> BlocksSent(A, 1, 1)
        p.wait(1)
        p << Drop(A, "stopping") << Finish(None)


def test_limits_of_seeding_do_not_end_a_download() -> None:
    limits = Limits(seed_ratio=0.0, seed_seconds=0.0, waits_for_peers=True)
    with Playbook(ready_machine(limits=limits)) as p:
        p.wait(100)


@pytest.mark.parametrize("phase", ["downloading", "seeding"])
def test_being_alone_does_not_end_a_seed(phase: str) -> None:
    machine = seeding(Limits()) if phase == "seeding" else ready_machine(info_of(1))
    with Playbook(machine) as p:
        p >> joined(1)
        p.skip()
        p >> PeerLeft(A, "closed_by_peer")
        p.wait(500)


def test_a_last_piece_that_convicts_somebody_still_ends_well() -> None:
    info = info_of(1)
    shell = Shell(ready_machine(info, limits=Limits(waits_for_peers=True)), info)
    shell.seed(1)
    shell.seed(2, liar=True)
    shell.machine.state.limits = Limits()
    shell.deliver(A, 1)
    shell.deliver(PeerKey(2), 1)
    assert not shell.finish_check()
    shell.wait(1)
    while not shell.checks:
        shell.deliver(A if shell.remotes[A].owed else PeerKey(2), 1)
    shell.finish_checks()
    for _ in range(20):
        if shell.seals:
            break
        for key in list(shell.remotes):
            shell.deliver(key, 2)
        shell.finish_checks()
        shell.wait(1)
    shell.seal()
    assert shell.finish == Finish(None)


def test_the_search_for_metadata_has_a_deadline_of_its_own() -> None:
    limits = Limits(waits_for_peers=True, metadata_seconds=60)
    with Playbook(machine_of(magnet=info_of(), limits=limits)) as p:
        p >> Started()
        p.wait(61)
        error = error_of(p)
        assert isinstance(error, TimedOut)
        assert str(error) == "no metadata within 1m: no peer is known"


def test_the_deadline_of_metadata_does_not_matter_once_it_is_there() -> None:
    limits = Limits(waits_for_peers=True, metadata_seconds=60)
    machine = machine_of(magnet=info_of(), limits=limits)
    machine.handle(Started(), 0.0)
    piece_layers.on_info(machine.state, info_of(), 1.0)
    assert machine.state.timers.metadata_over == math.inf


# --- a selection ---------------------------------------------------------------------------

FILES = [("a", 2 * 32768), ("b", 32768), ("empty", 0), ("c", 32768)]
"""Pieces 0 and 1 are a, 2 is b, 3 is c."""


def test_a_selection_is_complete_with_its_own_pieces() -> None:
    info = info_of(files=FILES)
    with Playbook(machine_of(info, select=Selection(("b",)))) as p:
        p >> Started() << CheckContent(info)
        p >> ContentChecked(Bitfield(4, [2])) << Seal()
        p >> Sealed() << SaveState() << Finish(None)
        assert statuses(p) == ["checking", "complete", "stopped"]
        assert p.machine.state.finished
        assert not p.machine.state.complete


def test_pieces_that_nobody_wants_do_not_complete_a_selection() -> None:
    info = info_of(files=FILES)
    with Playbook(machine_of(info, select=Selection(("b",)))) as p:
        p >> Started() << CheckContent(info)
        p >> ContentChecked(Bitfield(4, [0, 1, 3]))
        assert statuses(p) == ["checking", "downloading"]


def test_a_selection_of_empty_files_is_complete_at_once() -> None:
    info = info_of(files=FILES)
    with Playbook(machine_of(info, select=Selection(indices=(2,)))) as p:
        p >> Started() << CheckContent(info)
        p >> ContentChecked(Bitfield(4)) << Seal()
        p >> Sealed() << SaveState() << Finish(None)


def test_a_selection_that_matches_nothing_ends_before_anything_is_checked() -> None:
    with Playbook(machine_of(info_of(files=FILES), select=Selection(("x",)))) as p:
        p >> Started()
        error = error_of(p)
        assert isinstance(error, ConfigError)
        assert str(error) == "no file to select matches 'x'"
        assert statuses(p) == ["error"]


def test_what_a_link_selects_in_vain_is_told() -> None:
    info = info_of(files=FILES)
    with Playbook(machine_of(info, select=Selection(linked=(1, 9)))) as p:
        p >> Started() << CheckContent(info)
        warnings = [record.message for record in p.records if isinstance(record, records.Warning)]
        assert warnings == ["selects files that it does not have: 9"]


def test_only_wanted_pieces_are_asked_for() -> None:
    info = info_of(files=FILES)
    shell = Shell(ready_machine(info, select=Selection(("b", "c"))), info)
    shell.seed(1)
    assert {asked.piece for asked in shell.remotes[A].owed} == {2, 3}


def test_pieces_are_asked_for_in_order_if_that_is_wished() -> None:
    info = info_of(8)
    shell = Shell(ready_machine(info, sequential=True), info)
    shell.seed(1)
    asked = [request.piece for request in shell.remotes[A].owed]
    assert asked == sorted(asked)
    assert asked[0] == 0


def test_wishes_reach_the_picker() -> None:
    info = info_of(files=[("a", PIECE_LENGTH), ("b", 2 * PIECE_LENGTH)])
    machine = ready_machine(info, select=Selection(("b",)), sequential=True)
    state = machine.state
    state.edges_first = True
    lifecycle.apply_wishes(state)
    assert state.picker is not None
    assert list(state.picker.open_pieces) == [1, 2]
    assert [list(rank) for rank in state.picker.ranks] == [[1, 2]]
    assert state.picker.sequential
