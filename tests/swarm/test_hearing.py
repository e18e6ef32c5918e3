"""What peers say reaches whom it concerns; each kind of message is seen by its effect."""

from raincore.base.bitfield import Bitfield
from raincore.swarm import commands as c
from raincore.swarm.events import ContentChecked, Heard, PeerKey, Started
from raincore.wire import messages as m
from tests.playbook import Playbook
from tests.swarm.swarm_world import Shell, info_of, joined, machine_of, ready_machine

A, B = PeerKey(1), PeerKey(2)


def test_news_of_a_peer_that_has_left_is_ignored() -> None:
    with Playbook(ready_machine()) as p:
        p >> Heard(A, (m.HaveAll(), m.Unchoke()), 0, 0)


def test_messages_that_need_no_decision_are_accepted() -> None:
    shell = Shell(ready_machine(info := info_of()), info)
    shell.join(joined(1))
    before = len(shell.remotes[A].said)
    shell.hear(A, m.KeepAlive(), m.Port(6881), m.Suggest(0), m.NotInterested())
    assert len(shell.remotes[A].said) == before


def test_what_a_peer_says_after_it_was_told_to_go_does_not_count() -> None:
    info = info_of(9)
    machine = machine_of(info)
    machine.handle(Started(), 0.0)
    machine.handle(joined(1), 0.0)
    machine.handle(Heard(A, (m.PieceBitfield(b"\x80"),), 0, 0), 0.0)  # too short
    commands = machine.handle(ContentChecked(Bitfield(9)), 0.0)
    assert c.Drop(A, "bad_bitfield") in commands
    assert machine.handle(Heard(A, (m.Interested(), m.Unchoke()), 0, 0), 0.0) == []
    assert machine.state.peers[A].they_choke
    assert not machine.state.peers[A].they_interested


def test_a_choke_and_unchoke_storm_in_one_read_asks_once() -> None:
    shell = Shell(ready_machine(info := info_of(4)), info)
    shell.join(joined(1, fast=False))
    shell.hear(A, m.PieceBitfield(b"\xf0"))
    shell.hear(A, *[m.Unchoke(), m.Choke()] * 1000, m.Unchoke())
    assert len(shell.remotes[A].said) == 1 + 8  # interested, and every block once
    shell.audit()
