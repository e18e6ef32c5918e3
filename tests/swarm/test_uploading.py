import math

from raincore.base.bitfield import Bitfield
from raincore.base.config import PeerLimits, UploadLimits
from raincore.swarm import uploading
from raincore.swarm.commands import Drop, Say
from raincore.swarm.events import BlocksSent, ContentChecked, Heard, PeerKey, PeerLeft, Started
from raincore.swarm.machine import TorrentMachine
from raincore.swarm.state import Goal
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

A, B = PeerKey(1), PeerKey(2)
INTERESTED = (m.Interested(),)


def seeding(*, slots: int = 8, **limits: float) -> TorrentMachine:
    """A machine that has everything."""
    peers = PeerLimits(**limits)  # type: ignore[arg-type]
    settings = config(peers=peers, uploads=UploadLimits(slots=slots))
    return ready_machine(have=range(4), goal=Goal.SEED, settings=settings)


def test_an_interested_peer_gets_a_free_slot_at_once() -> None:
    with Playbook(seeding()) as p:
        p.skip()
        p >> joined(1, fast=False) << Say(A, (m.PieceBitfield(b"\xf0"),))
        p >> Heard(A, INTERESTED, 0, 0) << Say(A, (m.Unchoke(),))
        p >> Heard(A, INTERESTED, 0, 0)


def test_a_peer_that_lost_interest_gives_its_slot_to_another() -> None:
    with Playbook(seeding(slots=1)) as p:
        for key in (A, B):
            p >> joined(key, fast=False) << Say(key, (m.PieceBitfield(b"\xf0"),))
        p >> Heard(A, INTERESTED, 0, 0) << Say(A, (m.Unchoke(),))
        p >> Heard(B, INTERESTED, 0, 0)
        p >> Heard(A, (m.NotInterested(),), 0, 0) << Say(A, (m.Choke(),)) << Say(B, (m.Unchoke(),))


def test_a_peer_that_left_gives_its_slot_to_another() -> None:
    with Playbook(seeding(slots=1)) as p:
        for key in (A, B):
            p >> joined(key, fast=False) << Say(key, (m.PieceBitfield(b"\xf0"),))
        p >> Heard(A, INTERESTED, 0, 0) << Say(A, (m.Unchoke(),))
        p >> Heard(B, INTERESTED, 0, 0)
        p >> PeerLeft(A, "closed_by_peer") << Say(B, (m.Unchoke(),))


def test_wavering_within_one_read_is_weighed_once() -> None:
    shell = Shell(seeding(), info_of())
    shell.join(joined(1))
    shell.hear(A, *[m.Interested(), m.NotInterested()] * 50, m.Interested())
    assert [said for said in shell.said(A) if said == m.Unchoke()] == [m.Unchoke()]


def test_nobody_is_unchoked_before_the_content_is_checked() -> None:
    with Playbook(machine_of(magnet=info_of())) as p:
        p >> joined(1, fast=False)
        p >> Heard(A, INTERESTED, 0, 0)
        p.wait(30)


def test_rounds_take_place_only_while_there_are_peers() -> None:
    with Playbook(seeding()) as p:
        p.machine.handle_timer(p.now)
        assert p.machine.state.timers.choke == math.inf
        p >> joined(1, fast=False)
        p.skip()
        p >> joined(2, fast=False)
        p.skip()
        assert p.machine.state.timers.choke == p.now + 10
        p >> PeerLeft(A, "closed_by_peer")
        assert p.machine.state.timers.choke == p.now + 10
        p >> PeerLeft(B, "closed_by_peer")
        assert p.machine.state.timers.choke == math.inf


def test_the_slot_goes_round_among_the_peers_of_a_seed() -> None:
    shell = Shell(seeding(slots=1), info_of())
    for key in (A, B):
        shell.join(joined(key))
        shell.hear(key, m.Interested())
    shell.said(A)
    shell.said(B)
    for _ in range(8):
        shell.feed(BlocksSent(A, 64, 64 * 16384))
        shell.feed(BlocksSent(B, 64, 64 * 16384))
        shell.wait(20)
        shell.audit()
    assert m.Choke() in shell.said(A)
    assert m.Unchoke() in shell.said(B)


def test_what_was_sent_is_counted_even_for_a_peer_that_has_left_since() -> None:
    with Playbook(seeding()) as p:
        p >> joined(1)
        p.skip()
        p >> BlocksSent(A, 1, 1000)
        p >> BlocksSent(B, 1, 500)
        state = p.machine.state
        assert state.counters.uploaded == 1500
        assert state.peers[A].uploaded == 1000
        assert state.peers[A].uploaded_since_unchoke == 1000


def test_sending_has_the_progress_reported_while_it_lasts() -> None:
    with Playbook(seeding()) as p:
        p >> joined(1)
        p.skip()
        p.wait(20)
        p.skip()
        assert p.machine.state.timers.progress == math.inf
        p >> BlocksSent(A, 1, 1000) >> BlocksSent(A, 1, 1000)
        assert p.machine.state.timers.progress == p.now + 1


def test_sending_wakes_nobody_where_progress_is_not_reported() -> None:
    machine = ready_machine(have=range(4), goal=Goal.SEED, reports_progress=False)
    with Playbook(machine) as p:
        p >> joined(1)
        p.skip()
        p >> BlocksSent(A, 1, 1000)
        assert p.machine.state.timers.progress == math.inf
        assert p.machine.state.counters.uploaded == 1000


