import pytest

from raincore.base.bitfield import Bitfield
from raincore.base.endpoint import Endpoint
from raincore.base.geometry import BLOCK_LENGTH
from raincore.formats.webseed_url import WebUrls
from raincore.policy.file_selection import EVERYTHING, Selection, choose
from raincore.swarm import stats
from raincore.swarm.events import AnnounceFailed, Heard, PeerKey, PeersFound, Started
from raincore.wire import messages as m
from tests.swarm.swarm_world import (
    PIECE_LENGTH,
    Shell,
    info_of,
    joined,
    machine_of,
    ready_machine,
)

A = PeerKey(1)


def test_progress_of_a_magnet_has_no_totals() -> None:
    progress = stats.progress(machine_of(magnet=info_of()).state, 0.0)
    assert (progress.pieces_have, progress.pieces_total, progress.bytes_total) == (0, 0, 0)
    assert progress.eta is None


@pytest.mark.parametrize(
    ("have", "done"),
    [([], 0), ([0], PIECE_LENGTH), ([3], 7), ([0, 3], PIECE_LENGTH + 7)],
)
def test_the_last_piece_counts_with_its_own_length(have: list[int], done: int) -> None:
    assert stats.bytes_done(ready_machine(info_of(4, last_length=7), have).state) == done


def test_a_torrent_without_content_has_nothing_to_count() -> None:
    state = ready_machine(info_of(files=[("empty", 0)])).state
    assert stats.bytes_done(state) == 0
    assert stats.ratio(state) == 0.0


def test_progress_tells_rates_and_when_it_will_be_done() -> None:
    info = info_of(4)
    shell = Shell(ready_machine(info, [0]), info)
    shell.seed(1)
    shell.deliver(A, 2)
    shell.now += 0.5
    progress = stats.progress(shell.machine.state, shell.now)
    assert progress.down_rate == 2 * BLOCK_LENGTH
    assert progress.eta == 3
    assert (progress.peers, progress.pieces_have, progress.bytes_done) == (1, 1, PIECE_LENGTH)
    assert stats.is_moving(shell.machine.state, shell.now)
    assert not stats.is_moving(shell.machine.state, shell.now + 60)


def test_the_ratio_is_what_was_sent_per_byte_of_content() -> None:
    state = ready_machine(info_of(4)).state
    state.counters.uploaded = 2 * PIECE_LENGTH
    assert stats.ratio(state) == 0.5
    assert stats.ratio(machine_of(magnet=info_of()).state) == 0.0


# --- why it stands still -------------------------------------------------------------------


def test_standing_still_without_peers_is_explained_by_the_last_failure() -> None:
    state = ready_machine().state
    assert stats.why_stalled(state) == "no peer is known"
    state.last_failure = "connection refused"
    assert stats.why_stalled(state) == "connection refused"


def test_standing_still_while_somebody_is_dialled_names_whom() -> None:
    machine = ready_machine()
    endpoints = tuple(Endpoint(f"192.0.2.{n}", 6881) for n in range(1, 6))
    machine.handle(PeersFound("manual", endpoints), 0.0)
    why = stats.why_stalled(machine.state)
    assert why.startswith("no answer yet from 192.0.2.")
    assert why.count("192.0.2.") == 3


def test_standing_still_among_many_peers_counts_them() -> None:
    machine = ready_machine(info_of(1))
    machine.handle(joined(1), 0.0)
    machine.handle(joined(2), 0.0)
    assert stats.why_stalled(machine.state) == "none of 2 peers has a piece that is missing"


def test_standing_still_without_metadata_is_explained() -> None:
    machine = machine_of(magnet=info_of(), trackers=[["http://t.example/announce"]])
    machine.handle(Started(), 0.0)
    machine.handle(joined(1), 0.0)
    assert stats.why_stalled(machine.state).startswith("the only peer has no metadata")
    machine.handle_timer(0.0)
    machine.handle(AnnounceFailed("http://t.example/announce", "no route", None), 0.0)
    assert stats.why_stalled(machine.state).endswith("; trackers: no route (t.example)")


