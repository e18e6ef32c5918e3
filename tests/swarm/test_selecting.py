import pytest

from raincore.documents import events as records
from raincore.policy.file_selection import EVERYTHING, Selection
from raincore.policy.priorities import Priority
from raincore.swarm.events import PeerKey, Started
from raincore.swarm.state import Goal, Phase
from raincore.swarm.wish_events import WishesChanged
from raincore.wire import messages as m
from raincore.wire.extension import ExtendedHandshake
from tests.swarm.swarm_world import PIECE_LENGTH, Shell, info_of, joined, machine_of, ready_machine
from tests.swarm.web_world import W1, WebShell, web_shell

A = PeerKey(1)
INFO = info_of(files=[("a", 2 * PIECE_LENGTH), ("b", 3 * PIECE_LENGTH), ("c", 0)])
"""a: pieces 0 and 1; b: 2 to 4."""
ONLY_A, ONLY_B = Selection(("a",)), Selection(("b",))


def shell_of(select: Selection = EVERYTHING, goal: Goal = Goal.SEED) -> WebShell:
    return WebShell(ready_machine(INFO, select=select, goal=goal), INFO)


def have(shell: Shell) -> list[int]:
    return list(shell.machine.state.have or ())


def owed(shell: Shell) -> set[int]:
    return {asked.piece for asked in shell.remotes[A].owed}


def test_what_comes_to_be_wanted_is_fetched_at_once() -> None:
    shell = shell_of(ONLY_A)
    shell.seed(1)
    assert owed(shell) == {0, 1}
    shell.feed(WishesChanged(select=EVERYTHING))
    assert owed(shell) == {0, 1, 2, 3, 4}
    assert shell.unwanted == [frozenset()]
    shell.audit()


def test_what_is_not_wanted_any_more_is_called_off() -> None:
    shell = shell_of()
    shell.seed(1)
    shell.deliver(A, 3)
    shell.feed(WishesChanged(select=ONLY_A))
    assert owed(shell) <= {0, 1}
    assert shell.unwanted == [frozenset([1, 2])]
    shell.audit()
    shell.feed(WishesChanged(select=ONLY_B))
    assert owed(shell) == {2, 3, 4} - set(have(shell))
    shell.audit()


def test_a_peer_of_which_nothing_is_wanted_stands_idle() -> None:
    shell = shell_of()
    shell.leecher(1, [3])
    assert owed(shell) == {3}
    shell.feed(WishesChanged(select=ONLY_A))
    assert shell.remotes[A].owed == []
    assert not shell.machine.state.peers[A].we_interested
    assert shell.machine.state.peers[A].pipeline.silent_seconds(shell.now + 1000) == 0
    shell.audit()


def test_a_seed_goes_back_to_fetching_and_says_so() -> None:
    shell = shell_of(ONLY_A)
    shell.seed(1)
    shell.deliver(A, 4)
    shell.finish_checks()
    shell.seal()
    assert shell.machine.state.phase is Phase.SEEDING
    leecher = joined(2, extended=True)
    shell.join(leecher)
    shell.hear(PeerKey(2), m.PieceBitfield(b"\0"), m.Extended(0, ExtendedHandshake({}).encode()))
    shell.said(PeerKey(2))
    shell.feed(WishesChanged(select=EVERYTHING))
    assert shell.machine.state.phase is Phase.DOWNLOADING
    told = [said for said in shell.said(PeerKey(2)) if isinstance(said, ExtendedHandshake)]
    assert [said.upload_only for said in told] == [False]
    shell.audit()
    shell.seed(3)
    shell.deliver(PeerKey(3), 6)
    shell.finish_checks()
    assert shell.machine.state.phase is Phase.SEALING
    shell.seal()
    assert shell.machine.state.phase is Phase.SEEDING
    assert have(shell) == [0, 1, 2, 3, 4]


def test_more_that_is_wanted_while_all_is_synced_is_waited_for() -> None:
    shell = shell_of(ONLY_A, Goal.COMPLETE)
    shell.seed(1)
    shell.deliver(A, 4)
    shell.finish_checks()
    assert (shell.seals, shell.machine.state.phase) == (1, Phase.SEALING)
    shell.feed(WishesChanged(select=EVERYTHING))
    shell.seal()
    assert shell.finish is None
    assert shell.machine.state.phase is Phase.DOWNLOADING
    shell.seed(2)
    shell.deliver(PeerKey(2), 6)
    shell.finish_checks()
    shell.seal()
    assert shell.finish is not None
    assert shell.finish.error is None


def test_an_earlier_sync_does_not_stand_for_a_later_one() -> None:
    shell = shell_of(ONLY_A)
    shell.seed(1)
    shell.deliver(A, 4)
    shell.finish_checks()
    shell.feed(WishesChanged(select=EVERYTHING))
    shell.feed(WishesChanged(select=ONLY_A))
    assert (shell.seals, shell.machine.state.phase) == (2, Phase.SEALING)
    shell.seal()
    assert shell.machine.state.phase is Phase.SEALING
    shell.seal()
    assert shell.machine.state.phase is Phase.SEEDING


