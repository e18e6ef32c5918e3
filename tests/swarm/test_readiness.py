from raincore.base.bitfield import Bitfield
from raincore.swarm.commands import Say
from raincore.swarm.events import ContentChecked, Heard, PeerKey, Started
from raincore.wire import messages as m
from tests.playbook import Playbook
from tests.swarm.swarm_world import info_of, joined, machine_of, request

A = PeerKey(1)


def test_who_came_early_is_told_what_we_have_and_asked_for_the_rest() -> None:
    with Playbook(machine_of(info_of(2))) as p:
        p >> Started()
        p.skip()
        p >> joined(1)
        p.skip()
        p >> Heard(A, (m.HaveAll(), m.Unchoke()), 0, 0)
        wanted = (m.Have(0), m.Interested(), request(1, 0), request(1, 1))
        p >> ContentChecked(Bitfield(2, [0])) << Say(A, wanted)


def test_a_super_seed_tells_who_came_early_of_two_pieces_only() -> None:
    machine = machine_of(info_of(9))
    machine.state.super_seed = True
    with Playbook(machine) as p:
        p >> Started()
        p.skip()
        p >> joined(1)
        p.skip()
        p >> Heard(A, (m.HaveNone(),), 0, 0)
        p >> ContentChecked(Bitfield.full(9))
        said = [m for one in p.skip() if isinstance(one, Say) for m in one.messages]
        assert [type(message) for message in said] == [m.Have, m.Have]
