import pytest

from raincore.base.bitfield import Bitfield
from raincore.policy.file_selection import Selection
from raincore.swarm import interest
from raincore.swarm.commands import CheckContent, Drop, Say
from raincore.swarm.events import ContentChecked, Heard, PeerKey, Sealed, Started
from raincore.swarm.machine import TorrentMachine
from raincore.swarm.state import Goal
from raincore.wire import lt_donthave
from raincore.wire import messages as m
from raincore.wire.extension import OUR_IDS, ExtendedHandshake
from raincore.wire.lt_donthave import DontHave
from tests.playbook import Playbook
from tests.swarm.swarm_world import PIECE_LENGTH, Shell, info_of, joined, machine_of, ready_machine

A, B = PeerKey(1), PeerKey(2)


def machine_while_checking(pieces: int = 4) -> TorrentMachine:
    """A machine whose shell still compares what is on disk; one peer is there."""
    machine = machine_of(info_of(pieces))
    machine.handle(Started(), 1000.0)
    machine.handle(joined(1), 1000.0)
    return machine


def test_a_peer_that_has_what_we_lack_makes_us_interested() -> None:
    with Playbook(ready_machine(have=[0])) as p:
        (p >> joined(1, fast=False) << Say(A, (m.PieceBitfield(b"\x80"),)))
        p >> Heard(A, (m.PieceBitfield(b"\x80"),), 0, 0)
        p >> Heard(A, (m.Have(1),), 0, 0) << Say(A, (m.Interested(),))
        p >> Heard(A, (m.Have(2), m.Have(2), m.Have(3)), 0, 0)
        assert p.machine.state.picker is not None
        assert p.machine.state.picker.availability(2) == 1


def test_interest_is_lost_when_we_have_got_all_that_the_peer_has() -> None:
    shell = Shell(ready_machine(info := info_of()), info)
    shell.leecher(1, [0])
    shell.deliver(A, 2)
    shell.said(A)
    shell.finish_checks()
    shell.wait(10)
    assert m.NotInterested() in shell.said(A)


def test_a_bitfield_that_comes_late_replaces_what_was_known() -> None:
    shell = Shell(ready_machine(info := info_of()), info)
    shell.join(joined(1))
    shell.hear(A, m.HaveAll())
    shell.audit()
    assert shell.machine.state.peers[A].is_seed


def test_two_seeds_have_nothing_to_say_to_each_other() -> None:
    with Playbook(ready_machine(have=range(4), goal=Goal.SEED)) as p:
        p.skip()
        p >> joined(1) << Say(A, (m.HaveAll(),))
        p >> Heard(A, (m.HaveAll(),), 0, 0) << Drop(A, "both_seeds")


def test_a_peer_of_a_torrent_without_content_may_stay() -> None:
    info = info_of(files=[("empty", 0)])
    with Playbook(ready_machine(info, goal=Goal.SEED)) as p:
        p.skip()
        p >> joined(1) << Say(A, (m.HaveAll(),))
        p >> Heard(A, (m.HaveNone(),), 0, 0)


def test_what_peers_say_about_pieces_during_the_check_counts_afterwards() -> None:
    with Playbook(machine_while_checking()) as p:
        p >> Heard(A, (m.PieceBitfield(b"\x80"), m.Have(3)), 0, 0)
        p >> ContentChecked(Bitfield(4, [0])) << Say(A, (m.Have(0), m.Interested()))
        has = p.machine.state.peers[A].has
        assert has == Bitfield(4, [0, 3])


@pytest.mark.parametrize("nonsense", [m.PieceBitfield(b"\x80\x00"), m.Have(4)])
def test_a_peer_that_spoke_of_pieces_that_do_not_exist_is_dropped(nonsense: m.Message) -> None:
    with Playbook(machine_while_checking()) as p:
        p >> Heard(A, (nonsense,), 0, 0)  # type: ignore[arg-type]
        p >> ContentChecked(Bitfield(4)) << Drop(A, "bad_bitfield")


def test_a_flood_of_early_news_ends_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interest, "EARLY_MESSAGES_MAX", 10)
    with Playbook(machine_while_checking()) as p:
        p >> Heard(A, (m.Have(0),) * 10, 0, 0)
        p >> Heard(A, (m.Have(0),), 0, 0) << Drop(A, "flood")


