from dataclasses import replace

from raincore.base.bitfield import Bitfield
from raincore.base.config import Identity, PeerLimits
from raincore.base.endpoint import Endpoint
from raincore.base.ids import PeerId
from raincore.documents import events as records
from raincore.policy.file_selection import EVERYTHING, Selection, choose
from raincore.policy.own_addresses import OwnAddresses
from raincore.swarm.commands import Dial, Drop, Say
from raincore.swarm.events import (
    Heard,
    PeerKey,
    PeerLeft,
    PeersFound,
    Sealed,
    Started,
)
from raincore.swarm.joining import CLIENT, introduction
from raincore.swarm.machine import TorrentMachine
from raincore.swarm.state import Goal
from raincore.wire import messages as m
from raincore.wire.extension import OUR_IDS, ExtendedHandshake
from tests.playbook import Playbook
from tests.swarm.swarm_world import (
    OWN_ID,
    PIECE_LENGTH,
    Shell,
    config,
    info_of,
    joined,
    machine_of,
    ready_machine,
)

FAR = Endpoint("20.1.1.1", 6881)
A, B, C = PeerKey(1), PeerKey(2), PeerKey(3)
GREATER = PeerId(b"-ZZ0000-" + bytes(12))
"""A peer id above ours: of two twins, the connection that they dialled stays."""


def endpoints(count: int) -> tuple[Endpoint, ...]:
    return tuple(joined(key).endpoint for key in range(1, count + 1))


def ready(**limits: int) -> TorrentMachine:
    return ready_machine(settings=config(peers=PeerLimits(**limits)))  # type: ignore[arg-type]


# --- dialling ------------------------------------------------------------------------------


def test_a_peer_with_nothing_says_so_first_where_fast_allows() -> None:
    with Playbook(ready()) as p:
        p >> joined(1) << Say(A, (m.HaveNone(),))
        p >> joined(2, fast=False)


def test_a_peer_with_some_pieces_says_which() -> None:
    with Playbook(ready_machine(have=[0, 2])) as p:
        p >> joined(1) << Say(A, (m.PieceBitfield(b"\xa0"),))
        p >> joined(2, fast=False) << Say(B, (m.PieceBitfield(b"\xa0"),))


def test_a_seed_says_have_all_where_fast_allows() -> None:
    with Playbook(ready_machine(have=range(4), goal=Goal.SEED)) as p:
        p >> joined(1) << Say(A, (m.HaveAll(),))
        p >> joined(2, fast=False) << Say(B, (m.PieceBitfield(b"\xf0"),))


def test_the_extended_handshake_follows_what_we_have() -> None:
    info = info_of()
    with Playbook(ready_machine(info)) as p:
        ours = ExtendedHandshake(
            OUR_IDS,
            client=CLIENT,
            port=6881,
            request_queue=2000,
            metadata_size=len(info.raw),
            your_ip=b"\x0a\0\0\2",
        )
        p >> joined(1, extended=True) << Say(A, (m.HaveNone(), ours))


def test_without_metadata_no_size_is_claimed() -> None:
    with Playbook(machine_of(magnet=info_of())) as p:
        p >> Started()
        p >> joined(1, extended=True, fast=False)
        (said,) = p.skip()
        assert isinstance(said, Say)
        (ours,) = said.messages
        assert isinstance(ours, ExtendedHandshake)
        assert ours.metadata_size is None


def test_a_peer_hears_of_our_address_of_the_other_family() -> None:
    state = ready().state
    assert introduction(state, FAR).ipv6 is None
    state.own = OwnAddresses(["127.0.0.1", "80.1.2.3", "2001:db8::7"], 6881)
    here = introduction(state, FAR)
    assert (here.your_ip, here.ipv4) == (FAR.packed[:4], None)
    assert here.ipv6 == Endpoint("2001:db8::7", 1).packed[:16]
    there = introduction(state, Endpoint("2001:db8:1::1", 1))
    assert (there.ipv4, there.ipv6) == (b"\x50\1\2\3", None)


def introduced(shell: Shell, key: PeerKey, theirs: ExtendedHandshake) -> None:
    shell.hear(key, m.Extended(0, theirs.encode()))


def test_who_came_before_the_metadata_hears_that_we_have_it_by_now() -> None:
    info = info_of()
    shell = Shell(machine_of(magnet=info), info)
    shell.feed(Started())
    shell.join(joined(1, extended=True))
    shell.join(joined(2))
    shell.said(A)
    state = shell.machine.state
    state.info, state.geometry = info, info.geometry
    state.wanted = choose(EVERYTHING, info)
    shell.join(joined(3, extended=True))
    shell.said(C)
    shell.check_content()
    sizes = [m.metadata_size for m in shell.said(A) if isinstance(m, ExtendedHandshake)]
    assert sizes == [len(info.raw)]
    assert not any(isinstance(said, ExtendedHandshake) for said in shell.said(C))


