"""A disk that refuses makes a torrent wait: nothing is lost, nothing asked, and it goes on."""

import math

import pytest

from raincore.base.bitfield import Bitfield
from raincore.base.errors import ContentMismatch, DeviceError, NoSpace, ReadError, WriteError
from raincore.documents import events as records
from raincore.policy.file_selection import EVERYTHING, Selection
from raincore.swarm import commands as c
from raincore.swarm.events import (
    ContentChecked,
    PeerKey,
    Sealed,
    Started,
    StorageFailed,
)
from raincore.swarm.state import Goal, Limits, Phase
from raincore.swarm.wish_events import FilesChosen, WishesChanged
from raincore.wire import messages as m
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
from tests.swarm.web_world import W1, web_shell

FULL = NoSpace("cannot write: no space left on device: /x", path="/x")
BROKEN = DeviceError("cannot write: input/output error: /x", path="/x")
DENIED = WriteError("cannot write: permission denied: /x", path="/x")
A, B = PeerKey(1), PeerKey(2)
PATIENT = Limits(waits_for_peers=True)
ONE_SHOT = Limits(waits_for_peers=True, stall_seconds=40, disk_seconds=60)


def shell_of(pieces: int = 6, limits: Limits = PATIENT) -> Shell:
    """A torrent whose only seed has sent the first two pieces it was asked for."""
    info = info_of(pieces)
    shell = Shell(ready_machine(info, limits=limits, settings=config(budget_pieces=3)), info)
    shell.seed(1)
    shell.deliver(A, 4)
    assert len(shell.checks) == 2
    return shell


def texts(shell: Shell) -> list[str]:
    return [warning.message for warning in shell.warnings if warning.code == "disk"]


# --- waiting ------------------------------------------------------------------------------


def test_a_full_disk_is_waited_for_and_the_reason_is_told_once() -> None:
    shell = shell_of()
    shell.refuse(FULL)
    shell.refuse(FULL)
    state = shell.machine.state
    assert state.phase is Phase.DOWNLOADING
    assert state.disk.error is FULL
    assert state.disk.since == shell.now
    assert texts(shell) == [f"{FULL}; waiting until that has changed"]
    shell.audit()


def test_another_reason_is_told_as_well() -> None:
    shell = shell_of()
    shell.refuse(FULL)
    shell.refuse(BROKEN)
    assert len(texts(shell)) == 2
    assert shell.machine.state.disk.error is BROKEN


def test_a_full_disk_is_told_once_however_many_files_it_refuses() -> None:
    shell = shell_of()
    other = NoSpace("cannot write: no space left on device: /y", path="/y")
    for error in (FULL, other):
        shell.refuse(error)
    assert len(texts(shell)) == 1
    assert shell.machine.state.disk.error is other


def test_of_missing_permissions_each_file_is_told() -> None:
    shell = shell_of()
    shell.refuse(DENIED)
    shell.refuse(WriteError("cannot write: permission denied: /y", path="/y"))
    assert len(texts(shell)) == 2


def test_nothing_is_asked_for_while_the_disk_refuses() -> None:
    shell = shell_of()
    shell.refuse(FULL)
    shell.said(A)
    shell.deliver(A, 10)  # what was under way is taken
    shell.seed(2)
    shell.wait(100)
    said = [*shell.said(A), *shell.said(B)]
    assert not [one for one in said if isinstance(one, m.Request)]
    assert m.Interested() in said
    shell.audit()


def test_the_piece_is_tried_again_less_and_less_often() -> None:
    shell = shell_of()
    shell.checks.pop()  # the other one hangs
    shell.machine.state.timers.choke = math.inf
    tries = []
    shell.refuse(FULL)
    for _ in range(8):
        before = shell.now
        while not shell.checks:
            shell.wait(0.5)
        tries.append(shell.now - before)
        shell.refuse(FULL)
    assert tries == [1, 2, 4, 8, 16, 30, 30, 30]
    assert len(texts(shell)) == 1


def test_peers_stay_and_are_served_meanwhile() -> None:
    shell = shell_of()
    shell.finish_check()
    shell.refuse(FULL)
    shell.join(joined(2))
    shell.hear(B, m.Interested())
    for _ in range(6):
        shell.wait(100)
        shell.hear(A, m.KeepAlive())
        shell.hear(B, m.KeepAlive())
    assert shell.gone == []
    assert m.Unchoke() in shell.said(B)


# --- going on -----------------------------------------------------------------------------


def test_when_the_disk_works_again_all_is_written_and_asked_for() -> None:
    shell = shell_of()
    shell.refuse(FULL)
    shell.refuse(FULL)
    shell.said(A)
    shell.deliver(A, 10)
    shell.wait(1)
    shell.finish_checks()
    state = shell.machine.state
    assert state.disk.error is None
    assert state.timers.disk == math.inf
    shell.audit()
    while not state.finished:
        shell.deliver(A, 10)
        shell.finish_checks()
    shell.seal()
    assert shell.finish == c.Finish(None)


