from raincore.base.endpoint import Endpoint
from raincore.documents.events import MetadataProgress
from raincore.swarm import metadata_report
from raincore.swarm.commands import Publish
from raincore.swarm.events import DialFailed, Heard, PeerKey, PeersFound, SourceFailed, Started
from raincore.swarm.machine import TorrentMachine
from raincore.wire.extension import ExtendedHandshake
from raincore.wire.ut_metadata import MetadataData, MetadataReject
from tests.swarm.swarm_world import info_of, joined, machine_of

A = PeerKey(1)
INFO = info_of(2000)
HOSTS = tuple(Endpoint(f"192.0.2.{n}", 6881) for n in range(1, 6))


def searching(*sources: str) -> TorrentMachine:
    machine = machine_of(magnet=INFO, sources=sources)
    machine.handle(Started(), 0.0)
    return machine


def told(machine: TorrentMachine) -> list[MetadataProgress]:
    metadata_report.tell(machine.state)
    commands = machine.state.take_commands(0.0)
    records = [command.record for command in commands if isinstance(command, Publish)]
    return [record for record in records if isinstance(record, MetadataProgress)]


def offer(machine: TorrentMachine) -> None:
    machine.handle(joined(1, extended=True), 0.0)
    hello = ExtendedHandshake({"ut_metadata": 3}, metadata_size=len(INFO.raw))
    machine.handle(Heard(A, (hello,), 0, 0), 0.0)


def test_the_outside_is_told_how_many_peers_did_what_and_how_much_has_come() -> None:
    machine = searching()
    offer(machine)
    data = MetadataData(0, len(INFO.raw), INFO.raw[:16384])
    machine.handle(Heard(A, (data,), 0, 0), 0.0)
    (record,) = told(machine)
    assert (record.peers_tried, record.waiting) == (1, 1)
    assert (record.bytes_have, record.bytes_total) == (16384, len(INFO.raw))


def test_nothing_is_told_again_that_has_not_changed() -> None:
    machine = searching()
    (record,) = told(machine)
    assert (record.peers_tried, record.bytes_total) == (0, None)
    assert told(machine) == []
    offer(machine)
    assert len(told(machine)) == 1


def test_it_is_told_each_second_while_it_is_looked_for() -> None:
    machine = searching()
    commands = machine.handle_timer(1.0)
    records = [command.record for command in commands if isinstance(command, Publish)]
    assert any(isinstance(record, MetadataProgress) for record in records)


def test_nobody_to_ask() -> None:
    assert metadata_report.why(searching().state) == "no peer is known"


def test_those_who_are_being_dialled_are_named() -> None:
    machine = searching()
    machine.handle(PeersFound("manual", HOSTS), 0.0)
    why = metadata_report.why(machine.state)
    assert why.startswith("no answer yet from 192.0.2.")
    assert why.count("192.0.2.") == 3


def test_peers_that_cannot_be_reached_are_counted_with_an_example() -> None:
    machine = searching()
    machine.handle(PeersFound("manual", HOSTS), 0.0)
    machine.handle(DialFailed(HOSTS[0], "connect", "refused: 192.0.2.1:6881"), 0.0)
    why = metadata_report.why(machine.state)
    assert why == "no peer could be reached: refused: 192.0.2.1:6881"
    machine.handle(DialFailed(HOSTS[1], "connect", "refused: 192.0.2.2:6881"), 0.0)
    why = metadata_report.why(machine.state)
    assert why == "none of 2 peers could be reached: refused: 192.0.2.2:6881"


def test_the_last_failure_goes_with_what_peers_did() -> None:
    machine = searching()
    offer(machine)
    assert metadata_report.why(machine.state) == "the only peer has not answered yet"
    machine.handle(Heard(A, (MetadataReject(0),), 0, 0), 0.0)
    why = metadata_report.why(machine.state)
    assert why == "the only peer refused (10.0.0.2:6881 refused to give the metadata)"


def test_the_first_sources_that_failed_are_named() -> None:
    machine = searching("http://a", "http://b\n", "http://c", "http://d", "http://e")
    assert metadata_report.why(machine.state).count("no answer yet from http://") == 3
    for source in ("http://a", "http://b\n", "http://c", "http://d", "http://e"):
        machine.handle(SourceFailed(source, "gone"), 0.0)
    why = metadata_report.why(machine.state)
    assert why.startswith("no peer is known; http://a: gone; http://b")
    assert "\n" not in why
    assert why.endswith("; 2 more sources failed")
