"""Each cause stands for a fact; the swarms of tests/sim/swarms/test_explain.py are its mates."""

import math

import pytest

from raincore.base.errors import ContentMismatch, NoSpace, WriteError
from raincore.documents.events import Explanation
from raincore.policy.budget import Budget, Share
from raincore.swarm import explain
from raincore.swarm.events import PeerKey, Sealed, StorageFailed
from raincore.swarm.explain import Surroundings
from raincore.swarm.state import Goal, Phase
from raincore.wire import messages as m
from tests.swarm.swarm_world import PIECE_LENGTH, Shell, info_of, joined, machine_of, ready_machine

A = PeerKey(1)
CALM = Surroundings()


def causes(shell: Shell, around: Surroundings = CALM) -> dict[str, Explanation]:
    found = explain.explain(shell.machine.state, shell.now, around)
    assert found
    return {one.cause: one for one in found}


def downloading(pieces: int = 4) -> Shell:
    info = info_of(pieces)
    return Shell(ready_machine(info), info)


def seeding() -> Shell:
    info = info_of(2)
    machine = ready_machine(info, have=[0, 1], goal=Goal.SEED)
    machine.handle(Sealed(), 1000.0)
    return Shell(machine, info)


def test_before_it_starts_and_while_it_checks() -> None:
    info = info_of()
    shell = Shell(machine_of(info), info)
    assert list(causes(shell)) == ["checking"]
    shell.machine.state.phase = Phase.CHECKING
    assert list(causes(shell)) == ["checking"]


def test_while_it_is_made_durable() -> None:
    shell = downloading()
    shell.machine.state.phase = Phase.SEALING
    assert list(causes(shell)) == ["saving"]


def test_what_moves_moves_whatever_else_is_true() -> None:
    shell = downloading()
    shell.seed(1)
    shell.deliver(A, 1)
    shell.now += 1
    found = causes(shell, Surroundings(outage="the device is down", writes=9, write_seconds=99))
    assert list(found) == ["moving"]
    assert found["moving"].evidence.endswith("/s down, 1 peer")


def test_bad_data_is_counted_beside_what_is_so() -> None:
    shell = downloading(2)
    shell.seed(1, liar=True)
    shell.deliver(A, 4)
    shell.finish_check()
    found = causes(shell)["bad_data"]
    assert found.evidence == "1 piece came with bad data; 1 banned for it so far"
    assert found.facts == {"pieces": 1, "banned": 1}
    shell.machine.state.counters.hash_failures = 7
    shell.machine.state.counters.banned = 0
    found = causes(shell)["bad_data"]
    assert found.evidence == "7 pieces came with bad data; nobody banned for it so far"


def test_what_is_complete_has_no_bad_data_to_tell_of() -> None:
    shell = seeding()
    shell.machine.state.counters.hash_failures = 1
    assert list(causes(shell)) == ["idle"]


def test_both_directions_are_told() -> None:
    shell = downloading()
    shell.seed(1)
    shell.seed(2)
    shell.deliver(A, 1)
    shell.machine.state.peers[A].upload.add(10**6, shell.now)
    shell.now += 1
    evidence = causes(shell)["moving"].evidence
    assert " down, " in evidence
    assert evidence.endswith("/s up, 2 peers")


def test_less_than_a_byte_a_second_is_slow() -> None:
    shell = downloading()
    shell.join(joined(1))
    shell.machine.state.peers[A].upload.add(1, shell.now)
    shell.now += 3
    assert causes(shell)["moving"].evidence.startswith(("slowly", "1 B/s"))


@pytest.mark.parametrize("held_back", [0, 1])
def test_a_limit_is_named_where_it_binds(held_back: int) -> None:
    shell = downloading()
    shell.join(joined(1))
    shell.machine.state.peers[A].download.add(10_000 * (1 - held_back) + 10, shell.now)
    shell.now += 1
    around = Surroundings(down_limit=5_000, up_limit=5_000, held_back=held_back)
    assert list(causes(shell, around)) == ["moving", "limit"]
    far = Surroundings(down_limit=10**9, up_limit=5_000)
    assert list(causes(shell, far)) == ["moving"]


def test_a_limit_on_uploads_is_named_where_it_binds() -> None:
    shell = seeding()
    shell.join(joined(1))
    shell.machine.state.peers[A].upload.add(10_000, shell.now)
    shell.now += 1
    found = causes(shell, Surroundings(up_limit=5_000))
    assert list(found) == ["moving", "limit"]
    assert found["limit"].remedy == "raise --limit-up"


def test_from_a_device_that_is_down_nothing_else_is_to_be_expected() -> None:
    found = causes(downloading(), Surroundings(outage="the device is down: tun0"))
    assert list(found) == ["device_down"]


