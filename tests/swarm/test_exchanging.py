"""Who tells whom of whom, when, and what is believed (BEP 11)."""

import math
from dataclasses import replace

import pytest

from raincore.base.config import PeerLimits, Sources
from raincore.base.endpoint import Endpoint
from raincore.formats import bencoding
from raincore.formats.info import Info
from raincore.policy.file_selection import EVERYTHING, choose
from raincore.swarm.events import PeerKey, Started
from raincore.swarm.exchanging import (
    BATCH_SECONDS,
    EVERY_SECONDS,
    OFFENCES_MAX,
    SOON_SECONDS,
)
from raincore.swarm.state import Goal, Phase
from raincore.wire import messages as m
from raincore.wire import ut_pex
from raincore.wire.extension import OUR_IDS, ExtendedHandshake
from raincore.wire.ut_pex import PexFlags, PexMessage, PexPeer
from tests.swarm.swarm_world import Shell, config, info_of, joined, machine_of, ready_machine

A, B, C, D = (PeerKey(n) for n in range(1, 5))
REACHABLE = PexFlags.REACHABLE
THEIR_PEX = 7


def shell_of(info: Info | None = None, *, pex: bool = True, goal: Goal = Goal.COMPLETE) -> Shell:
    info = info or info_of()
    patient = PeerLimits(idle_timeout_seconds=1e6, keep_alive_seconds=1e6)
    settings = replace(config(peers=patient), sources=Sources(pex=pex))
    have = range(4) if goal is Goal.SEED else ()
    return Shell(ready_machine(info, have, settings=settings, goal=goal), info)


def introduce(shell: Shell, key: PeerKey, *, pex: bool = True, port: int | None = None) -> None:
    ids = {"ut_pex": THEIR_PEX} if pex else {}
    theirs = ExtendedHandshake(ids=ids, port=port)
    shell.hear(key, m.Extended(0, theirs.encode()))


def meet(
    shell: Shell, number: int, *, incoming: bool = False, host: str | None = None, **facts: int
) -> PeerKey:
    """A peer joins and introduces itself."""
    key = shell.join(joined(number, extended=True, incoming=incoming, host=host))
    introduce(shell, key, **facts)
    return key


def at(key: int) -> Endpoint:
    return joined(key).endpoint


def heard(shell: Shell, key: PeerKey) -> list[PexMessage]:
    return [message for message in shell.said(key) if isinstance(message, PexMessage)]


def tell(shell: Shell, key: PeerKey, *endpoints: Endpoint, flags: int = 0) -> None:
    message = PexMessage(tuple(PexPeer(one, PexFlags(flags)) for one in endpoints))
    shell.hear(key, m.Extended(OUR_IDS["ut_pex"], ut_pex.encode(message)))


# --- telling ------------------------------------------------------------------------------


def test_peers_hear_of_each_other_soon_and_of_themselves_never() -> None:
    shell = shell_of()
    for number in (1, 2):
        meet(shell, number)
    shell.wait(SOON_SECONDS)
    assert heard(shell, A) == [PexMessage((PexPeer(at(2), REACHABLE),))]
    assert heard(shell, B) == [PexMessage((PexPeer(at(1), REACHABLE),))]


def test_news_are_told_once_a_minute_and_nothing_is_told_without() -> None:
    shell = shell_of()
    meet(shell, 1)
    assert shell.machine.state.timers.exchange == math.inf, "who is alone is told nothing"
    shell.wait(EVERY_SECONDS)
    meet(shell, 2)
    shell.wait(SOON_SECONDS)
    assert heard(shell, A) == [PexMessage((PexPeer(at(2), REACHABLE),))]
    shell.leave(B)
    meet(shell, 3)
    shell.wait(EVERY_SECONDS - 10)
    assert heard(shell, A) == []
    shell.wait(20)
    assert heard(shell, A) == [PexMessage((PexPeer(at(3), REACHABLE),), (at(2),))]


def test_those_whose_turn_is_near_are_told_together() -> None:
    shell = shell_of()
    for number in range(1, 20):
        meet(shell, number)
        shell.wait(0.3)
    shell.wait(400)
    before = shell.events
    meet(shell, 30)
    fired = 0
    end = shell.now + 200
    while (due := shell.machine.state.timers.exchange) <= end:
        fired += 1
        shell.wait(due - shell.now + 1e-6)
    assert shell.events - before == 2, "it joined and introduced itself"
    assert fired <= 6, "not one for each of twenty"
    assert all(heard(shell, PeerKey(n)) for n in range(1, 20))