def test_going_on_is_told_by_the_status() -> None:
    shell = shell_of()
    shell.refuse(FULL)
    told: list[records.Event] = []
    real = shell._execute

    def execute(commands: list[c.Command]) -> None:
        told.extend(one.record for one in commands if isinstance(one, c.Publish))
        real(commands)

    shell._execute = execute  # type: ignore[method-assign]
    shell.finish_check()
    assert not [one for one in told if isinstance(one, records.Status)]
    shell.wait(1)
    shell.finish_check()
    assert [one.status for one in told if isinstance(one, records.Status)] == ["downloading"]


def test_a_piece_that_finds_room_does_not_end_the_wait_of_another() -> None:
    shell = shell_of()
    shell.refuse(FULL)
    shell.finish_check()
    assert shell.machine.state.disk.error is FULL
    shell.audit()


def test_each_refused_piece_is_written_and_only_then_more_is_asked() -> None:
    shell = shell_of()
    shell.refuse(FULL)
    shell.refuse(FULL)
    shell.wait(1)
    assert len(shell.checks) == 1  # one is enough to find out
    shell.finish_check()
    assert shell.machine.state.disk.error is FULL
    assert len(shell.checks) == 1
    shell.finish_check()
    assert shell.machine.state.disk.error is None


def test_room_for_a_single_piece_does_not_make_it_hurry() -> None:
    shell = shell_of(pieces=20)
    shell.refuse(FULL)
    shell.wait(1)
    shell.finish_checks()
    shell.deliver(A, 4)
    shell.refuse(FULL)
    assert shell.machine.state.disk.next_try == shell.now + 2
    shell.finish_checks()
    shell.wait(2)
    shell.finish_checks()
    shell.wait(1000)
    shell.seed(2)
    shell.deliver(B, 4)
    shell.refuse(FULL)
    assert shell.machine.state.disk.next_try == shell.now + 1


def test_a_piece_that_has_gone_bad_in_memory_is_fetched_again() -> None:
    shell = shell_of()
    shell.refuse(FULL)
    shell.finish_checks()
    shell.wait(1)
    shell.blocks[shell.checks[0].piece][0] = 7
    assert not shell.finish_check()
    assert shell.machine.state.disk.error is None
    shell.audit()


# --- giving up ----------------------------------------------------------------------------


def test_whoever_waits_for_us_is_told_how_long_it_can_take_and_then_why_not() -> None:
    shell = shell_of(limits=ONE_SHOT)
    shell.refuse(FULL)
    assert texts(shell) == [f"{FULL}; waiting for at most 1m until that has changed"]
    for _ in range(59):  # the stall clock stands still
        shell.wait(1)
        while shell.checks:
            shell.refuse(FULL)
        assert shell.finish is None
    shell.wait(1)
    assert shell.finish == c.Finish(FULL)


def test_the_stall_clock_starts_anew_when_the_disk_works() -> None:
    shell = shell_of(limits=ONE_SHOT)
    shell.refuse(FULL)
    shell.wait(1)
    shell.finish_checks()
    assert shell.machine.state.timers.stall == shell.now + 40


@pytest.mark.parametrize("error", [FULL, BROKEN])
def test_what_may_pass_is_waited_for_even_if_somebody_waits_for_us(error: WriteError) -> None:
    shell = shell_of(limits=ONE_SHOT)
    shell.refuse(error)
    assert shell.finish is None


def test_what_must_be_changed_by_hand_is_not_waited_for_then() -> None:
    shell = shell_of(limits=ONE_SHOT)
    shell.refuse(DENIED)
    assert shell.finish == c.Finish(DENIED)


def test_without_a_limit_even_that_is_waited_for() -> None:
    shell = shell_of()
    shell.refuse(DENIED)
    shell.wait(10_000)
    assert shell.finish is None


def test_a_bug_or_a_mismatch_is_never_waited_for() -> None:
    error = ContentMismatch("1 of 4 pieces are missing", [1])
    with Playbook(machine_of(info := info_of())) as p:
        p >> Started() << c.CheckContent(info)
        p >> StorageFailed(error) << c.Finish(error)


def test_a_torrent_that_is_alone_gives_up_only_when_the_disk_works() -> None:
    limits = Limits(disk_seconds=1000)
    shell = shell_of(limits=limits)
    shell.refuse(FULL)
    shell.leave(A)
    shell.wait(30)
    assert shell.finish is None
    while shell.finish is None:
        shell.wait(30)
        shell.finish_checks()
    assert shell.finish.error is not None
    assert shell.finish.error.code == "connect"


# --- checks and seals ---------------------------------------------------------------------


def test_a_check_that_failed_is_done_again() -> None:
    error = ReadError("cannot read: input/output error: /x", path="/x")
    info = info_of()
    with Playbook(machine_of(info)) as p:
        p >> Started() << c.CheckContent(info)
        p >> StorageFailed(error)
        p.wait(1) << c.CheckContent(info)
        p >> ContentChecked(Bitfield(4))
        p.skip()
        assert p.machine.state.disk.error is None
        assert p.machine.state.phase is Phase.DOWNLOADING


