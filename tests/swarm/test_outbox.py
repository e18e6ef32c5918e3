from raincore.documents import events as records
from raincore.swarm.commands import Drop, Finish, Publish, SaveState, Say
from raincore.swarm.events import PeerKey
from raincore.swarm.state import TorrentState
from raincore.wire import messages as m
from tests.swarm.swarm_world import joined, ready_machine

A, B = PeerKey(1), PeerKey(2)


def state_with_peers() -> TorrentState:
    machine = ready_machine()
    for key in (A, B):
        machine.handle(joined(key), 1000.0)
    return machine.state


def test_messages_of_one_event_leave_as_one_say_per_peer_and_before_anything_else() -> None:
    state = state_with_peers()
    a, b = state.peer(1), state.peer(2)
    state.do(SaveState())
    state.say(a, m.Choke())
    state.say(b, m.Choke())
    state.say(a, m.Unchoke(), m.Interested())
    state.say(b)
    assert state.take_commands(1234.0) == [
        Say(A, (m.Choke(), m.Unchoke(), m.Interested())),
        Say(B, (m.Choke(),)),
        SaveState(),
    ]
    assert a.last_said == 1234.0
    assert state.take_commands(1234.0) == []


def test_connections_end_last_and_only_finish_comes_after_them() -> None:
    state = state_with_peers()
    state.drop(state.peer(1), "timed_out")
    state.do(SaveState())
    assert state.take_commands(0.0) == [SaveState(), Drop(A, "timed_out")]
    state.drop(state.peer(2), "stopping")
    state.do(Finish(None))
    assert state.take_commands(0.0) == [Drop(B, "stopping"), Finish(None)]


def test_a_peer_that_was_told_to_go_is_told_nothing_else() -> None:
    state = state_with_peers()
    peer = state.peer(1)
    state.say(peer, m.Choke())
    state.drop(peer, "timed_out")
    state.drop(peer, "stopping")
    state.say(peer, m.Unchoke())
    assert state.take_commands(0.0) == [Drop(A, "timed_out")]


def test_the_last_words_to_a_peer_are_all_that_it_is_told() -> None:
    state = state_with_peers()
    state.say(state.peer(1), m.Interested())
    state.drop(state.peer(1), "banned", [m.Have(1)])
    state.say(state.peer(1), m.Have(2))
    state.drop(state.peer(1), "stopping", [m.Have(3)])
    assert state.take_commands(1.0) == [Say(A, (m.Have(1),)), Drop(A, "banned")]


def test_a_drop_may_be_all_there_is_to_do() -> None:
    state = state_with_peers()
    state.drop(state.peer(1), "timed_out")
    assert state.take_commands(0.0) == [Drop(A, "timed_out")]


def test_a_warning_is_a_record() -> None:
    state = state_with_peers()
    state.warn("slug", "in words")
    record = records.Warning(info_hash=state.info_hash, code="slug", message="in words")
    assert state.take_commands(0.0) == [Publish(record)]
