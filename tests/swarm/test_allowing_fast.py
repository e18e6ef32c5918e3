from raincore.base.config import UploadLimits
from raincore.swarm.allowing_fast import CROWD_SHARE, HELPED_SECONDS
from raincore.swarm.events import BlocksSent, PeerKey
from raincore.wire import messages as m
from tests.swarm.swarm_world import PIECE_LENGTH, Shell, config, info_of, joined, ready_machine

A, B = PeerKey(1), PeerKey(2)
PIECES = 60


def shell_of(have: int = PIECES, *, super_seed: bool = False, allowed_fast: int = 5) -> Shell:
    """A torrent without slots, three of whose pieces a newcomer may have."""
    info = info_of(PIECES)
    settings = config(uploads=UploadLimits(slots=0, allowed_fast=allowed_fast))
    machine = ready_machine(info, range(have), settings=settings, super_seed=super_seed)
    return Shell(machine, info)


def newcomer(shell: Shell, *messages: m.Message, fast: bool = True) -> PeerKey:
    key = shell.join(joined(1, fast=fast))
    shell.hear(key, *(messages or (m.HaveNone(),)))
    return key


def granted(shell: Shell, key: PeerKey = A) -> list[int]:
    return [said.piece for said in shell.remotes[key].said if isinstance(said, m.AllowedFast)]


def may_have(shell: Shell) -> list[int]:
    return [piece for piece in range(PIECES) if shell.machine.may_send(A, piece)]


def test_a_newcomer_may_have_some_pieces_without_a_slot() -> None:
    shell = shell_of()
    newcomer(shell)
    assert len(granted(shell)) == 3
    assert may_have(shell) == sorted(granted(shell))
    shell.audit()


def test_a_set_may_name_pieces_that_we_do_not_have_yet() -> None:
    shell = shell_of(have=0)
    newcomer(shell)
    assert len(granted(shell)) == 3
    assert may_have(shell) == []


def test_who_has_begun_already_is_granted_nothing() -> None:
    shell = shell_of()
    newcomer(shell, m.PieceBitfield(b"\xe0" + bytes(7)))
    assert granted(shell) == []


def test_who_does_not_speak_the_fast_extension_is_granted_nothing() -> None:
    shell = shell_of()
    newcomer(shell, m.PieceBitfield(bytes(8)), fast=False)
    assert granted(shell) == []


def test_who_says_again_that_it_has_nothing_is_granted_nothing_more() -> None:
    shell = shell_of()
    newcomer(shell, m.HaveNone(), m.PieceBitfield(bytes(8)))
    assert len(granted(shell)) == 3


def test_a_super_seed_grants_nothing() -> None:
    shell = shell_of(super_seed=True)
    newcomer(shell)
    assert granted(shell) == []


def test_it_can_be_forbidden() -> None:
    shell = shell_of(allowed_fast=0)
    newcomer(shell)
    assert granted(shell) == []


def test_who_is_no_newcomer_any_more_needs_a_slot() -> None:
    shell = shell_of()
    newcomer(shell)
    shell.hear(A, *map(m.Have, range(3)))
    assert len(may_have(shell)) == 3
    shell.hear(A, m.Have(3))
    assert may_have(shell) == []


def test_each_piece_is_given_once() -> None:
    shell = shell_of()
    newcomer(shell)
    shell.feed(BlocksSent(A, 1, 3 * PIECE_LENGTH - 1))
    assert len(may_have(shell)) == 3
    shell.feed(BlocksSent(A, 1, 1))
    assert may_have(shell) == []


def test_what_was_sent_through_a_slot_does_not_count() -> None:
    shell = shell_of()
    newcomer(shell)
    shell.machine.state.peers[A].we_choke = False
    assert may_have(shell) == list(range(PIECES))
    shell.feed(BlocksSent(A, 1, 9 * PIECE_LENGTH))
    assert shell.machine.state.peers[A].sent_choked == 0


def test_who_is_not_there_may_have_nothing() -> None:
    assert may_have(shell_of()) == []


def crowd(shell: Shell) -> list[int]:
    """How many pieces each of four newcomers is granted."""
    keys = [shell.join(joined(number)) for number in range(1, 5)]
    for key in keys:
        shell.hear(key, m.HaveNone())
    return [len(granted(shell, key)) for key in keys]


def test_of_a_crowd_of_newcomers_one_is_helped() -> None:
    assert crowd(shell_of()) == [3, 0, 0, 0]


def test_the_more_slots_there_are_the_more_newcomers_are_helped() -> None:
    shell = shell_of()
    shell.machine.state.choker.slots = 3 * CROWD_SHARE
    assert crowd(shell) == [3, 3, 3, 0]


def test_who_makes_no_use_of_help_keeps_nobody_out_for_long() -> None:
    shell = shell_of()
    newcomer(shell)
    shell.wait(HELPED_SECONDS)
    shell.hear(shell.join(joined(2)), m.HaveNone())
    assert len(granted(shell, B)) == 3


def test_who_was_helped_makes_room_for_the_next() -> None:
    shell = shell_of()
    newcomer(shell)
    shell.hear(A, *map(m.Have, range(3)))
    shell.hear(shell.join(joined(2)), m.HaveNone())
    assert len(granted(shell, B)) == 3