def test_peers_that_came_with_the_magnet_are_asked_as_soon_as_content_is_checked() -> None:
    info = info_of(1)
    with Playbook(machine_of(info)) as p:
        p >> Started() << CheckContent(info)
        p >> joined(1) << Say(A, (m.HaveNone(),))
        p >> Heard(A, (m.HaveAll(), m.Unchoke()), 0, 0)
        p >> ContentChecked(Bitfield(1))
        (said,) = p.skip()
        assert isinstance(said, Say)
        assert said.messages[0] == m.Interested()
        assert len(said.messages) == 3


def test_rounds_during_the_check_weigh_nothing() -> None:
    with Playbook(machine_while_checking()) as p:
        p >> Heard(A, (m.HaveAll(),), 0, 0)
        p.wait(30)
        assert not p.machine.state.peers[A].we_interested


def lost(piece: int) -> m.Extended:
    return m.Extended(OUR_IDS["lt_donthave"], lt_donthave.encode(DontHave(piece)))


def test_a_piece_that_a_peer_has_lost_is_looked_for_elsewhere() -> None:
    info = info_of()
    shell = Shell(ready_machine(info, [0, 1, 2]), info)
    shell.join(joined(1, extended=True))
    shell.hear(A, m.Have(3), lost(2), lost(3))
    state = shell.machine.state
    assert state.picker is not None
    assert state.picker.availability(3) == 0
    assert [type(said) for said in shell.said(A)[-2:]] == [m.Interested, m.NotInterested]
    shell.audit()
    shell.leave(A)
    shell.audit()


def test_a_seed_that_loses_pieces_leaves_right_counts_behind() -> None:
    info = info_of()
    shell = Shell(ready_machine(info), info)
    shell.join(joined(1, extended=True))
    shell.hear(A, m.HaveAll(), lost(1), m.Have(1), lost(1), lost(0))
    shell.audit()
    shell.leave(A)
    shell.audit()


def test_a_piece_lost_before_its_number_is_known_is_not_had_later() -> None:
    info = info_of()
    shell = Shell(machine_of(info), info)
    shell.feed(Started())
    shell.join(joined(1, extended=True))
    shell.hear(A, m.HaveAll(), lost(2))
    shell.check_content()
    has = shell.machine.state.peers[A].has
    assert has is not None
    assert list(has) == [0, 1, 3]


def test_two_that_ask_for_nothing_part() -> None:
    info = info_of()
    shell = Shell(ready_machine(info, range(4), goal=Goal.SEED), info)
    shell.seal()
    shell.join(joined(1, extended=True))
    shell.hear(A, m.Extended(0, ExtendedHandshake(upload_only=False).encode()))
    assert shell.gone == []
    shell.hear(A, m.Extended(0, ExtendedHandshake(upload_only=True).encode()))
    assert [reason for _, reason, _ in shell.gone] == ["both_seeds"]


def test_a_seed_that_we_part_from_is_dialled_nowhere() -> None:
    info = info_of()
    shell = Shell(ready_machine(info, range(4), goal=Goal.SEED), info)
    shell.seal()
    shell.join(joined(1, extended=True))
    shell.hear(A, m.Extended(0, ExtendedHandshake(port=777).encode()), m.HaveAll())
    assert [reason for _, reason, _ in shell.gone] == ["both_seeds"]
    shell.wait(3600)
    assert shell.dials == []


FILES = [("a", 2 * PIECE_LENGTH), ("b", PIECE_LENGTH)]


def test_who_has_no_wanted_piece_is_of_no_interest() -> None:
    info = info_of(files=FILES)
    shell = Shell(ready_machine(info, select=Selection(("b",))), info)
    shell.leecher(1, [0, 1])
    shell.leecher(2, [2])
    assert not shell.machine.state.peers[A].we_interested
    assert shell.machine.state.peers[B].we_interested
    shell.hear(A, m.Have(2))
    assert shell.machine.state.peers[A].we_interested


def test_a_partial_seed_leaves_seeds_and_stays_with_leechers() -> None:
    info = info_of(files=FILES)
    machine = ready_machine(info, [2], goal=Goal.SEED, select=Selection(("b",)))
    shell = Shell(machine, info)
    shell.feed(Sealed())
    shell.leecher(1, [0])
    shell.seed(2)
    assert [(event.peer, reason) for event, reason, _ in shell.gone] == [(B, "both_seeds")]
    assert not shell.machine.state.peers[A].we_interested