def test_a_silent_connection_is_kept_alive() -> None:
    with Playbook(seeding(idle_timeout_seconds=1000.0)) as p:
        p >> joined(1, fast=False) << Say(A, (m.PieceBitfield(b"\xf0"),))
        p.wait(95)
        p.wait(10)
        p << Say(A, (m.KeepAlive(),))
        p.wait(90)
        p.wait(10)
        p << Say(A, (m.KeepAlive(),))


def test_a_peer_that_never_says_anything_is_dropped() -> None:
    with Playbook(seeding(keep_alive_seconds=1000.0)) as p:
        p >> joined(1, fast=False)
        p.skip()
        p.wait(175)
        p.wait(10)
        p << Drop(A, "timed_out")


def test_a_peer_that_only_takes_blocks_is_alive() -> None:
    with Playbook(seeding(keep_alive_seconds=1000.0)) as p:
        p >> joined(1, fast=False)
        p.skip()
        p.wait(100)
        p >> BlocksSent(A, 1, 1000)
        p.wait(100)


def test_who_was_interested_during_the_check_is_served_right_after_it() -> None:
    machine = machine_of()
    machine.handle(Started(), 1000.0)
    machine.handle(joined(1, fast=False), 1000.0)
    machine.handle(Heard(A, INTERESTED, 0, 0), 1000.0)
    commands = machine.handle(ContentChecked(Bitfield(4)), 1000.0)
    assert Say(A, (m.Unchoke(),)) in commands


def test_saying_again_that_it_is_interested_costs_no_peer_its_place_in_the_queue() -> None:
    with Playbook(seeding(slots=0)) as p:
        p >> joined(1, fast=False)
        p.skip()
        p >> Heard(A, INTERESTED, 0, 0)
        p.wait(5)
        p >> Heard(A, INTERESTED, 0, 0)
        assert p.machine.state.peers[A].waiting_since == p.now - 5


def test_what_a_peer_gives_and_takes_is_measured_over_the_round() -> None:
    with Playbook(ready_machine(info_of(4), have=[0])) as p:
        p >> joined(1, fast=False)
        p.skip()
        p.wait(5)
        p >> joined(2, fast=False)
        p.skip()
        p >> BlocksSent(A, 1, 20_000) >> BlocksSent(B, 1, 20_000)
        p.wait(5)
        p.skip()
        rates = [(peer.took_rate, peer.gave_rate) for peer in p.machine.state.peers.values()]
        assert rates == [(2000.0, 0.0), (4000.0, 0.0)]
        p.wait(10)
        p.skip()
        assert [peer.took_rate for peer in p.machine.state.peers.values()] == [0.0, 0.0]


def test_who_takes_and_could_give_but_chokes_us_owes_us() -> None:
    machine = ready_machine(info_of(9), have=[0, 1])
    machine.handle(joined(1, fast=False), 1000.0)
    state = machine.state
    peer = state.peers[A]
    peer.uploaded = PIECE_LENGTH
    assert not uploading.owes(state, peer), "it has nothing that we want"
    machine.handle(Heard(A, (m.Have(5),), 0, 0), 1000.0)
    assert uploading.owes(state, peer)
    peer.downloaded = 1
    assert not uploading.owes(state, peer), "it gave some"
    peer.downloaded = 0
    machine.handle(Heard(A, (m.Unchoke(),), 0, 0), 1000.0)
    assert not uploading.owes(state, peer), "it lets us ask"


# --- in the middle of a message --------------------------------------------------------------


def rounds(p: Playbook, count: int) -> list[object]:
    dropped = []
    for _ in range(count):
        p.wait(10)
        dropped += [one.reason for one in p.skip() if isinstance(one, Drop)]
    return dropped


def test_who_pauses_in_the_middle_of_a_message_is_dropped() -> None:
    p = Playbook(seeding(piece_timeout_seconds=30.0))
    p >> joined(1, fast=False)
    p.skip()
    p.machine.state.unfinished_message = {A: 1000}.get
    assert rounds(p, 3) == []
    assert rounds(p, 1) == ["timed_out"]


def test_who_goes_on_with_a_message_however_slowly_stays() -> None:
    p = Playbook(seeding(piece_timeout_seconds=30.0))
    p >> joined(1, fast=False)
    p.skip()
    for come in (1000, 1001, None, 1200, 1201):
        p.machine.state.unfinished_message = {A: come}.get
        assert rounds(p, 2) == []


def test_who_is_held_back_by_our_own_limit_does_not_pause() -> None:
    p = Playbook(seeding(piece_timeout_seconds=30.0))
    p >> joined(1, fast=False)
    p.skip()
    p.machine.state.unfinished_message = {A: 1000}.get
    p.machine.state.held_back = {A}.__contains__
    assert rounds(p, 10) == []


def test_in_a_crowd_who_has_got_its_first_piece_makes_way_for_who_has_none() -> None:
    shell = Shell(seeding(slots=1), info_of())
    for key in (A, B):
        shell.join(joined(key))
        shell.hear(key, m.HaveNone(), m.Interested())
    shell.feed(BlocksSent(A, 1, PIECE_LENGTH))
    assert m.Unchoke() not in shell.said(B)
    shell.hear(A, m.Have(0))
    assert m.Choke() in shell.said(A)
    assert m.Unchoke() in shell.said(B)


def test_who_claims_to_have_nothing_still_is_no_newcomer_for_ever() -> None:
    shell = Shell(seeding(slots=1), info_of())
    for key in (A, B):
        shell.join(joined(key))
        shell.hear(key, m.HaveNone(), m.Interested())
    shell.feed(BlocksSent(B, 1, PIECE_LENGTH))
    shell.feed(BlocksSent(A, 1, PIECE_LENGTH))
    shell.hear(A, m.Have(0))
    assert m.Unchoke() not in shell.said(B)
