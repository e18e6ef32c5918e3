"""The DHT is searched at the start and in growing pauses; told of us only when it may be."""

from dataclasses import replace

import pytest

from raincore.base.bitfield import Bitfield
from raincore.base.config import DhtLimits
from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConnectError, TimedOut
from raincore.documents import events as records
from raincore.swarm import dht_searching, piece_layers, stats
from raincore.swarm.commands import (
    AddDhtNode,
    CheckContent,
    Dial,
    Finish,
    SaveState,
    SearchDht,
    StopDhtSearch,
)
from raincore.swarm.events import (
    AnnounceFailed,
    ContentChecked,
    DhtSearched,
    DialFailed,
    PeersFound,
    Sealed,
    Started,
)
from raincore.swarm.state import Goal, Limits, Phase
from raincore.wire import messages as m
from tests.playbook import Playbook
from tests.swarm.swarm_world import Shell, config, info_of, joined, machine_of, ready_machine

PORT = 6881
OPEN, SECRET = info_of(), info_of(private=True)
LOOK, ANNOUNCE, SEED = SearchDht(False, False), SearchDht(True, False), SearchDht(True, True)
PEER = Endpoint("192.0.2.9", 6881)
GOOD = DhtSearched(asked=9, answered=8, stored=8, peers=0)
SILENT = DhtSearched(asked=6, answered=0, stored=0, peers=0)


def begun(**options: object) -> Playbook:
    """A download that has just begun to search."""
    p = Playbook(ready_machine(dht_port=PORT, **options))  # type: ignore[arg-type]
    p.wait(0)
    return p


def searches(p: Playbook) -> list[SearchDht]:
    return [command for command in p.skip() if isinstance(command, SearchDht)]


# --- when, and what is told ------------------------------------------------------------------


def test_a_download_announces_itself_once_its_content_was_looked_at():
    with Playbook(machine_of(OPEN, dht_port=PORT)) as p:
        p >> Started() << CheckContent(OPEN)
        p.wait(60)
        p >> ContentChecked(Bitfield(4, [0]))
        p.wait(0) << ANNOUNCE


def test_a_magnet_only_looks_until_it_is_known_not_to_be_private():
    with Playbook(machine_of(magnet=OPEN, dht_port=PORT)) as p:
        p >> Started()
        p.wait(0) << LOOK
        p >> GOOD
        piece_layers.on_info(p.machine.state, OPEN, p.now)
        p >> ContentChecked(Bitfield(4))
        assert p.skip() == [CheckContent(OPEN)]
        p.wait(0) << ANNOUNCE


def test_what_changes_during_a_search_is_told_right_after_it():
    with Playbook(machine_of(magnet=OPEN, dht_port=PORT)) as p:
        p >> Started()
        p.wait(0) << LOOK
        piece_layers.on_info(p.machine.state, OPEN, p.now)
        p >> ContentChecked(Bitfield(4))
        assert p.skip() == [CheckContent(OPEN)]
        p.wait(60)
        p >> GOOD
        p.wait(0) << ANNOUNCE


def test_a_seed_says_so():
    with Playbook(ready_machine(OPEN, range(4), goal=Goal.SEED, dht_port=PORT)) as p:
        p >> Sealed()
        p.skip()
        p.wait(0) << SEED
        p >> DhtSearched(9, 8, 8, 3)
        p.wait(13 * 60)
        p.wait(4 * 60) << SEED


def test_a_download_that_becomes_a_seed_says_so_at_once():
    with begun(goal=Goal.SEED) as p:
        p << ANNOUNCE
        p >> DhtSearched(9, 8, 8, 1)
        p.machine.state.have = Bitfield.full(4)
        p.machine.state.phase = Phase.SEALING
        p.wait(5)
        p.machine.state.phase = Phase.SEALING
        p >> Sealed() << SaveState()
        p.wait(0) << SEED


def test_where_no_peer_is_let_in_nobody_is_told():
    machine = ready_machine(dht_port=PORT)
    machine.state.port = 0
    with Playbook(machine) as p:
        p.wait(0) << LOOK


def test_without_a_dht_nothing_is_searched():
    with Playbook(ready_machine()) as p:
        p.wait(3600)
        p >> GOOD
        assert not p.records or all(not isinstance(r, records.DhtEvent) for r in p.records)


def test_a_private_torrent_never_comes_near():
    with begun(info=SECRET) as p:
        p.wait(3600)
        p >> PeersFound("dht", (PEER,))


def test_a_magnet_that_turns_out_private_ends_its_search():
    with Playbook(machine_of(magnet=SECRET, dht_port=PORT)) as p:
        p >> Started()
        p.wait(0) << LOOK
        piece_layers.on_info(p.machine.state, SECRET, p.now)
        p >> ContentChecked(Bitfield(4))
        p << StopDhtSearch() << CheckContent(SECRET)
        p.wait(3600)
        p >> GOOD
        assert not any(isinstance(record, records.DhtEvent) for record in p.records)