def test_who_dialled_us_is_told_of_if_it_says_where_it_listens() -> None:
    shell = shell_of()
    meet(shell, 1)
    meet(shell, 2, incoming=True, port=777)
    meet(shell, 3, incoming=True)
    shell.wait(SOON_SECONDS)
    assert heard(shell, A) == [PexMessage((PexPeer(Endpoint("10.0.0.3", 777)),))]


def test_two_connections_to_one_address_are_one() -> None:
    shell = shell_of()
    meet(shell, 1)
    meet(shell, 2, incoming=True, host="10.0.0.9", port=777)
    meet(shell, 3, incoming=True, host="10.0.0.9", port=777)
    shell.wait(SOON_SECONDS)
    heard(shell, A)
    shell.leave(C)
    shell.wait(EVERY_SECONDS + BATCH_SECONDS)
    assert heard(shell, A) == []
    shell.leave(B)
    shell.wait(EVERY_SECONDS + BATCH_SECONDS)
    assert heard(shell, A) == [PexMessage((), (Endpoint("10.0.0.9", 777),))]


def test_flags_say_what_is_known_when_they_are_sent() -> None:
    shell = shell_of()
    meet(shell, 1)
    encrypted = replace(joined(2, extended=True, incoming=False), encryption="rc4")
    shell.join(encrypted)
    shell.hear(B, m.HaveAll())
    shell.hear(B, m.Extended(0, ExtendedHandshake(ids={"ut_holepunch": 4}).encode()))
    meet(shell, 3, incoming=True, port=1)
    shell.hear(C, m.Extended(0, ExtendedHandshake(upload_only=True).encode()))
    shell.wait(SOON_SECONDS)
    seed = REACHABLE | PexFlags.SEED | PexFlags.HOLEPUNCH | PexFlags.PREFERS_ENCRYPTION
    third = PexPeer(Endpoint("10.0.0.4", 1), PexFlags.SEED)
    assert heard(shell, A) == [PexMessage((PexPeer(at(2), seed), third))]


def test_only_those_who_understand_are_told() -> None:
    shell = shell_of()
    meet(shell, 1, pex=False)
    meet(shell, 2)
    shell.wait(SOON_SECONDS)
    assert heard(shell, A) == []
    assert len(heard(shell, B)) == 1


def test_strangers_do_not_hear_of_our_own_network() -> None:
    shell = shell_of()
    meet(shell, 1, host="20.0.0.1")
    meet(shell, 2, host="192.168.1.2")
    meet(shell, 3, host="20.0.0.3")
    shell.wait(SOON_SECONDS)
    [stranger] = heard(shell, A)
    [neighbour] = heard(shell, B)
    assert [peer.endpoint.host for peer in stranger.added] == ["20.0.0.3"]
    assert [peer.endpoint.host for peer in neighbour.added] == ["20.0.0.1", "20.0.0.3"]


def test_who_is_leaving_is_told_nothing() -> None:
    shell = shell_of()
    meet(shell, 1)
    meet(shell, 2)
    state = shell.machine.state
    state.peers[A].leaving = True
    shell.wait(SOON_SECONDS)
    assert heard(shell, A) == []


def test_news_of_the_time_without_info_are_told_when_it_is_known() -> None:
    info = info_of()
    shell = Shell(machine_of(magnet=info), info)
    shell.feed(Started())
    meet(shell, 1)
    meet(shell, 2)
    shell.wait(100)
    assert heard(shell, A) == []
    state = shell.machine.state
    state.info, state.geometry = info, info.geometry
    state.wanted = choose(EVERYTHING, info)
    shell.check_content()
    shell.wait(SOON_SECONDS)
    assert len(heard(shell, A)) == 1


@pytest.mark.parametrize("private", [True, False])
def test_nothing_is_told_or_believed_without_permission(private: bool) -> None:
    shell = shell_of(info_of(private=private), pex=private)
    meet(shell, 1, incoming=True, port=1)
    meet(shell, 2, incoming=True, port=2)
    first = [said for said in shell.remotes[A].said if isinstance(said, ExtendedHandshake)]
    assert "ut_pex" not in first[0].ids
    assert "ut_metadata" in first[0].ids
    tell(shell, A, Endpoint("10.9.9.9", 1))
    shell.wait(500)
    assert heard(shell, A) == []
    assert shell.dials == []
    assert shell.machine.state.timers.exchange == math.inf


