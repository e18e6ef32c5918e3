from raincore.base.geometry import BLOCK_LENGTH
from raincore.swarm import webseed_fetches
from raincore.swarm.webseed_state import Room
from tests.swarm.swarm_world import PIECE_LENGTH, config, info_of
from tests.swarm.web_world import W1, W2, WebShell, web_shell


def room(shell: WebShell, url: str = W1) -> Room | None:
    return shell.machine.webseeds.room(shell.fetch(url))


def test_the_first_piece_is_paid_for_at_once_and_others_when_they_are_begun() -> None:
    shell = web_shell(W1)
    assert shell.machine.state.lent_bytes == PIECE_LENGTH
    shell.bring(shell.fetch(), PIECE_LENGTH + 1)
    assert shell.machine.state.lent_bytes == 2 * PIECE_LENGTH


def test_room_is_the_rest_of_the_piece() -> None:
    shell = web_shell(W1)
    assert room(shell) == Room(0, 0, PIECE_LENGTH, True)
    shell.bring(shell.fetch(), 10)
    assert room(shell) == Room(0, 10, PIECE_LENGTH - 10, True)


def test_the_last_piece_may_be_shorter() -> None:
    shell = web_shell(W1, info=info_of(2, last_length=7))
    shell.bring(shell.fetch(), PIECE_LENGTH)
    assert room(shell) == Room(1, 0, 7, True)
    assert shell.machine.webseeds.end_of(shell.fetch()) == PIECE_LENGTH + 7


def test_there_is_no_room_in_what_is_over_or_unknown() -> None:
    shell = web_shell(W1)
    state, key = shell.machine.state, shell.fetch()
    assert webseed_fetches.room(state, 99) is None
    assert webseed_fetches.end_of(state, 99) == 0
    webseed_fetches.stop(state, state.web.fetches[key])
    webseed_fetches.stop(state, state.web.fetches[key])
    assert webseed_fetches.room(state, key) is None
    assert webseed_fetches.end_of(state, key) == 0


def test_there_is_no_room_behind_the_end() -> None:
    shell = web_shell(W1, pieces=1)
    shell.bring(shell.fetch(), PIECE_LENGTH)
    assert room(shell) is None


def test_a_block_counts_when_its_last_byte_has_come() -> None:
    shell = web_shell(W1)
    key = shell.fetch()
    shell.bring(key, BLOCK_LENGTH - 1)
    [download] = shell.machine.state.downloads.values()
    assert download.received_count == 0
    shell.bring(key, 1)
    assert download.received_count == 1
    assert set(download.senders) == {shell.source().key, -1}


def test_what_is_released_can_be_fetched_by_others() -> None:
    shell = web_shell(W1)
    key = shell.fetch()
    shell.bring(key, BLOCK_LENGTH)
    state = shell.machine.state
    webseed_fetches.release(state, state.web.fetches[key])
    assert state.picker is not None
    assert list(state.picker.open_pieces) == list(range(1, 8))
    assert list(state.open_downloads) == [0]


def test_a_piece_of_which_nothing_came_is_given_back_whole() -> None:
    shell = web_shell(W1)
    state = shell.machine.state
    webseed_fetches.release(state, state.web.fetches[shell.fetch()])
    assert state.lent_bytes == 0
    assert state.downloads == {}


def test_a_shared_piece_is_asked_of_the_newcomer_as_well() -> None:
    shell = web_shell(W1, W2, pieces=2)
    state = shell.machine.state
    shell.bring(shell.fetch(W1), BLOCK_LENGTH + 3)
    source = shell.source(W2)
    shell.bring(shell.fetch(W2), PIECE_LENGTH)
    shell.end(shell.fetch(W2))
    webseed_fetches.share(state, source, 0)
    shell._execute(state.take_commands(shell.now))
    assert state.endgame
    assert state.downloads[0].requesters == [shell.source(W1).key, source.key]
    found = shell.machine.webseeds.room(shell.fetch(W2))
    assert found == Room(0, BLOCK_LENGTH, PIECE_LENGTH - BLOCK_LENGTH, False)
    assert shell.machine.webseeds.accept(shell.fetch(W2), 9) == [(BLOCK_LENGTH, 9)]
    assert state.counters.wasted == 0