def test_an_empty_file_that_comes_to_be_wanted_is_created() -> None:
    shell = shell_of(ONLY_A)
    shell.seed(1)
    shell.deliver(A, 4)
    shell.finish_checks()
    shell.seal()
    shell.feed(WishesChanged(priorities={2: Priority.NORMAL}))
    assert (shell.seals, shell.machine.state.phase) == (1, Phase.SEALING)
    shell.seal()
    assert shell.machine.state.phase is Phase.SEEDING


def test_when_nothing_is_wanted_there_is_nothing_to_fetch() -> None:
    shell = shell_of()
    shell.seed(1)
    shell.feed(WishesChanged(priorities=dict.fromkeys(range(3), Priority.SKIP)))
    assert shell.machine.state.phase is Phase.SEALING
    shell.seal()
    shell.audit()
    shell.feed(WishesChanged(priorities={0: Priority.LOW}))
    assert shell.machine.state.phase is Phase.DOWNLOADING
    assert list(shell.machine.state.wanted.pieces) == [0, 1]  # type: ignore[union-attr]


def test_priorities_change_the_order_and_are_kept() -> None:
    shell = shell_of()
    shell.feed(WishesChanged(priorities={1: Priority.HIGH}))
    shell.feed(WishesChanged(priorities={0: Priority.LOW}))
    assert shell.machine.state.priorities == {0: Priority.LOW, 1: Priority.HIGH}
    assert shell.unwanted == []
    shell.seed(1)
    assert [asked.piece >= 2 for asked in shell.remotes[A].owed] == [True] * 6 + [False] * 4
    shell.feed(WishesChanged(select=EVERYTHING))
    assert shell.machine.state.priorities == {}


def test_order_can_change_at_any_time() -> None:
    shell = shell_of()
    shell.feed(WishesChanged(sequential=True, edges_first=True))
    shell.seed(1)
    pieces = list(dict.fromkeys(asked.piece for asked in shell.remotes[A].owed))
    assert pieces == [0, 1, 2, 4, 3]
    shell.feed(WishesChanged(sequential=False, edges_first=False))
    assert shell.machine.state.picker is not None
    assert not shell.machine.state.picker.sequential


@pytest.mark.parametrize(
    "wish",
    [WishesChanged(select=Selection(("x",))), WishesChanged(priorities={3: Priority.LOW})],
)
def test_what_cannot_be_is_a_warning_and_changes_nothing(wish: WishesChanged) -> None:
    shell = shell_of(ONLY_A)
    shell.seed(1)
    shell.feed(wish)
    assert [warning.code for warning in shell.warnings] == ["select"]
    assert shell.machine.state.select is ONLY_A
    assert owed(shell) == {0, 1}
    shell.audit()


def test_before_the_metadata_is_known_a_wish_is_kept() -> None:
    machine = machine_of(magnet=INFO, select=ONLY_A)
    shell = Shell(machine, INFO)
    shell.feed(WishesChanged(select=ONLY_B, sequential=True, edges_first=True))
    shell.feed(Started())
    assert (machine.state.select, machine.state.sequential) == (ONLY_B, True)
    assert shell.unwanted == []


def test_while_content_is_checked_the_storage_hears_of_it() -> None:
    machine = machine_of(INFO, select=ONLY_A)
    shell = Shell(machine, INFO)
    shell.feed(Started())
    shell.feed(WishesChanged(select=ONLY_B))
    assert shell.unwanted == [frozenset([0, 2])]
    shell.check_content()
    assert machine.state.picker is not None
    assert list(machine.state.picker.open_pieces) == [2, 3, 4]
    shell.audit()


def test_web_seeds_stop_what_is_not_wanted_any_more() -> None:
    shell = web_shell(W1, info=INFO)
    shell.begin()
    assert shell.runs() == {W1: [range(5)]}
    shell.bring(shell.fetch(W1), 10)
    shell.feed(WishesChanged(select=ONLY_A))
    shell.audit()
    shell.end_stopped()
    shell.wait(1)
    assert shell.runs() == {W1: [range(2)]}
    shell.bring_all()
    assert have(shell) == [0, 1]
    shell.audit()


def test_a_web_seed_that_fetches_what_is_wanted_goes_on() -> None:
    shell = web_shell(W1, info=INFO)
    shell.begin()
    shell.feed(WishesChanged(sequential=True))
    assert not shell.stopped


def test_files_that_are_there_already_are_named_when_they_come_to_be_wanted() -> None:
    machine = ready_machine(INFO, [0, 1, 2, 3, 4], select=ONLY_A, goal=Goal.SEED)
    shell = WebShell(machine, INFO)
    shell.feed(WishesChanged(select=EVERYTHING))
    named = [record.path for record in shell.records if isinstance(record, records.FileDone)]
    assert named == ["n/b"]
