import math

from raincore.base.bitfield import Bitfield
from raincore.swarm import urgent_blocks
from raincore.swarm.events import PeerKey
from raincore.wire import messages as m
from tests.swarm.stream_world import stream_shell
from tests.swarm.swarm_world import joined

A, B, C = (PeerKey(key) for key in range(1, 4))


def test_what_is_needed_first_is_asked_for_first() -> None:
    shell = stream_shell()
    shell.read(5)
    shell.seed(1)
    assert shell.owed(A) == [5, 5, 6, 6, 7, 7, 8, 8]
    shell.audit()


def test_a_peer_that_lacks_a_piece_is_asked_for_the_next_that_it_has() -> None:
    shell = stream_shell()
    shell.read()
    shell.leecher(1, [2, 9])
    assert shell.owed(A) == [2, 2, 9, 9]


def test_while_nobody_is_known_each_is_tried_with_a_few_blocks() -> None:
    shell = stream_shell()
    shell.read()
    shell.seed(1)
    shell.seed(2)
    assert shell.owed(A) == [0, 0, 1, 1, 2, 2, 3, 3]
    assert shell.owed(B) == [4, 4, 5, 5, 6, 6, 7, 7]


def test_a_newcomer_is_tried_with_what_is_needed_last() -> None:
    shell = stream_shell()
    shell.read()
    shell.seed(1)
    shell.bring_at(A, 20, 1.0)
    shell.seed(2)
    first = shell.owed(B)[0]
    assert shell.owed(B) == [first] * urgent_blocks.PROBE_BLOCKS
    assert first > max(shell.owed(A))


def test_a_slow_peer_gets_only_what_it_can_bring_in_time() -> None:
    shell = stream_shell(pieces=200)
    shell.read()
    shell.seed(1)
    shell.seed(2)
    for _ in range(6):
        shell.bring_at(A, 20, 1.0)
        shell.deliver(B, 1)
    state = shell.machine.state
    needs = urgent_blocks.seconds_for(state.peers[B], 1, shell.now)
    assert needs > 1
    for asked in urgent_blocks.choose(state, state.peers[B], 2, shell.now):
        at = state.deadlines.order.index(asked.piece)
        assert state.deadlines.times[at] + urgent_blocks.SLACK_SECONDS >= shell.now + needs
    assert min(shell.owed(B)) > state.deadlines.order[0], "the fast one has what is next"
    assert state.counters.wasted == 0


def test_snubbed_and_choking_peers_get_nothing_that_is_due() -> None:
    shell = stream_shell()
    shell.read()
    shell.seed(1)
    shell.wait(30)
    assert shell.machine.state.peers[A].snubbed
    assert len(shell.owed(A)) == 1, "what it owes it may still bring"
    shell.join(joined(2))
    shell.hear(B, m.HaveAll(), m.AllowedFast(0), m.AllowedFast(30))
    assert shell.owed(B) == []
    assert urgent_blocks.choose(shell.machine.state, shell.machine.state.peers[B], 9, 0.0) == []
    shell.audit()


def test_nothing_is_begun_without_memory_for_it() -> None:
    shell = stream_shell(budget_pieces=2)
    shell.read()
    shell.seed(1)
    assert shell.owed(A) == [0, 0, 1, 1]
    shell.audit()
    shell.deliver(A, 2)
    shell.finish_checks()
    assert shell.owed(A) == [1, 1, 2, 2]
    shell.audit()


def test_an_open_piece_is_gone_on_with() -> None:
    shell = stream_shell()
    shell.read()
    shell.seed(1)
    shell.deliver(A)
    shell.leave(A)
    assert list(shell.machine.state.open_downloads) == [0]
    shell.seed(2)
    assert shell.owed(B)[:3] == [0, 1, 1]
    shell.audit()


def test_half_of_a_piece_is_left_to_others_when_there_is_no_room_for_more() -> None:
    shell = stream_shell(pieces=4)
    shell.read()
    shell.seed(1)
    state = shell.machine.state
    shell.leave(A)
    shell.leecher(2, [])
    peer = state.peers[B]
    peer.has = Bitfield.full(4)
    requests = urgent_blocks.choose(state, peer, 1, shell.now)
    assert [asked.piece for asked in requests] == [0]
    assert list(state.open_downloads) == [0]


def test_how_long_a_peer_takes_is_known_from_what_it_has_brought() -> None:
    shell = stream_shell()
    shell.read()
    shell.seed(1)
    peer = shell.machine.state.peers[A]
    assert urgent_blocks.seconds_for(peer, 1, shell.now) == 0.0, "nobody can know yet"
    assert urgent_blocks.seconds_for(peer, 1, shell.now + 0.25) == 9 * 0.25
    assert urgent_blocks.seconds_for(peer, 1, shell.now + 2.0) == math.inf
    shell.bring_at(A, 10, 1.0)
    peer = shell.machine.state.peers[A]
    expected = (len(peer.outstanding) + 1) / 10
    assert abs(urgent_blocks.seconds_for(peer, 1, shell.now) - expected) < 0.5 * expected
    silent = urgent_blocks.seconds_for(peer, 1, shell.now + 3.0)
    assert silent >= (len(peer.outstanding) + 1) * 3.0
