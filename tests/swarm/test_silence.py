"""Why peers that are here bring nothing."""

from raincore.base.endpoint import Endpoint
from raincore.documents.events import Explanation
from raincore.policy.metadata_tally import Cause
from raincore.swarm import silence
from raincore.swarm.events import PeerKey
from raincore.wire import messages as m
from tests.swarm.swarm_world import Shell, info_of, joined, machine_of, ready_machine

A, B = PeerKey(1), PeerKey(2)


def shell_of(pieces: int = 4) -> Shell:
    info = info_of(pieces)
    return Shell(ready_machine(info), info)


def of_content(shell: Shell) -> list[Explanation]:
    return silence.of_content(shell.machine.state, shell.now)


def evidence(shell: Shell) -> list[str]:
    return [one.evidence for one in of_content(shell)]


def test_without_peers_there_is_nothing_to_say() -> None:
    shell = shell_of()
    assert not of_content(shell)
    shell.join(joined(1))
    shell.machine.state.peers[A].leaving = True
    assert not of_content(shell)


def test_pieces_that_nobody_has_are_listed() -> None:
    shell = shell_of(12)
    shell.join(joined(1))
    assert evidence(shell) == ["the only peer does not have 12 pieces, 0, 1, 2, 3, 4 …"]
    shell.leecher(2, list(range(11)))
    found = of_content(shell)
    assert [one.cause for one in found] == ["missing_pieces", "waiting"]
    assert found[0].evidence == "none of 2 peers has piece 11"
    assert found[0].facts == {"pieces": [11], "count": 1, "peers": 2}


def test_who_has_only_what_is_on_its_way_cannot_help() -> None:
    shell = shell_of(1)
    shell.join(joined(1))
    shell.machine.state.checking[0] = ()
    assert evidence(shell) == ["what is missing is asked for elsewhere; 1 peer cannot help"]
    shell.machine.state.picker = None
    assert [one.cause for one in of_content(shell)] == ["waiting"]


def test_choking_is_told_with_its_length() -> None:
    shell = shell_of()
    shell.join(joined(1))
    shell.hear(A, m.HaveAll())
    shell.now += 5
    assert evidence(shell) == ["the only peer that has what is missing chokes us, for 5s"]
    shell.join(joined(2))
    shell.hear(B, m.HaveAll())
    shell.now += 5
    assert evidence(shell) == ["all 2 peers that have what is missing choke us, for 10s"]


def test_silence_is_told_with_names() -> None:
    shell = shell_of()
    shell.seed(1)
    peers = shell.machine.state.peers
    peers[A].snubbed = True
    name = str(peers[A].joined.endpoint)
    assert evidence(shell) == [
        f"the only peer that we may ask has sent nothing for more than 20s ({name})"
    ]
    shell.seed(2)
    peers[B].snubbed = True
    assert evidence(shell)[0].startswith("all 2 peers that we may ask have sent nothing")


def test_who_rejects_is_told_from_who_is_asked() -> None:
    shell = shell_of()
    shell.seed(1)
    assert of_content(shell)[0].cause == "waiting"
    owed = list(shell.remotes[A].owed)
    shell.hear(A, *(m.Reject(*asked) for asked in owed))
    assert evidence(shell) == ["1 peer let us ask and reject what is asked"]


def test_piece_hashes_that_nobody_gives() -> None:
    shell = shell_of()
    shell.join(joined(1))
    shell.machine.state.layer_download = object()  # type: ignore[assignment]
    assert [one.cause for one in of_content(shell)] == ["no_hashes"]


def test_what_became_of_asking_for_metadata() -> None:
    info = info_of()
    machine = machine_of(magnet=info)
    state = machine.state
    assert not silence.of_metadata(state)
    state.lookup.tally.note(Endpoint("20.0.0.1", 1), Cause.REFUSED)
    refused = silence.of_metadata(state)
    assert [(one.cause, one.evidence) for one in refused] == [
        ("metadata_refused", "the only peer refused")
    ]
    state.lookup.tally.note(Endpoint("20.0.0.2", 1), Cause.WAITING)
    waiting = silence.of_metadata(state)
    assert [one.cause for one in waiting] == ["metadata_waiting"]
    assert waiting[0].evidence == "2 peers tried: 1 have not answered yet, 1 refused"
    assert waiting[0].facts == {"waiting": 1, "refused": 1}


def test_other_sources_that_had_no_metadata_are_named() -> None:
    state = machine_of(magnet=info_of()).state
    state.lookup.sources.failures["http://a.example/a.torrent"] = "HTTP 404"
    (found,) = silence.of_metadata(state)
    assert found.evidence == "no other source had it: http://a.example/a.torrent: HTTP 404"