def test_a_magnet_that_turns_out_private_between_two_searches_makes_no_other():
    with Playbook(machine_of(magnet=SECRET, dht_port=PORT)) as p:
        p >> Started()
        p.wait(0) << LOOK
        p >> GOOD
        piece_layers.on_info(p.machine.state, SECRET, p.now)
        p >> ContentChecked(Bitfield(4))
        p << CheckContent(SECRET)
        p.wait(3600)


# --- pauses ----------------------------------------------------------------------------------


def times(p: Playbook, outcome: DhtSearched, count: int) -> list[float]:
    """Seconds between searches that all end like this."""
    found = []
    for _ in range(count):
        p >> outcome
        before = p.now
        while not searches(p):
            p.wait(1)
        found.append(p.now - before)
    return found


def test_while_nobody_is_known_the_pauses_grow_to_a_quarter_of_an_hour():
    with begun() as p:
        p << ANNOUNCE
        pauses = times(p, GOOD, 9)
        wanted = [10, 20, 40, 80, 160, 320, 640, 900, 900]
        for pause, middle in zip(pauses, wanted, strict=True):
            assert 0.9 * middle - 1 <= pause <= 1.1 * middle + 1


def test_a_seed_that_nobody_has_stored_tries_again_soon():
    with Playbook(ready_machine(OPEN, range(4), goal=Goal.SEED, dht_port=PORT)) as p:
        p >> Sealed()
        p.skip()
        p.wait(0) << SEED
        pauses = times(p, SILENT, 2)
        assert pauses[0] <= 12
        assert pauses[1] <= 23
        assert times(p, DhtSearched(9, 8, 8, 0), 1)[0] > 700
        assert times(p, SILENT, 1)[0] <= 12


def test_when_nobody_is_left_to_dial_the_next_search_comes_sooner():
    with begun() as p:
        p << ANNOUNCE
        p >> PeersFound("dht", (PEER,)) << Dial(PEER)
        p >> DhtSearched(9, 8, 8, 1)
        p.wait(60)
        p >> DialFailed(PEER, "connect", "connection refused")
        p.wait(1) << ANNOUNCE


def test_useless_peers_do_not_make_searching_frequent():
    shell = Shell(ready_machine(dht_port=PORT), OPEN)
    shell.wait(0)
    shell.join(joined(1))
    state = shell.machine.state
    assert state.dht is not None
    for _ in range(20):
        if not state.dht.under_way:
            break
        shell.feed(GOOD)
        dht_searching.hurry(state, shell.now)
        shell.wait(2000)
    assert state.dht.pause >= 640


def test_a_download_that_is_moving_is_in_no_hurry():
    shell = Shell(ready_machine(dht_port=PORT), OPEN)
    shell.wait(0)
    state = shell.machine.state
    key = shell.seed(1)
    shell.feed(DhtSearched(9, 8, 8, 1))
    due = state.timers.dht
    shell.wait(1)
    shell.deliver(key, 2)
    assert stats.is_moving(state, shell.now)
    dht_searching.hurry(state, shell.now)
    assert state.timers.dht == due


def test_asking_for_hurry_twice_changes_nothing_more():
    with begun() as p:
        p << ANNOUNCE
        p >> PeersFound("dht", (PEER,)) << Dial(PEER)
        p >> DhtSearched(9, 8, 8, 1)
        state = p.machine.state
        dht_searching.hurry(state, p.now)
        due, pause = state.timers.dht, state.dht.pause
        dht_searching.hurry(state, p.now)
        assert (state.timers.dht, state.dht.pause) == (due, pause)


def test_a_torrent_without_a_dht_has_nothing_to_hope_for_from_it():
    assert not dht_searching.may_help(ready_machine().state)


# --- what came of it -------------------------------------------------------------------------


def test_the_end_of_a_search_is_an_event():
    with begun() as p:
        p << ANNOUNCE
        p >> DhtSearched(9, 8, 7, 3)
        [record] = [r for r in p.records if isinstance(r, records.DhtEvent)]
        assert (record.asked, record.answered, record.stored, record.peers) == (9, 8, 7, 3)


def test_a_torrent_is_alone_when_no_node_answers_twice():
    with begun(limits=Limits()) as p:
        p << ANNOUNCE
        p >> SILENT
        p.wait(11) << ANNOUNCE  # a datagram is easily lost
        p >> SILENT
        finish = p.skip()[-1]
        assert isinstance(finish, Finish)
        assert isinstance(finish.error, ConnectError)
        assert str(finish.error) == "DHT: 0 of 6 nodes answered"


