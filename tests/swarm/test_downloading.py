from raincore.base.geometry import BLOCK_LENGTH
from raincore.documents import events as records
from raincore.swarm.commands import CheckAndWrite, Drop, Say, Seal
from raincore.swarm.events import Heard, PeerKey, PieceBad, PieceStored
from raincore.swarm.state import Limits
from raincore.wire import messages as m
from tests.playbook import Playbook
from tests.swarm.stream_world import stream_shell
from tests.swarm.swarm_world import (
    PIECE_LENGTH,
    Shell,
    config,
    info_of,
    joined,
    ready_machine,
    request,
)
from tests.swarm.web_world import W1, web_shell

A, B, C = PeerKey(1), PeerKey(2), PeerKey(3)
DIGESTS = (b"x" * 20, b"y" * 20)


def shell_of(pieces: int = 4) -> Shell:
    info = info_of(pieces)
    return Shell(ready_machine(info), info)


def drops(shell: Shell) -> list[tuple[int, str]]:
    return [(event.peer, reason) for event, reason, _ in shell.gone]


# --- blocks --------------------------------------------------------------------------------


def test_a_piece_is_checked_when_its_last_block_has_come() -> None:
    shell = shell_of(1)
    shell.seed(1)
    shell.deliver(A, 1)
    assert shell.checks == []
    shell.deliver(A, 1)
    assert shell.checks == [CheckAndWrite(0, block_digests=False)]
    shell.audit()


def test_what_comes_is_counted() -> None:
    shell = shell_of(1)
    shell.seed(1)
    shell.deliver(A, 2)
    assert shell.machine.state.counters.downloaded == PIECE_LENGTH
    assert shell.machine.state.peers[A].downloaded == PIECE_LENGTH


def test_a_block_starts_the_stall_clock_anew() -> None:
    machine = ready_machine(limits=Limits(stall_seconds=30, waits_for_peers=True))
    shell = Shell(machine, info_of())
    shell.seed(1)
    shell.wait(15)
    shell.deliver(A, 1)
    assert machine.state.timers.stall == 1045.0


