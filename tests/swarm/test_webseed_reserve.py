from raincore.swarm import webseed_reserve
from tests.swarm.swarm_world import PIECE_LENGTH
from tests.swarm.web_world import W1, W2, WebShell, web_shell


def test_what_is_reserved_is_not_picked_and_what_is_given_up_is() -> None:
    shell = web_shell(W1)
    state = shell.machine.state
    assert state.picker is not None
    assert state.picker.unstarted == 0
    fetch = state.web.fetches[shell.fetch()]
    webseed_reserve.give_up(state, fetch, 5)
    assert list(state.picker.open_pieces) == [5, 6, 7]
    assert state.blocks_freed
    webseed_reserve.give_up(state, fetch, 0)  # what has been begun is kept
    assert (fetch.begun, fetch.end) == (1, 1)


def test_how_long_a_fetch_will_take_follows_from_its_rate() -> None:
    shell = web_shell(W1)
    key = shell.fetch()
    fetch = shell.machine.state.web.fetches[key]
    assert webseed_reserve.seconds_left(shell.machine.state, fetch, shell.now) == 8 * PIECE_LENGTH
    shell.bring(key, 2 * PIECE_LENGTH)
    shell.now += 1
    left = webseed_reserve.seconds_left(shell.machine.state, fetch, shell.now)
    assert 2.9 <= left <= 3.1


def freed(shell: WebShell, peer: int) -> bool:
    state = shell.machine.state
    return webseed_reserve.unreserved_piece(state, state.peer(peer), shell.now)


def test_a_piece_is_freed_from_the_fetch_with_the_longest_way_to_go() -> None:
    shell = web_shell(W1, W2)
    peer = shell.seed(1)
    before = {url: run[0] for url, run in shell.runs().items()}
    shell.bring(shell.fetch(W1), PIECE_LENGTH)
    shell.machine.state.peer(peer).download.add(10 * PIECE_LENGTH, shell.now)
    assert freed(shell, peer)
    assert shell.runs()[W2][0].stop < before[W2].stop


def test_nothing_is_freed_for_a_peer_that_chokes_or_is_silent() -> None:
    shell = web_shell(W1)
    peer = shell.machine.state.peer(shell.seed(1))
    peer.they_choke = True
    assert not freed(shell, 1)
    peer.they_choke = False
    peer.snubbed = True
    assert not freed(shell, 1)


def test_nothing_is_freed_where_nothing_is_reserved() -> None:
    shell = web_shell(W1, pieces=1)
    shell.seed(1)
    assert not freed(shell, 1)


def test_nothing_is_freed_that_the_peer_does_not_have() -> None:
    shell = web_shell(W1)
    shell.leecher(1, [0, 1])
    assert not freed(shell, 1)


def test_nothing_is_freed_that_the_web_seed_would_bring_sooner() -> None:
    shell = web_shell(W1)
    shell.bring(shell.fetch(), 6 * PIECE_LENGTH)
    shell.seed(1)
    assert not freed(shell, 1)