def test_an_answer_lets_one_more_search_be_fruitless():
    with begun(limits=Limits()) as p:
        p << ANNOUNCE
        p >> SILENT
        p.wait(11) << ANNOUNCE
        p >> GOOD
        p.wait(25) << ANNOUNCE
        p >> SILENT
        assert not any(isinstance(command, Finish) for command in p.skip())


def test_a_torrent_is_alone_at_once_when_there_is_no_node_to_ask():
    with begun(limits=Limits()) as p:
        p << ANNOUNCE
        p >> DhtSearched(asked=0, answered=0, stored=0, peers=0)
        finish = p.skip()[-1]
        assert isinstance(finish, Finish)
        assert str(finish.error) == "DHT: no node is known"


def test_a_search_under_way_is_hope():
    with begun(limits=Limits(), trackers=[["http://a.example"]]) as p:
        p.skip()
        p >> AnnounceFailed("http://a.example", "timeout contacting tracker", None)
        p >> SILENT
        p.wait(11)
        p.skip()
        p >> SILENT
        finish = p.skip()[-1]
        assert isinstance(finish, Finish)
        assert str(finish.error) == (
            "no tracker answered: timeout contacting tracker (a.example); "
            "DHT: 0 of 6 nodes answered"
        )


def test_nodes_that_answer_are_hope_until_the_time_is_up():
    with begun(limits=Limits(stall_seconds=100)) as p:
        p << ANNOUNCE
        p >> GOOD
        p.wait(50)
        p.skip()
        p >> GOOD
        p.wait(50)
        finish = p.skip()[-1]
        assert isinstance(finish, Finish)
        assert isinstance(finish.error, TimedOut)
        assert str(finish.error) == (
            "no progress for 1m40s: no peer is known "
            "(DHT: 8 of 9 nodes answered, none knows a peer)"
        )


# --- peers that run nodes --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dht_port", "info", "bit", "told"),
    [
        (PORT, OPEN, True, True),
        (PORT, OPEN, False, False),
        (PORT, SECRET, True, False),
        (None, OPEN, True, False),
    ],
)
def test_a_peer_with_a_node_is_told_of_ours(dht_port, info, bit, told):
    shell = Shell(ready_machine(info, dht_port=dht_port), info)
    key = shell.join(joined(1, dht=bit))
    assert (m.Port(PORT) in shell.said(key)) is told


def test_a_node_that_a_peer_names_is_added_once():
    machine = ready_machine(dht_port=PORT)
    machine.handle(joined(1, dht=True), 1000.0)
    peer = machine.state.peers[joined(1).peer]
    for port in (0, 7000, 7001):
        dht_searching.on_port(machine.state, peer, m.Port(port))
    found = [c for c in machine.state.take_commands(1000.0) if isinstance(c, AddDhtNode)]
    assert found == [AddDhtNode(Endpoint("10.0.0.2", 7000))]


def test_a_private_torrents_peers_name_no_nodes():
    machine = ready_machine(SECRET, dht_port=PORT)
    machine.handle(joined(1, dht=True), 1000.0)
    peer = machine.state.peers[joined(1).peer]
    dht_searching.on_port(machine.state, peer, m.Port(7000))
    assert machine.state.take_commands(1000.0) == []


def test_our_handshake_tells_of_the_node_only_when_it_is_no_secret():
    assert dht_searching.is_open(machine_of(OPEN, dht_port=PORT).state)
    assert not dht_searching.is_open(machine_of(magnet=OPEN, dht_port=PORT).state)
    assert not dht_searching.is_open(machine_of(SECRET, dht_port=PORT).state)
    assert not dht_searching.is_open(machine_of(OPEN).state)


# --- settings --------------------------------------------------------------------------------


def paced(every: float, soonest: float) -> Playbook:
    limits = DhtLimits(announce_interval_seconds=every, min_announce_interval_seconds=soonest)
    p = begun(settings=replace(config(), dht=limits))
    p.skip()
    return p


def test_how_often_a_torrent_is_announced_can_be_said():
    p = paced(100.0, 10.0)
    p.machine.state.phase = Phase.SEEDING
    assert all(90 <= wait <= 110 for wait in times(p, GOOD, 4))


def test_how_soon_at_the_earliest_it_is_repeated_can_be_said():
    found = times(paced(200.0, 60.0), GOOD, 4)
    assert found == pytest.approx([60, 120, 200, 200], rel=0.11)


def test_who_got_no_answer_has_asked_nobody_and_tries_again_soon():
    assert times(paced(1800.0, 60.0), SILENT, 3) == pytest.approx([10, 20, 40], rel=0.11)


def test_the_longest_pause_is_the_usual_one_however_small():
    assert times(paced(30.0, 60.0), GOOD, 3) == pytest.approx([30, 30, 30], rel=0.11)