def test_what_the_disk_does_not_give_is_named() -> None:
    found = causes(seeding(), Surroundings(unreadable="content is missing: piece 7"))
    assert list(found) == ["disk"]
    assert found["disk"].evidence.startswith("content is missing: piece 7; ")


def test_places_that_others_have() -> None:
    shell = seeding()
    budget = Budget(1)
    shell.machine.state.lent.connections._budget = budget
    Share(budget).use(1)
    assert not shell.machine.state.lent.connections.allows(1)
    assert list(causes(shell)) == ["limit"]


def test_the_system_has_no_descriptor() -> None:
    shell = seeding()
    shell.machine.state.exhausted_told = True
    assert "no descriptor is left" in causes(shell)["open_files"].evidence
    shell.join(joined(1))
    assert "open_files" not in causes(shell), "it has got over it"


def test_a_disk_that_is_slow() -> None:
    shell = downloading()
    shell.machine.state.lent_bytes = 10 * PIECE_LENGTH
    shell.join(joined(1))
    assert "disk" not in causes(shell, Surroundings(writes=1, write_seconds=0.5))
    one = causes(shell, Surroundings(writes=1, write_seconds=7))
    assert list(one) == ["disk"]
    assert one["disk"].evidence.startswith("1 piece waits for the disk (32.0 KiB)")
    several = causes(shell, Surroundings(writes=3, write_seconds=7))["disk"]
    assert several.evidence.startswith("3 pieces wait for the disk (96.0 KiB), the oldest for 7s")


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (NoSpace("cannot write: no space left on device: /x", "/x"), "make room on the disk"),
        (WriteError("cannot write: permission denied: /x", "/x"), "see to that path"),
    ],
)
def test_a_disk_that_refuses(error: WriteError, remedy: str) -> None:
    shell = downloading()
    state = shell.machine.state
    state.limits = type(state.limits)(disk_seconds=math.inf, waits_for_peers=True)
    shell.machine.handle(StorageFailed(error), shell.now)
    shell.now += 42
    found = causes(shell)
    assert list(found) == ["disk"]
    assert found["disk"].evidence == f"{error}; waiting for 42s"
    assert found["disk"].remedy == remedy
    state.disk.refused[0] = None
    assert causes(shell)["disk"].evidence.endswith(", 1 piece is kept in memory")
    state.disk.refused[1] = None
    assert causes(shell)["disk"].evidence.endswith(", 2 pieces are kept in memory")


def test_a_disk_that_ended_it() -> None:
    shell = downloading()
    shell.machine.state.limits = type(shell.machine.state.limits)(disk_seconds=1)
    shell.machine.handle(StorageFailed(WriteError("cannot write: /x", "/x")), shell.now)
    assert causes(shell)["disk"].evidence == "cannot write: /x"


def test_content_that_is_not_what_it_should_be() -> None:
    info = info_of()
    shell = Shell(machine_of(info), info)
    shell.machine.state.phase = Phase.CHECKING
    shell.machine.handle(StorageFailed(ContentMismatch("2 pieces are bad")), shell.now)
    assert causes(shell)["content"].evidence == "2 pieces are bad"


def test_a_seed_is_idle_for_a_reason() -> None:
    shell = seeding()
    assert causes(shell)["idle"].evidence == "no peer is connected"
    shell.join(joined(1))
    assert causes(shell)["idle"].evidence == "the only peer wants nothing"
    shell.join(joined(2))
    assert causes(shell)["idle"].evidence == "none of 2 peers wants anything"
    shell.machine.state.peers[A].they_interested = True
    assert causes(shell)["idle"].evidence == "1 of 2 peers want pieces and wait for their turn"
    shell.machine.state.peers[A].we_choke = False
    assert causes(shell)["idle"].facts == {"peers": 2, "interested": 1, "served": 1}


def test_a_magnet_link_whose_peers_were_asked_for_nothing_yet() -> None:
    info = info_of()
    machine = machine_of(magnet=info)
    shell = Shell(machine, info)
    machine.state.phase = Phase.METADATA
    assert "no_peers" in causes(shell)
    shell.join(joined(1, extended=True))
    assert list(causes(shell)) == ["metadata_waiting"]


def test_peers_that_are_about_to_leave_explain_nothing() -> None:
    shell = downloading()
    for key in (1, 2):
        shell.join(joined(key))
    peers = shell.machine.state.peers
    for peer in peers.values():
        peer.leaving = True
    assert causes(shell)["waiting"].evidence == "2 peers are connected and may still be of use"
    del peers[A]
    assert causes(shell)["waiting"].evidence == "1 peer is connected and may still be of use"


def test_what_is_said_about_peers_waits_for_what_is_said_about_the_disk() -> None:
    shell = downloading()
    shell.join(joined(1))
    shell.hear(A, m.HaveAll())
    assert list(causes(shell)) == ["choked"]
    assert list(causes(shell, Surroundings(writes=1, write_seconds=9))) == ["disk"]