# --- hearing ------------------------------------------------------------------------------


def test_those_that_a_peer_tells_of_are_dialled() -> None:
    shell = shell_of()
    meet(shell, 1)
    tell(shell, A, Endpoint("10.9.9.9", 1), Endpoint("20.1.1.1", 2))
    assert sorted(shell.dials) == [Endpoint("10.9.9.9", 1), Endpoint("20.1.1.1", 2)]


def test_a_seed_does_not_dial_the_seeds_among_them() -> None:
    shell = shell_of(goal=Goal.SEED)
    shell.seal()
    meet(shell, 1)
    tell(shell, A, Endpoint("10.9.9.9", 1), flags=PexFlags.SEED)
    assert shell.dials == []
    shell.wait(50)
    tell(shell, A, Endpoint("10.9.9.8", 1))
    assert shell.dials == [Endpoint("10.9.9.8", 1)]


def test_strangers_are_not_believed_about_our_own_network_nor_about_ports_of_one_host() -> None:
    shell = shell_of()
    meet(shell, 1, host="20.0.0.1")
    ports = [Endpoint("20.7.7.7", port) for port in range(1, 20)]
    tell(shell, A, Endpoint("192.168.1.1", 80), Endpoint("239.1.1.1", 80), *ports)
    assert shell.dials == [ports[0]]


def test_neighbours_may_tell_of_many_ports_of_one_host() -> None:
    shell = shell_of()
    meet(shell, 1)
    ports = [Endpoint("127.0.0.1", port) for port in range(1, 10)]
    tell(shell, A, *ports)
    assert sorted(shell.dials) == ports


def flood(count: int) -> bytes:
    packed = b"".join(Endpoint(f"20.0.{n >> 8}.{n & 255}", 1).packed for n in range(count))
    return bencoding.encode({"added": packed})


def test_a_flood_costs_one_warning_bounded_memory_and_in_the_end_the_connection() -> None:
    shell = shell_of()
    meet(shell, 1)
    for _ in range(OFFENCES_MAX):
        assert A in shell.remotes
        shell.hear(A, m.Extended(OUR_IDS["ut_pex"], flood(10_000)))
        shell.wait(30)
    assert [reason for _, reason, _ in shell.gone] == ["pex_flood"]
    assert len(shell.machine.state.candidates) == 0
    assert [record.code for record in shell.warnings] == ["pex_flood"]


def test_who_tells_too_often_is_ignored_until_it_has_rested() -> None:
    shell = shell_of()
    meet(shell, 1)
    for number in range(5):
        tell(shell, A, Endpoint(f"10.9.9.{number}", 1))
    assert len(shell.machine.state.candidates) == 3
    assert shell.machine.state.peers[A].exchange.offences == 2
    shell.wait(46)
    tell(shell, A, Endpoint("10.9.9.77", 1))
    assert len(shell.machine.state.candidates) == 4


def test_one_peer_cannot_tell_of_all_the_world_but_may_stay_for_ever() -> None:
    shell = shell_of()
    shell.machine.state.phase = Phase.SEALING  # nobody is dialled
    meet(shell, 1)
    candidates = shell.machine.state.candidates

    def flooded(count: int, turn: int) -> int:
        before = len(candidates)
        tell(shell, A, *(Endpoint(f"20.{turn}.{n >> 7}.{n & 127}", 1) for n in range(count)))
        return len(candidates) - before

    assert [flooded(200, 1), flooded(200, 2), flooded(200, 3)] == [200, 100, 0]
    for turn in range(4, 20):
        shell.wait(60)
        assert flooded(200, turn) <= 140
    assert shell.machine.state.peers[A].exchange.offences == 0
    shell.wait(600)
    assert flooded(300, 21) == 300


def test_we_are_not_dialled_on_anybodys_word() -> None:
    info = info_of()
    machine = ready_machine(info)
    machine.state.own.__init__(["10.0.0.200"], 6881)  # type: ignore[misc]
    shell = Shell(machine, info)
    meet(shell, 1)
    tell(shell, A, Endpoint("10.0.0.200", 6881))
    assert shell.dials == []