def test_a_check_that_failed_ends_whoever_is_waited_for() -> None:
    error = ReadError("cannot read: input/output error: /x", path="/x")
    with Playbook(machine_of(info := info_of(), limits=ONE_SHOT)) as p:
        p >> Started() << c.CheckContent(info)
        p >> StorageFailed(error) << c.Finish(error)


def test_a_seal_that_failed_is_done_again() -> None:
    shell = shell_of(pieces=2)
    shell.finish_checks()
    assert shell.seals == 1
    shell.seals = 0
    shell.feed(StorageFailed(BROKEN))
    shell.wait(1)
    assert shell.seals == 1
    shell.seal()
    assert shell.finish == c.Finish(None)


# --- web seeds ----------------------------------------------------------------------------


def test_web_seeds_stop_and_begin_again() -> None:
    shell = web_shell(W1, pieces=6, settings=config(budget_pieces=3))
    fetch = shell.fetch()
    shell.bring(fetch, shell.info.piece_length)
    shell.refuse(FULL)
    assert fetch in shell.stopped
    shell.end(fetch)
    shell.wait(1)
    assert not shell.fetches
    shell.finish_checks()
    shell.wait(1)
    assert shell.fetches


def test_a_peer_that_comes_meanwhile_is_asked_afterwards() -> None:
    shell = shell_of()
    shell.refuse(FULL)
    shell.join(joined(2))
    shell.hear(B, m.HaveAll(), m.Unchoke())
    shell.finish_checks()
    shell.wait(1)
    shell.finish_checks()
    assert shell.remotes[A].owed or shell.remotes[B].owed
    shell.audit()


# --- files that come to be wanted ----------------------------------------------------------


def test_what_cannot_be_moved_into_a_file_is_tried_again() -> None:
    files = [("a", 40_000), ("b", 200_000)]
    info = info_of(files=files)
    with Playbook(ready_machine(info, limits=PATIENT, select=Selection(("a",)))) as p:
        everything = c.ChooseFiles(frozenset())
        p >> WishesChanged(select=EVERYTHING) << everything
        p >> StorageFailed(FULL)
        p.skip()
        assert p.machine.state.disk.error is FULL
        p.wait(1) << everything
        p >> FilesChosen()
        assert p.machine.state.disk.error is None
        p.skip()


def test_a_seed_that_goes_on_says_so() -> None:
    """Else nobody who follows it would hear that nothing is wrong any more."""
    info = info_of(files=[("a", 40_000), ("b", 10)])
    machine = ready_machine(info, [0, 1], limits=PATIENT, select=Selection(("a",)), goal=Goal.SEED)
    with Playbook(machine) as p:
        for event in (Sealed(), WishesChanged(select=EVERYTHING), Sealed()):
            p >> event
            p.skip()
        assert machine.state.phase is Phase.SEEDING
        p >> StorageFailed(FULL)
        p.skip()
        assert machine.state.disk.error is FULL
        del p.records[:]
        p.wait(1) << c.ChooseFiles(frozenset())
        p >> FilesChosen()
        assert machine.state.disk.error is None
        assert [one.status for one in p.records if isinstance(one, records.Status)] == ["seeding"]


def test_files_that_were_chosen_do_not_end_another_trouble() -> None:
    shell = shell_of()
    shell.refuse(FULL)
    shell.feed(FilesChosen())
    assert shell.machine.state.disk.error is FULL


def test_a_seal_that_fails_is_no_reason_to_stop_when_more_is_wanted_then() -> None:
    info = info_of(files=[("a", 40_000), ("b", 200_000)])
    machine = ready_machine(info, [0, 1], limits=PATIENT, select=Selection(("a",)), goal=Goal.SEED)
    with Playbook(machine) as p:
        p >> StorageFailed(FULL)
        assert machine.state.phase is Phase.SEALING
        p >> WishesChanged(select=EVERYTHING)
        p.skip()
        assert machine.state.phase is Phase.DOWNLOADING
        p.wait(1) << c.ChooseFiles(frozenset())
        p >> FilesChosen()
        p.skip()
        assert machine.state.disk.error is None


def test_a_file_that_cannot_be_written_costs_that_file_alone() -> None:
    info = info_of(4, files=[("a", 2 * PIECE_LENGTH), ("b", 2 * PIECE_LENGTH)])
    shell = Shell(ready_machine(info, limits=ONE_SHOT), info)
    shell.seed(1)
    shell.deliver(A, 100)
    while shell.checks:
        check = shell.checks[0]
        if check.piece < 2:
            error = WriteError("cannot write: permission denied: /a", path="/a")
            error.file = 0
            shell.refuse(error)
            shell.refused.pop(check.piece)
        else:
            shell.finish_check()
    assert shell.machine.state.disk.error is None
    assert shell.finish is not None
    assert str(shell.finish.error) == "cannot write: permission denied: /a"
