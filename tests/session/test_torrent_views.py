"""Numbers of a torrent, made from what its machine knows."""

from raincore.base.bitfield import Bitfield
from raincore.documents.session_records import FileView, TorrentStatus
from raincore.session import torrent_views
from raincore.swarm.events import Heard, PeerKey, Started
from raincore.wire import messages as m
from raincore.wire.extension import ExtendedHandshake
from tests.sim.content import sample
from tests.swarm.swarm_world import PIECE_LENGTH, info_of, joined, machine_of, ready_machine

INFO = info_of(files=(("a", PIECE_LENGTH + 5), ("b", PIECE_LENGTH - 5)), padding=0)


def test_files_are_numbered_without_padding():
    padded = info_of(files=(("a", 10), ("b", 20)), padding=PIECE_LENGTH - 10)
    assert list(torrent_views.files(padded, {2})) == [
        FileView(path="n/a", length=10, index=0),
        FileView(path="n/b", length=20, index=1, wanted=False),
    ]


def test_bytes_of_a_file_are_those_in_verified_pieces():
    def done(*have: int) -> list[int]:
        found = torrent_views.file_stats(INFO, Bitfield(2, have), ())
        return [one.bytes_completed for one in found]

    assert done() == [0, 0]
    assert done(0) == [PIECE_LENGTH, 0]
    assert done(1) == [5, PIECE_LENGTH - 5]
    assert done(0, 1) == [PIECE_LENGTH + 5, PIECE_LENGTH - 5]


def test_an_empty_file_is_complete_at_once():
    info = info_of(files=(("a", PIECE_LENGTH), ("empty", 0)))
    found = torrent_views.file_stats(info, Bitfield.full(1), ())
    assert [one.bytes_completed for one in found] == [PIECE_LENGTH, 0]


def test_peers_are_counted_by_what_they_do():
    machine = ready_machine(info_of(4), now=1000.0)
    machine.handle(joined(1), 1000.0)
    machine.handle(joined(2, incoming=False), 1000.0)
    machine.handle(Heard(PeerKey(1), (m.HaveAll(), m.Unchoke()), 0, 0), 1000.0)
    machine.handle(Heard(PeerKey(2), (m.Have(1),), 0, 0), 1000.0)
    state = machine.state
    one, two = torrent_views.peers(state, 1001.0, 5001.0)
    assert (one.source, one.downloading, one.they_choke, one.progress) == (
        "incoming",
        True,
        False,
        1,
    )
    assert one.connected_at == 5000.0
    assert (two.source, two.downloading, two.progress) == ("", False, 0.25)
    facts = torrent_views.around(state, TorrentStatus.DOWNLOADING, 100, 10, now=1001.0, strangers=3)
    assert facts["handshakes"].incoming == 3
    assert facts["peers"].total == 2
    assert facts["peers"].incoming == facts["peers"].outgoing == 1
    assert facts["downloads"].running == 1
    assert facts["eta_seconds"] == 10
    assert torrent_views.around(state, TorrentStatus.SEEDING, 0, 10, now=1.0)["eta_seconds"] is None
    assert torrent_views.around(None, TorrentStatus.STOPPED, 0, 0, now=1.0) == {}
    pieces = torrent_views.pieces(state.info, state.have, state)
    assert (pieces.have, pieces.missing, pieces.available, pieces.total) == (0, 4, 4, 4)


def test_pieces_are_available_if_anybody_has_them():
    machine = ready_machine(info_of(4), now=1000.0)
    for key, piece in ((1, 0), (2, 2)):
        machine.handle(joined(key), 1000.0)
        machine.handle(Heard(PeerKey(key), (m.Have(piece),), 0, 0), 1000.0)
    assert torrent_views.pieces(machine.state.info, None, machine.state).available == 2
    assert torrent_views.pieces(None, None, None).total == 0


def test_a_time_to_go_is_said_in_round_numbers():
    said = [torrent_views.eta_seconds(seconds * 10, 10) for seconds in (59, 61, 400, 4000, 40000)]
    assert said == [59, 60, 405, 3900, 39600]
    assert torrent_views.eta_seconds(5, 0) is None


def test_web_seeds_are_listed_also_when_nobody_asks_them():
    assert [one.url for one in torrent_views.idle_webseeds(["http://a"])] == ["http://a"]
    machine = ready_machine(sample(1, pieces=2).info)
    assert torrent_views.webseeds(machine.state, 1000.0) == []
    assert torrent_views.rates(machine.state, 1000.0) == (0, 0)


def test_peers_that_owe_metadata_are_counted_until_they_are_silent_for_long():
    big = info_of(5000)
    machine = machine_of(magnet=big)
    machine.handle(Started(), 0.0)
    for key in (1, 2):
        machine.handle(joined(key, extended=True, fast=False), 0.0)
        claim = ExtendedHandshake({"ut_metadata": 3}, metadata_size=len(big.raw))
        machine.handle(Heard(PeerKey(key), (claim,), 0, 0), 0.0)
    state = machine.state

    def counted(now):
        found = torrent_views.metadata_downloads(state, now)
        return found.total, found.running, found.snubbed

    assert counted(0.0) == (2, 2, 0)
    machine.handle_timer(state.config.peers.request_timeout_seconds)
    total, running, snubbed = counted(state.config.peers.request_timeout_seconds)
    assert (total, snubbed) == (2, 2 - running)
    assert snubbed