def test_standing_still_among_peers_is_explained() -> None:
    machine = ready_machine(info_of(1))
    machine.handle(joined(1), 0.0)
    assert stats.why_stalled(machine.state) == "the only peer has no piece that is missing"
    machine.handle(Heard(A, (m.HaveAll(),), 0, 0), 0.0)
    assert stats.why_stalled(machine.state) == "the only peer chokes us"
    machine.handle(Heard(A, (m.Unchoke(),), 0, 0), 0.0)
    assert stats.why_stalled(machine.state) == "the only peer sends nothing"


def test_a_stall_names_the_first_trackers_and_what_they_said() -> None:
    urls = [f"http://t{n}.example/announce" for n in range(5)]
    machine = ready_machine(trackers=[[url] for url in urls])
    now = 1000.0
    for url in urls:
        machine.handle_timer(now)
        machine.handle(AnnounceFailed(url, "no route", None), now)
    why = stats.why_stalled(machine.state)
    assert why == (
        "no peer is known (trackers: no route (t0.example, t1.example, t2.example, 2 more))"
    )


# --- why it is alone -----------------------------------------------------------------------


def test_being_alone_is_explained_by_peers_and_trackers() -> None:
    machine = ready_machine(trackers=[["http://t.example/announce"]])
    assert stats.why_alone(machine.state) == "no peer is known"
    machine.state.last_failure = "refused: 192.0.2.1:1"
    machine.handle_timer(1000.0)
    machine.handle(AnnounceFailed("http://t.example/announce", "no route", None), 1000.0)
    why = stats.why_alone(machine.state)
    assert why.startswith("no peer could be reached: refused: 192.0.2.1:1; no tracker answered: ")


def test_being_alone_without_metadata_is_explained_by_what_peers_did() -> None:
    machine = machine_of(magnet=info_of())
    machine.handle(Started(), 0.0)
    assert stats.why_alone(machine.state) == "no peer is known"


def test_web_seeds_are_not_spoken_of_before_they_could_be_asked() -> None:
    web = WebUrls(("http://w.example/n",))
    state = machine_of(magnet=info_of(), web=web).state
    assert "web seed" not in stats.why_alone(state)
    state.info = info_of()
    assert "web seed http://w.example/n: no answer yet" in stats.why_alone(state)


def test_only_the_first_web_seeds_are_named() -> None:
    web = WebUrls(tuple(f"http://w.example/{number}" for number in range(9)))
    state = ready_machine(web=web).state
    assert stats.why_alone(state).endswith("web seed http://w.example/2: no answer yet; 6 more")


def test_progress_counts_what_is_wanted() -> None:
    info = info_of(files=[("a", PIECE_LENGTH + 10), ("b", PIECE_LENGTH - 10), ("c", 5)])
    state = ready_machine(info, [0], select=Selection(("b",))).state
    progress = stats.progress(state, 0.0)
    assert (progress.pieces_have, progress.pieces_total) == (0, 1)
    assert (progress.bytes_done, progress.bytes_total) == (0, PIECE_LENGTH - 10)
    assert stats.bytes_done(state) == PIECE_LENGTH, "trackers hear of all of it"


def test_the_ratio_of_a_selection_is_of_what_is_wanted() -> None:
    info = info_of(files=[("a", 3 * PIECE_LENGTH), ("b", PIECE_LENGTH)])
    state = ready_machine(info, select=Selection(("b",))).state
    state.counters.uploaded = PIECE_LENGTH
    assert stats.ratio(state) == 1.0


def test_a_check_tells_what_it_found_of_what_is_wanted() -> None:
    info = info_of(4)
    told = stats.checked(info.swarm_hash, Bitfield(4, (0, 2)), choose(EVERYTHING, info))
    assert (told.pieces_have, told.pieces_total) == (2, 4)
    assert (told.bytes_done, told.bytes_total) == (2 * info.piece_length, info.total_length)