def test_what_several_peers_outside_see_us_as_is_our_address() -> None:
    info = info_of()
    shell = Shell(ready_machine(info), info)
    theirs = ExtendedHandshake(your_ip=b"\x50\1\2\3")
    ours = Endpoint("80.1.2.3", 6881)
    for key, host in ((1, "192.168.1.1"), (2, "20.1.1.1"), (3, "20.1.1.2")):
        shell.join(joined(key, host=host, extended=True))
        introduced(shell, PeerKey(key), theirs)
    assert not shell.machine.state.own.includes(ours), "one network outside has one voice"
    shell.feed(PeersFound("tracker", (ours,)))
    assert shell.dials == [ours]
    shell.join(joined(4, host="20.2.1.1", extended=True))
    introduced(shell, PeerKey(4), theirs)
    assert shell.machine.state.own.includes(ours)
    shell.fail_dial(ours)
    shell.wait(500)
    assert shell.dials == []


def test_who_dialled_us_is_dialled_where_it_listens_when_it_has_left() -> None:
    info = info_of()
    shell = Shell(ready_machine(info), info)
    shell.join(joined(1, host="20.1.1.1", extended=True))
    introduced(shell, A, ExtendedHandshake(port=777))
    introduced(shell, A, ExtendedHandshake(port=777))
    shell.wait(100)
    assert shell.dials == []
    shell.leave(A)
    shell.wait(70)
    assert shell.dials == [Endpoint("20.1.1.1", 777)]


def test_an_address_being_dialled_is_left_to_the_dial() -> None:
    info = info_of()
    shell = Shell(ready_machine(info), info)
    listener = Endpoint("20.1.1.1", 777)
    shell.feed(PeersFound("tracker", (listener,)))
    shell.join(joined(1, host="20.1.1.1", extended=True))
    introduced(shell, A, ExtendedHandshake(port=777))
    assert shell.machine.state.peers[A].aliases == []
    shell.join(joined(2, host="20.2.1.1", extended=True))
    shell.machine.state.candidates.ban(Endpoint("20.2.1.1", 5))
    introduced(shell, B, ExtendedHandshake(port=5))
    assert shell.machine.state.peers[B].aliases == []


def test_of_a_private_torrent_nobody_is_dialled_on_his_own_word() -> None:
    info = info_of(private=True)
    shell = Shell(ready_machine(info), info)
    shell.join(joined(1, host="20.1.1.1", extended=True))
    introduced(shell, A, ExtendedHandshake(port=777))
    shell.leave(A)
    shell.wait(500)
    assert shell.dials == []


def test_what_a_peer_can_queue_bounds_what_it_is_asked() -> None:
    info = info_of(4)
    shell = Shell(ready_machine(info), info)
    shell.join(joined(1, extended=True))
    theirs = ExtendedHandshake(request_queue=3)
    shell.hear(A, m.HaveAll(), m.Extended(0, theirs.encode()), m.Unchoke())
    assert len(shell.remotes[A].owed) == 3


def test_an_extended_handshake_without_queue_changes_no_pipeline() -> None:
    with Playbook(ready()) as p:
        p >> joined(1, extended=True)
        p.skip()
        p >> Heard(A, (ExtendedHandshake(client="x"),), 0, 0)
        assert p.machine.state.peers[A].extended == ExtendedHandshake(client="x")


# --- who is refused ------------------------------------------------------------------------


def test_we_do_not_talk_to_ourselves() -> None:
    home = endpoints(1)[0]
    with Playbook(ready()) as p:
        p >> PeersFound("manual", (home,)) << Dial(home)
        p >> joined(2, identity=OWN_ID, incoming=True) << Drop(B, "ourselves")
        p >> PeerLeft(B, "ourselves")
        p >> joined(1, identity=OWN_ID, incoming=False) << Drop(A, "ourselves")
        p >> PeerLeft(A, "ourselves")
        p >> PeersFound("manual", (home,))
        p.wait(1000)


def test_more_than_may_be_accepted_are_refused_but_those_we_dialled_are_not() -> None:
    with Playbook(ready(max_accepted=1)) as p:
        p >> joined(1, fast=False)
        p >> joined(2, fast=False) << Drop(B, "too_many_peers")
        p >> PeerLeft(B, "too_many_peers")
        p >> joined(3, fast=False, incoming=False)
        assert list(p.machine.state.peers) == [A, C]


def test_when_all_places_are_taken_a_peer_that_wants_nothing_makes_way() -> None:
    with Playbook(ready(max_accepted=1)) as p:
        p >> joined(1, fast=False)
        p.wait(6)
        p >> joined(2, fast=False) << Drop(A, "made_way")
        p >> PeerLeft(A, "made_way")
        p >> Heard(B, (m.Interested(),), 0, 0)
        p.skip()
        p.wait(6)
        p.skip()
        p >> joined(3, fast=False) << Drop(C, "too_many_peers")
        p >> PeerLeft(C, "too_many_peers")


def test_a_refused_peer_counts_nowhere() -> None:
    with Playbook(ready(max_accepted=0)) as p:
        p >> joined(1) << Drop(A, "too_many_peers")
        p >> PeerLeft(A, "too_many_peers")
        p >> PeerLeft(A, "too_many_peers")
        assert not [record for record in p.records if isinstance(record, records.PeerEvent)]