def test_blocks_of_a_peer_that_broke_the_rules_in_the_same_read_are_used() -> None:
    shell = shell_of(1)
    shell.seed(1)
    shell.seed(2)  # it duplicates both blocks
    for asked in list(shell.remotes[A].owed):
        assert shell.machine.place(A, *asked)
        shell.blocks.setdefault(0, {})[asked.begin // BLOCK_LENGTH] = 0
    shell.leave(A, "remote_protocol_error")
    assert [check.piece for check in shell.checks] == [0]
    assert shell.remotes[B].owed == []
    shell.audit()


def test_a_duplicate_cancelled_at_a_peer_that_owes_more_leaves_the_rest() -> None:
    shell = shell_of(2)
    shell.seed(1)
    shell.seed(2)
    asked = shell.remotes[A].owed[0]
    shell.hear(A, shell.block(A, asked))
    assert len(shell.remotes[B].owed) == 3
    shell.audit()


# --- pieces --------------------------------------------------------------------------------


def test_a_stored_piece_is_told_to_everybody() -> None:
    shell = shell_of(4)
    shell.seed(1)
    shell.join(joined(2))
    shell.said(B)
    shell.deliver(A, 2)
    piece = shell.checks[0].piece
    shell.finish_check()
    assert shell.said(B) == [m.Have(piece)]
    shell.wait(1)
    assert m.Have(piece) in shell.said(A)
    assert shell.machine.state.have is not None
    assert list(shell.machine.state.have) == [piece]


def test_pieces_stored_soon_after_another_are_told_in_one_packet() -> None:
    shell = shell_of(4)
    shell.seed(1)
    shell.join(joined(2))
    shell.said(B)
    shell.deliver(A, 6)
    pieces = [check.piece for check in shell.checks]
    shell.finish_checks()
    assert shell.said(B) == [m.Have(pieces[0])], "the first at once"
    shell.wait(0.05)
    assert shell.said(B) == [m.Have(pieces[1]), m.Have(pieces[2])]
    assert shell.machine.next_timer() > shell.now


def test_with_the_last_piece_seeds_are_dropped_and_the_content_is_sealed() -> None:
    info = info_of(1)
    with Playbook(ready_machine(info)) as p:
        p >> joined(1, fast=False) >> joined(2, fast=False)
        p >> Heard(A, (m.PieceBitfield(b"\x80"), m.Unchoke()), 0, 0)
        p.skip()
        for number in (0, 1):
            assert p.machine.place(A, 0, number * BLOCK_LENGTH, BLOCK_LENGTH)
        p >> Heard(A, (), 2, PIECE_LENGTH) << CheckAndWrite(0, block_digests=False)
        p >> PieceStored(0) << Say(B, (m.Have(0),)) << Say(A, (m.Have(0),))
        p << Seal() << Drop(A, "both_seeds")
        assert records.PieceDone(info_hash=p.machine.state.info_hash, index=0) in p.records


def test_a_piece_that_comes_in_runs_is_checked_when_the_last_of_them_is_there() -> None:
    info = info_of(1, piece_length=4 * BLOCK_LENGTH)
    with Playbook(ready_machine(info)) as p:
        p >> joined(1, fast=False)
        p >> Heard(A, (m.PieceBitfield(b"\x80"), m.Unchoke()), 0, 0)
        p.skip()
        assert p.machine.place_run(A, 0, 2 * BLOCK_LENGTH, 2)
        p >> Heard(A, (), 2, 2 * BLOCK_LENGTH)
        assert p.machine.state.downloads[0].received == (2, 3)
        assert p.machine.place_run(A, 0, 0, 2)
        p >> Heard(A, (), 2, 2 * BLOCK_LENGTH) << CheckAndWrite(0, block_digests=False)
        assert p.machine.state.checking[0] == (A,) * 4


# --- liars ---------------------------------------------------------------------------------


def test_who_sent_all_of_a_bad_piece_is_banned_at_once() -> None:
    shell = shell_of(1)
    shell.seed(1, liar=True)
    shell.deliver(A, 2)
    shell.finish_check()
    assert drops(shell) == [(A, "sent_bad_block")]
    assert shell.machine.state.counters.hash_failures == 1
    shell.audit()


def test_of_two_senders_the_liar_is_banned_when_the_piece_passes_and_nobody_else() -> None:
    shell = shell_of(2)
    shell.seed(1)
    shell.seed(2, liar=True)
    shell.hear(A, shell.block(A, request(0, 0)))
    shell.hear(B, shell.block(B, request(0, 1)))
    assert not shell.finish_check()
    assert drops(shell) == [], "either may have lied"
    shell.hear(B, *(m.Reject(*asked) for asked in list(shell.remotes[B].owed)))
    while not shell.checks:
        shell.deliver(A, 1)
    assert any(check.block_digests for check in shell.checks) or shell.finish_check()
    while shell.checks:
        shell.finish_check()
    while A in shell.remotes and shell.remotes[A].owed:
        shell.deliver(A, 1)
        shell.finish_checks()
    assert (B, "sent_bad_block") in drops(shell)
    assert (A, "sent_bad_block") not in drops(shell)
    assert shell.machine.state.counters.banned == 1


def test_a_liar_that_has_left_before_it_was_convicted_is_refused_when_it_returns() -> None:
    shell = shell_of(1)
    shell.seed(1)
    shell.seed(2, liar=True)
    shell.hear(A, shell.block(A, request(0, 0)))
    shell.hear(B, shell.block(B, request(0, 1)))
    shell.finish_check()
    shell.leave(B)
    shell.wait(1.5)
    while not shell.checks:
        shell.deliver(A, 1)
    assert shell.finish_check()
    assert shell.machine.state.counters.banned == 1
    shell.join(joined(9, host=joined(2).endpoint.host, identity=joined(2).peer_id))
    assert shell.gone[-1][1] == "banned"


def test_a_bad_piece_is_asked_for_again() -> None:
    shell = shell_of(1)
    shell.seed(1, liar=True)
    shell.leecher(2, [])
    shell.deliver(A, 2)
    shell.finish_check()
    shell.hear(B, m.Have(0))
    assert len(shell.remotes[B].owed) == 2


def test_a_hash_failure_is_told_to_the_outside() -> None:
    info = info_of(1)
    with Playbook(ready_machine(info)) as p:
        p >> joined(1, fast=False)
        p >> Heard(A, (m.PieceBitfield(b"\x80"), m.Unchoke()), 0, 0)
        p.skip()
        for number in (0, 1):
            p.machine.place(A, 0, number * BLOCK_LENGTH, BLOCK_LENGTH)
        p >> Heard(A, (), 2, PIECE_LENGTH) << CheckAndWrite(0, block_digests=False)
        p >> PieceBad(0, DIGESTS) << Drop(A, "sent_bad_block")
    codes = [record.code for record in p.records if isinstance(record, records.Warning)]
    assert codes == ["hash_failed", "banned"]


def test_the_budget_is_free_again_whether_a_piece_was_good_or_bad() -> None:
    info = info_of(8)
    shell = Shell(ready_machine(info, settings=config(budget_pieces=2)), info)
    shell.seed(1)
    shell.seed(2, liar=True)
    for _ in range(30):
        for key in list(shell.remotes):
            shell.deliver(key, 3)
        shell.finish_checks()
        shell.audit()
        shell.wait(0.5)
    assert shell.machine.state.complete
    assert shell.machine.state.lent_bytes == 0


def test_a_block_that_a_web_seed_owes_too_is_not_called_off_there() -> None:
    shell = web_shell(W1, pieces=1)
    peer = shell.seed(1)
    shell.wait(1)
    shell.deliver(peer, 100)
    assert len(shell.checks) == 1
    assert shell.machine.state.superfluous == []


def test_the_ban_of_a_web_seed_is_warning_enough() -> None:
    shell = web_shell(W1, liars=[W1], pieces=1)
    shell.bring(shell.fetch(), PIECE_LENGTH)
    assert not shell.finish_check()
    assert shell.warned == [f"web seed {W1} sent bad data: banned"]


def test_a_bad_piece_that_somebody_waits_for_is_due_again() -> None:
    shell = stream_shell()
    shell.read(0, 2)
    key = shell.seed(1, liar=True)
    shell.deliver(key, 2)
    shell.wait(0.3)
    shell.finish_checks()
    assert 0 in shell.machine.state.deadlines.order