def test_bytes_of_a_piece_that_others_have_completed_are_wasted() -> None:
    shell = web_shell(W1, pieces=1)
    key = shell.fetch()
    peer = shell.seed(1)
    shell.wait(1)
    shell.deliver(peer, 100)
    fetch = shell.machine.state.web.fetches[key]
    fetch.is_stopped = False
    assert shell.machine.webseeds.accept(key, 10) == []
    assert shell.machine.state.counters.wasted >= 10


def test_waiting_fetches_go_on_in_turn() -> None:
    shell = web_shell(W1, W2, settings=config(budget_pieces=2))
    one, two = shell.fetch(W1), shell.fetch(W2)
    shell.bring(one, 4 * PIECE_LENGTH)
    shell.bring(two, 4 * PIECE_LENGTH)
    fetches = shell.machine.state.web.fetches
    assert (fetches[one].waits, fetches[two].waits) == (True, True)
    shell.finish_check()
    assert (fetches[one].waits, fetches[two].waits) == (False, True)
    shell.audit()


def test_a_piece_on_parole_comes_from_the_web_seed_alone() -> None:
    shell = web_shell(W1, pieces=1)
    state = shell.machine.state
    shell.fail()
    state.suspects.failed(0, [1, 2], [b"a", b"b"])
    shell.wait(2)
    assert state.downloads[0].exclusive == shell.source().key
    shell.fail()
    assert state.downloads == {}


def test_a_piece_left_by_the_only_one_allowed_goes_to_the_newcomer() -> None:
    shell = web_shell(W1, W2, pieces=2)
    state, source = shell.machine.state, shell.source(W2)
    shell.bring(shell.fetch(W2), PIECE_LENGTH)
    shell.end(shell.fetch(W2))
    download = state.downloads[0]
    shell.bring(shell.fetch(W1), BLOCK_LENGTH)
    download.exclusive = 99
    shell.fail(W1)
    shell.wait(1)
    assert shell.runs()[W2] == [range(1)]
    assert download.exclusive == source.key
    assert state.open_downloads == {}
    webseed_fetches.release(state, max(state.web.fetches.values(), key=lambda fetch: fetch.key))


def test_a_piece_that_another_alone_may_send_is_left_to_it() -> None:
    shell = web_shell(W1, W2, pieces=2)
    state, source = shell.machine.state, shell.source(W2)
    shell.bring(shell.fetch(W1), BLOCK_LENGTH)
    download = state.downloads[0]
    download.release_peer(shell.source(W1).key)
    download.exclusive = 99
    download.receive(99, 0)
    download._asked[1], download._states[1], download.free_count = 99, 1, 0
    webseed_fetches.share(state, source, 0)
    assert download.requesters == [99]


def test_free_blocks_that_another_alone_may_send_stay_free() -> None:
    shell = web_shell(W1, W2, pieces=2)
    state, source = shell.machine.state, shell.source(W2)
    download = state.downloads[0]
    download.release(shell.source(W1).key, 1)
    download.exclusive = shell.source(W1).key
    state.open_downloads[0] = download
    webseed_fetches.share(state, source, 0)
    assert download.free_count == 1
    assert state.open_downloads == {0: download}


def test_requests_that_a_web_seed_has_answered_are_called_off() -> None:
    shell = web_shell(W1, pieces=1)
    peer = shell.seed(1)
    shell.wait(1)
    assert shell.remotes[peer].owed
    shell.bring(shell.fetch(), PIECE_LENGTH)
    assert shell.remotes[peer].owed == []
    assert len(shell.checks) == 1