# --- twins ---------------------------------------------------------------------------------


def test_a_second_connection_of_the_same_kind_is_refused() -> None:
    with Playbook(ready()) as p:
        p >> joined(1, fast=False, incoming=False)
        again = joined(2, fast=False, identity=joined(1).peer_id, incoming=False)
        p >> again << Drop(B, "connected_twice")


def test_who_dialled_us_twice_chooses_which_connection_stays() -> None:
    machine = ready()
    with Playbook(machine) as p:
        identity = joined(1).peer_id
        for key in (1, 2):
            p >> joined(key, fast=False, identity=identity, incoming=True)
        p >> joined(3, fast=False, identity=identity, incoming=True)
        p << Drop(PeerKey(3), "connected_twice")
        p >> PeerLeft(PeerKey(3), "connected_twice")
        p >> PeerLeft(A, "closed")
        assert list(machine.state.peers) == [B]


def test_twins_keep_one_and_the_same_connection_on_both_sides() -> None:
    # Two machines dial each other at once; each hears of the two connections in the
    # order that is worst for it. Connection 1 was dialled by the smaller id.
    for first, second in ((1, 2), (2, 1)):
        for own, other in ((OWN_ID, GREATER), (GREATER, OWN_ID)):
            machine = ready()
            machine.state.own_id = own
            shell = Shell(machine, info_of())
            for key in (first, second):
                dialled_by_us = (key == 1) == (own < other)
                shell.join(joined(key, identity=other, incoming=not dialled_by_us))
            assert list(shell.remotes) == [PeerKey(2)]
            assert [reason for _, reason, _ in shell.gone] == ["connected_twice"]
            shell.audit()


def test_a_peer_that_is_leaving_is_no_twin() -> None:
    machine = ready()
    with Playbook(machine) as p:
        p >> joined(1, fast=False)
        machine.state.peers[A].leaving = True
        p >> joined(2, fast=False, identity=joined(1).peer_id)
        assert list(machine.state.peers) == [A, B]


# --- leaving -------------------------------------------------------------------------------


def test_the_pieces_of_a_peer_that_left_are_counted_no_more() -> None:
    info = info_of()
    shell = Shell(ready_machine(info), info)
    shell.seed(1)
    shell.leave(A)
    picker = shell.machine.state.picker
    assert picker is not None
    assert picker.availability(0) == 0


def test_a_peer_may_leave_before_any_piece_is_known() -> None:
    with Playbook(machine_of(magnet=info_of())) as p:
        p >> Started() >> joined(1, fast=False) >> PeerLeft(A, "closed_by_peer")
        states = [r.state for r in p.records if isinstance(r, records.PeerEvent)]
        assert states == ["connected", "disconnected"]


def test_a_peer_may_leave_while_content_is_checked() -> None:
    with Playbook(machine_of()) as p:
        p >> Started()
        p.skip()
        p >> joined(1, fast=False) >> PeerLeft(A, "closed_by_peer")


def test_a_banned_peer_is_refused() -> None:
    machine = ready()
    machine.state.banned["10.0.0.2", joined(1).peer_id] = None
    with Playbook(machine) as p:
        p >> joined(1) << Drop(A, "banned")


def test_the_size_of_metadata_that_a_peer_offers_is_noted_once() -> None:
    with Playbook(ready()) as p:
        p >> joined(1, fast=False)
        for size in (70, 80):
            p >> Heard(A, (ExtendedHandshake({"ut_metadata": 3}, metadata_size=size),), 0, 0)
        assert p.machine.state.peers[A].metadata_size == 70


def test_a_partial_seed_says_so_to_those_who_come_and_those_who_are_here() -> None:
    info = info_of(files=[("a", PIECE_LENGTH), ("b", PIECE_LENGTH)])
    machine = ready_machine(info, goal=Goal.SEED, select=Selection(("b",)))
    shell = Shell(machine, info)
    shell.join(joined(1, extended=True))
    shell.join(joined(2))
    first = [said for said in shell.said(A) if isinstance(said, ExtendedHandshake)]
    assert [said.upload_only for said in first] == [None]
    shell.seed(3)
    shell.deliver(C, 2)
    shell.finish_checks()
    shell.feed(Sealed())
    again = [said for said in shell.said(A) if isinstance(said, ExtendedHandshake)]
    assert [said.upload_only for said in again] == [True]
    shell.join(joined(4, extended=True))
    said = shell.said(PeerKey(4))
    assert m.PieceBitfield(Bitfield(2, [1]).to_bytes()) in said
    assert [s.upload_only for s in said if isinstance(s, ExtendedHandshake)] == [True]


def test_peers_of_a_private_torrent_may_hear_another_name() -> None:
    settings = replace(config(), private=Identity(client="Other 1.0"))
    for private, name in ((True, "Other 1.0"), (False, CLIENT)):
        state = ready_machine(info_of(private=private), settings=settings).state
        assert introduction(state, FAR).client == name
    assert introduction(ready_machine(info_of(private=True)).state, FAR).client == CLIENT
