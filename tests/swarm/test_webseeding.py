import random
from dataclasses import replace

import pytest

from raincore.base.config import Config, WebseedLimits
from raincore.base.errors import ConnectError, TimedOut
from raincore.base.geometry import BLOCK_LENGTH
from raincore.documents import events as records
from raincore.policy.file_selection import Selection
from raincore.swarm import commands as c
from raincore.swarm.events import StopRequested
from raincore.swarm.range_events import RangeArrived, RangeEnded, RangeFailure
from raincore.swarm.state import Limits, Phase
from tests.swarm.swarm_world import PIECE_LENGTH, config, info_of
from tests.swarm.web_world import W1, W2, W3, WebShell, web_shell

ALONE = Limits()
"""Of a torrent that nobody but those it knows can help."""


# --- alone -------------------------------------------------------------------------------


def test_a_web_seed_alone_completes_a_torrent() -> None:
    shell = web_shell(W1)
    assert shell.runs() == {W1: [range(8)]}
    shell.bring_all()
    shell.seal()
    assert shell.finish == c.Finish(None)
    assert shell.machine.state.counters.downloaded == 8 * PIECE_LENGTH
    assert shell.machine.state.counters.wasted == 0


def test_only_what_is_missing_is_fetched_the_largest_gap_first() -> None:
    shell = web_shell(W1, have=[0, 3])
    assert shell.runs() == {W1: [range(4, 8)]}
    key = shell.fetch()
    shell.bring(key, 4 * PIECE_LENGTH)
    shell.end(key)
    assert shell.runs() == {W1: [range(1, 3)]}


def test_nothing_is_asked_of_web_seeds_before_the_content_was_looked_at_or_when_it_is_whole() -> (
    None
):
    assert web_shell(W1, have=range(8)).fetches == {}


def test_a_run_has_sixteen_mebibytes_at_most() -> None:
    info = info_of(100, piece_length=1024 * 1024)
    assert web_shell(W1, info=info, settings=config(budget_pieces=1000)).runs() == {W1: [range(16)]}


def test_a_source_that_works_is_asked_for_two_things_at_once() -> None:
    info = info_of(100, piece_length=1024 * 1024)
    shell = web_shell(W1, info=info, settings=config(budget_pieces=1000))
    key = shell.fetch()
    shell.bring(key, 16 * 1024 * 1024)
    shell.end(key)
    assert shell.runs() == {W1: [range(16, 32), range(32, 48)]}


def test_several_sources_get_different_gaps_four_at_once() -> None:
    info = info_of(100, piece_length=1024 * 1024)
    urls = [f"http://w{n}.example/n" for n in range(6)]
    shell = web_shell(*urls, info=info, settings=config(budget_pieces=1000))
    assert shell.runs() == {urls[n]: [range(16 * n, 16 * n + 16)] for n in range(4)}


def test_sources_of_one_host_share_its_patience() -> None:
    info = info_of(100, piece_length=1024 * 1024)
    urls = [f"http://w.example/{n}" for n in range(4)]
    shell = web_shell(*urls, info=info, settings=config(budget_pieces=1000))
    assert sorted(shell.runs()) == urls[:2]


def test_web_seeds_beyond_a_hundred_are_left_out() -> None:
    shell = web_shell(*[f"http://w.example/{n}" for n in range(150)])
    assert len(shell.machine.state.web.sources) == 100


def test_a_url_that_is_none_is_never_asked_and_is_told() -> None:
    shell = web_shell("ftp://w.example/n", W1)
    assert list(shell.runs()) == [W1]
    [source, _] = shell.machine.state.web.sources.values()
    assert source.refused == "not an http or https URL: ftp://w.example/n"


def test_http_seeds_are_asked_for_pieces() -> None:
    shell = web_shell(http_seeds=[W2])
    [command] = shell.fetches.values()
    assert command == c.FetchRange(command.fetch, W2, True, 0, 8)


# --- beside peers --------------------------------------------------------------------------


def test_peers_are_asked_for_other_pieces_than_web_seeds() -> None:
    info = info_of(600)
    shell = web_shell(W1, info=info)
    key = shell.fetch()
    [run] = shell.runs()[W1]
    assert len(run) < 600
    peer = shell.seed(1)
    asked = {request.piece for request in shell.remotes[peer].owed}
    assert asked
    assert not asked & set(run)
    shell.bring(key, len(run) * PIECE_LENGTH)
    shell.audit()


def test_an_idle_peer_takes_over_the_end_of_what_a_slow_web_seed_was_to_fetch() -> None:
    shell = web_shell(W1)
    peer = shell.seed(1)
    shell.deliver(peer)
    shell.wait(1.5)
    asked = {request.piece for request in shell.remotes[peer].owed}
    assert 7 in asked
    assert shell.runs()[W1][0].stop <= 7
    shell.audit()
    while shell.remotes.get(peer) and shell.remotes[peer].owed:
        shell.deliver(peer, 100)
        shell.finish_checks()
        shell.wait(0.2)
    shell.end_stopped()
    assert shell.machine.state.complete
    assert shell.seals == 1


def test_a_peer_that_has_not_what_is_reserved_takes_nothing_over() -> None:
    shell = web_shell(W1)
    shell.leecher(1, [0])
    shell.wait(3)
    assert shell.runs() == {W1: [range(8)]}


def test_nothing_is_taken_from_a_web_seed_that_is_faster() -> None:
    shell = web_shell(W1)
    key = shell.fetch()
    shell.bring(key, 5 * PIECE_LENGTH)
    peer = shell.seed(1)
    assert shell.remotes[peer].owed == []
    assert shell.runs()[W1] == [range(8)]
    shell.audit()


def test_at_the_end_idle_peers_help_a_web_seed_with_the_piece_that_it_is_at() -> None:
    shell = web_shell(W1, pieces=1)
    key = shell.fetch()
    shell.bring(key, BLOCK_LENGTH + 5)
    peer = shell.seed(1)
    shell.wait(1)
    asked = [request.begin // BLOCK_LENGTH for request in shell.remotes[peer].owed]
    assert asked
    assert 0 not in asked
    shell.deliver(peer, 100)
    assert shell.checks
    shell.audit()
    assert shell.stopped == {key}
    assert shell.bring(key, 100) == 0
    shell.end_stopped()


def test_what_peers_brought_meanwhile_is_not_written_again_and_the_rest_is_called_off() -> None:
    length = 8 * BLOCK_LENGTH
    shell = web_shell(W1, info=info_of(1, piece_length=length))
    key = shell.fetch()
    shell.bring(key, 5)
    peer = shell.seed(1)
    shell.wait(1)
    owed = len(shell.remotes[peer].owed)
    shell.deliver(peer, 1)
    shell.bring(key, length)
    assert len(shell.checks) == 1
    assert shell.remotes[peer].owed == []
    assert shell.machine.state.counters.wasted > 0
    assert owed > 1
    shell.audit()


def test_a_web_seed_takes_over_what_a_slow_peer_keeps_us_waiting_for() -> None:
    shell = web_shell(pieces=2)
    peer = shell.seed(1)
    shell.deliver(peer)
    shell = with_web_seed(shell)
    assert shell.runs() == {}  # the peer may be fast
    shell.wait(60)
    assert shell.runs()[W1]
    shell.bring_all()
    assert shell.machine.state.complete


def test_a_web_seed_finishes_what_peers_have_left_undone() -> None:
    shell = web_shell(pieces=2)
    peer = shell.seed(1)
    shell.deliver(peer)
    shell.leave(peer)
    [open_piece] = shell.machine.state.downloads
    shell = with_web_seed(shell)
    shell.wait(1)
    shell.bring_all()
    assert shell.machine.state.complete
    assert shell.machine.state.counters.wasted == 0
    assert open_piece in (0, 1)


def with_web_seed(shell: WebShell) -> WebShell:
    """The same torrent, which has learnt of a web seed; for tests only."""
    other = web_shell(W1, info=shell.info, have=range(shell.info.geometry.piece_count))
    state = shell.machine.state
    for source in other.machine.state.web.sources.values():
        state.web.sources[source.key] = source
    state.web.due = True
    shell.wait(0)
    state.timers.webseeds = shell.now
    shell.wait(0)
    return shell


# --- sources among each other --------------------------------------------------------------


def test_an_idle_source_takes_over_half_of_what_another_has_not_begun() -> None:
    shell = web_shell(W1, W2)
    assert shell.runs() == {W1: [range(4)], W2: [range(4, 8)]}
    key = shell.fetch(W2)
    shell.bring(key, 4 * PIECE_LENGTH)
    shell.end(key)
    assert shell.runs() == {W1: [range(2)], W2: [range(2, 4)]}
    shell.audit()


def test_at_the_end_the_slow_one_is_beaten() -> None:
    shell = web_shell(W1, W2, pieces=2)
    slow, fast = shell.fetch(W1), shell.fetch(W2)
    shell.bring(slow, 10)
    shell.bring(fast, PIECE_LENGTH)
    shell.end(fast)
    shell.wait(5)
    assert shell.runs()[W2] == [range(1)]
    shell.bring(shell.fetch(W2), PIECE_LENGTH)
    shell.finish_checks()
    assert shell.machine.state.complete
    assert slow in shell.stopped


def test_no_piece_of_one_source_is_fetched_by_it_twice() -> None:
    shell = web_shell(W1, pieces=1)
    shell.source().fetches_max = 2
    shell.wait(60)
    assert shell.runs() == {W1: [range(1)]}


# --- memory --------------------------------------------------------------------------------


def test_a_fetch_waits_for_memory_and_goes_on_when_there_is_some() -> None:
    shell = web_shell(W1, settings=config(budget_pieces=2))
    key = shell.fetch()
    assert shell.bring(key, 8 * PIECE_LENGTH) == 2 * PIECE_LENGTH
    assert shell.machine.state.web.fetches[key].waits
    shell.audit()
    shell.finish_check()
    assert not shell.machine.state.web.fetches[key].waits
    shell.audit()
    assert shell.bring(key, 8 * PIECE_LENGTH) == PIECE_LENGTH


def test_a_fetch_that_waits_ends_when_others_take_the_rest() -> None:
    shell = web_shell(W1, settings=config(budget_pieces=2))
    key = shell.fetch()
    shell.bring(key, 8 * PIECE_LENGTH)
    fetch = shell.machine.state.web.fetches[key]
    from raincore.swarm import webseed_reserve

    webseed_reserve.give_up(shell.machine.state, fetch, 2)
    shell.finish_check()
    assert not fetch.waits
    assert shell.machine.webseeds.end_of(key) == shell.machine.webseeds.position(key)


def test_no_fetch_begins_without_memory_for_a_piece() -> None:
    shell = web_shell(W1, W2, W3, settings=config(budget_pieces=2))
    assert len(shell.fetches) == 2


# --- failures ------------------------------------------------------------------------------


def test_what_came_before_a_failure_is_kept() -> None:
    shell = web_shell(W1)
    shell.bring(shell.fetch(), 2 * PIECE_LENGTH + BLOCK_LENGTH + 7)
    shell.fail(text="the connection broke")
    shell.audit()
    assert len(shell.checks) == 2
    assert list(shell.machine.state.open_downloads) == [2]
    shell.finish_checks()
    shell.wait(2)
    shell.bring_all()
    shell.wait(3)
    shell.bring_all()
    assert shell.machine.state.complete
    assert shell.machine.state.counters.wasted == 0


def test_a_source_that_fails_rests_longer_each_time() -> None:
    shell = web_shell(W1)
    pauses = []
    for _ in range(4):
        shell.fail()
        before = shell.now
        while not shell.fetches:
            shell.wait(0.1)
        pauses.append(shell.now - before)
    assert [round(pause / 0.75) for pause in pauses] != sorted(set(pauses), reverse=True)
    for pause, expected in zip(pauses, (1, 2, 4, 8), strict=True):
        assert 0.75 * expected <= pause <= 1.25 * expected + 1.2
    assert shell.told[0] == (W1, "failed", "connection refused")


def test_a_source_that_gives_something_again_is_trusted_anew() -> None:
    shell = web_shell(W1)
    shell.fail()
    shell.wait(2)
    shell.bring(shell.fetch(), BLOCK_LENGTH)
    shell.fail()
    assert shell.source().failures == 1


@pytest.mark.parametrize(("said", "rest"), [(30.0, 30.0), (0.0, 1.0), (1e9, 3600.0)])
def test_a_busy_source_is_left_alone_as_long_as_it_says_within_reason(
    said: float, rest: float
) -> None:
    shell = web_shell(W1)
    shell.fail(text="HTTP 503: is busy", retry_seconds=said)
    shell.wait(rest - 0.1)
    assert shell.fetches == {}
    shell.wait(1.2)
    assert shell.fetches
    assert shell.source().failures == 0


def test_a_source_that_minds_two_requests_gets_one_at_a_time() -> None:
    shell = web_shell(W1, pieces=600)
    shell.source().fetches_max = 2
    key = shell.fetch()
    shell.bring(key, BLOCK_LENGTH)
    shell.machine.state.web.due = True
    shell.wait(1)
    shell.feed(RangeArrived(key, 0))
    assert len(shell.fetches) == 2
    shell.end(max(shell.fetches), RangeFailure("HTTP 503: is busy", 30.0))
    assert len(shell.fetches) == 1
    assert shell.source().rest_until < shell.now


def test_a_file_that_is_not_there_is_left_to_others() -> None:
    files = [("a", 4 * PIECE_LENGTH), ("b", 4 * PIECE_LENGTH)]
    shell = web_shell(W1, W2, info=info_of(files=files))
    assert shell.runs()[W1] == [range(4)]
    shell.fail(text="HTTP 404: does not have it: n/a", missing_file=0)
    assert all(piece >= 4 for run in shell.runs().get(W1, []) for piece in run)
    shell.wait(5)
    assert all(piece >= 4 for run in shell.runs().get(W1, []) for piece in run)
    assert (W1, "failed", "HTTP 404: does not have it: n/a") in shell.told
    while not shell.machine.state.complete:
        for url in (W1, W2):
            shell.bring_all(url)
        shell.wait(1)


def test_a_source_that_has_nothing_that_is_wanted_is_asked_no_more() -> None:
    shell = web_shell(W1)
    shell.fail(text="HTTP 404: does not have it", missing_file=0)
    assert shell.fetches == {}
    assert shell.told == [(W1, "refused", "HTTP 404: does not have it")]
    shell.wait(100)
    assert shell.fetches == {}


def test_a_source_without_the_first_twenty_files_has_other_content() -> None:
    files = [(f"f{n}", PIECE_LENGTH) for n in range(40)]
    shell = web_shell(W1, info=info_of(files=files))
    for number in range(20):
        shell.fail(text="HTTP 404: does not have it", missing_file=number)
    assert shell.source().refused == "lacks 20 files: HTTP 404: does not have it"
    assert shell.fetches == {}


def test_a_final_failure_is_final() -> None:
    shell = web_shell(http_seeds=[W1])
    shell.fail(text="HTTP 404: does not have it", is_final=True)
    assert shell.source().refused
    assert shell.fetches == {}


def test_with_nobody_else_the_torrent_ends_when_its_web_seeds_are_hopeless() -> None:
    shell = web_shell(W1, limits=ALONE)
    for _ in range(5):
        shell.wait(40)
        assert shell.finish is None
        shell.fail()
    assert shell.finish is not None
    assert isinstance(shell.finish.error, ConnectError)
    assert str(shell.finish.error) == f"web seed {W1}: connection refused"


def test_with_nobody_else_a_refusal_ends_the_torrent_at_once() -> None:
    shell = web_shell(W1, "ftp://x/", limits=ALONE)
    shell.fail(text="HTTP 404: does not have it", missing_file=0)
    assert shell.finish is not None
    assert str(shell.finish.error) == (
        f"web seed {W1}: HTTP 404: does not have it; "
        "web seed ftp://x/: not an http or https URL: ftp://x/"
    )


def test_a_stall_names_what_web_seeds_said() -> None:
    limits = Limits(stall_seconds=60)
    shell = web_shell(W1, limits=limits)
    shell.fail(text="HTTP 503: is busy", retry_seconds=600.0)
    shell.wait(61)
    assert shell.finish is not None
    assert isinstance(shell.finish.error, TimedOut)
    assert f"web seed {W1}: HTTP 503: is busy" in str(shell.finish.error)


def test_bytes_from_web_seeds_are_progress() -> None:
    shell = web_shell(W1, limits=Limits(stall_seconds=60))
    for _ in range(5):
        shell.wait(50)
        shell.bring(shell.fetch(), 100)
    assert shell.finish is None


# --- bad data ------------------------------------------------------------------------------


def test_bad_data_bans_a_web_seed_with_one_warning_and_touches_no_peer() -> None:
    shell = web_shell(W1, liars=[W1])
    peer = shell.seed(1)
    shell.bring(shell.fetch(), 3 * PIECE_LENGTH)
    while shell.checks:
        shell.finish_check()
    assert shell.warned == [f"web seed {W1} sent bad data: banned"]
    assert shell.told[-1] == (W1, "banned", "sent bad data")
    assert peer in shell.remotes
    shell.end_stopped()
    shell.audit()
    assert shell.fetches == {}
    while shell.remotes.get(peer) and shell.remotes[peer].owed:
        shell.deliver(peer, 100)
        shell.finish_checks()
    assert shell.machine.state.complete


def test_a_liar_among_web_seeds_and_peers_is_found_by_its_blocks() -> None:
    shell = web_shell(W1, pieces=1, liars=[W1])
    key = shell.fetch()
    shell.bring(key, BLOCK_LENGTH)
    peer = shell.seed(1)
    shell.wait(1)
    shell.deliver(peer, 100)
    assert not shell.finish_check()
    shell.end_stopped()
    for _ in range(100):
        shell.wait(1)
        shell.deliver(peer, 100)
        shell.finish_checks()
        if shell.machine.state.complete:
            break
    assert shell.source().told == "banned"
    assert peer in shell.remotes or shell.machine.state.complete
    assert not shell.machine.state.banned


# --- what is told --------------------------------------------------------------------------


def test_the_rate_of_web_seeds_is_in_the_progress_but_they_are_no_peers() -> None:
    shell = web_shell(W1)
    shell.bring(shell.fetch(), 2 * PIECE_LENGTH)
    shell.wait(1.5)
    progress = [r for r in shell.records if isinstance(r, records.Progress)][-1]
    assert progress.down_rate > 0
    assert progress.peers == 0


def test_that_a_web_seed_sends_is_told_once() -> None:
    shell = web_shell(W1)
    for _ in range(3):
        shell.bring(shell.fetch(), 5)
    assert shell.told == [(W1, "active", None)]


def test_what_ends_after_the_torrent_has_ended_means_nothing() -> None:
    shell = web_shell(W1)
    key = shell.fetch()
    shell.feed(StopRequested())
    assert shell.machine.webseeds.room(key) is None
    assert shell.machine.webseeds.end_of(key) == 0
    shell.feed(RangeEnded(key))
    assert shell.machine.state.phase is Phase.STOPPED


def test_a_fetch_that_is_not_known_means_nothing() -> None:
    shell = web_shell(W1)
    shell.feed(RangeEnded(99))
    shell.feed(RangeArrived(99, 5))
    shell.audit()


# --- at random -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_any_order_of_events_ends_with_a_complete_torrent(seed: int) -> None:
    rng = random.Random(seed)
    info = info_of(rng.randrange(1, 30), last_length=rng.choice((1, 5, BLOCK_LENGTH + 1)))
    liars = [W3] if rng.random() < 0.3 else []
    settings = config(budget_pieces=rng.choice((2, 3, 8)))
    shell = web_shell(W1, W2, W3, info=info, liars=liars, settings=settings)
    keys = 0
    for _ in range(300):
        if shell.machine.state.complete:
            break
        step = rng.randrange(8)
        running = sorted(shell.fetches.keys() - shell.stopped)
        if step <= 2 and running:
            length = rng.choice((1, 1000, BLOCK_LENGTH, 100_000, 1 << 40))
            shell.bring(rng.choice(running), length)
        elif step == 3 and running:
            key = rng.choice(running)
            if shell.machine.webseeds.end_of(key) <= shell.machine.webseeds.position(key):
                shell.end(key)
            elif rng.random() < 0.3:
                shell.end(key, RangeFailure("the connection broke"))
        elif step == 4 and shell.checks:
            shell.finish_check(rng.randrange(len(shell.checks)))
        elif step == 5 and len(shell.remotes) < 3 and rng.random() < 0.5:
            keys += 1
            shell.seed(keys, fast=rng.random() < 0.5)
        elif step == 6 and shell.remotes:
            peer = rng.choice(list(shell.remotes))
            shell.deliver(peer, rng.choice((1, 3, 50)))
            if peer in shell.remotes and rng.random() < 0.1:
                shell.leave(peer)
        else:
            shell.wait(rng.choice((0.1, 1.0, 5.0)))
        if rng.random() < 0.5:
            shell.end_stopped()
        shell.audit()
    for _ in range(300):
        if shell.machine.state.complete:
            break
        shell.end_stopped()
        for key in sorted(shell.fetches):
            shell.bring(key, 1 << 40)
        shell.finish_checks()
        for key in sorted(shell.fetches):
            if shell.machine.webseeds.end_of(key) <= shell.machine.webseeds.position(key):
                shell.end(key)
        shell.wait(1.0)
        shell.audit()
    assert shell.machine.state.complete, f"seed {seed}"


def test_a_server_that_always_breaks_off_is_waited_for_as_long_as_it_brings_something() -> None:
    shell = web_shell(W1, pieces=1, limits=Limits(stall_seconds=60))
    for number in range(2):
        shell.bring(shell.fetch(), BLOCK_LENGTH)
        shell.fail(text="the connection broke")
        assert shell.source().failures == 1
        assert shell.machine.webseeds is not None
        shell.wait(2)
        if number == 0:
            assert shell.machine.webseeds.position(shell.fetch()) == BLOCK_LENGTH
    shell.finish_checks()
    assert shell.machine.state.complete


def test_what_comes_again_and_again_is_no_progress() -> None:
    shell = web_shell(W1, pieces=1, limits=Limits(stall_seconds=60))
    for _ in range(100):
        if shell.finish is not None:
            break
        if shell.fetches:
            shell.bring(shell.fetch(), BLOCK_LENGTH - 1)
            shell.fail(text="the connection broke")
        shell.wait(1)
    assert isinstance(shell.finish, c.Finish)
    assert str(shell.finish.error) == f"web seed {W1}: the connection broke"
    assert shell.source().downloaded < 10 * BLOCK_LENGTH


def test_a_server_that_trickles_is_no_progress_once_it_was_given_up() -> None:
    shell = web_shell(W1, pieces=1, limits=Limits(stall_seconds=40))
    began = shell.now
    while shell.finish is None and shell.now < began + 300:
        if shell.fetches:
            for _ in range(30):
                shell.wait(1)
                if shell.finish is None:
                    shell.bring(shell.fetch(), 1)
            if shell.finish is None:
                shell.fail(text="sent only 30 bytes in 30 s")
        shell.wait(1)
    assert shell.finish is not None
    assert shell.now < began + 100


def test_a_piece_that_breaks_off_in_the_same_place_again_and_again_is_no_progress() -> None:
    shell = web_shell(http_seeds=[W1], pieces=1, limits=Limits(stall_seconds=20))
    while shell.finish is None and shell.now < 1300:
        if shell.fetches:
            shell.bring(shell.fetch(), BLOCK_LENGTH + 1)
            shell.fail(text="HTTP 503: is busy", retry_seconds=1.0)
        shell.wait(1)
    assert shell.finish is not None
    assert isinstance(shell.finish.error, TimedOut)


def test_a_server_of_pieces_is_asked_for_whole_ones_again() -> None:
    shell = web_shell(http_seeds=[W1], pieces=1)
    shell.bring(shell.fetch(), BLOCK_LENGTH)
    shell.fail(text="the connection broke")
    shell.wait(2)
    assert shell.machine.webseeds.position(shell.fetch()) == 0
    shell.bring_all()
    assert shell.machine.state.complete


def test_when_the_last_web_seed_is_banned_the_download_is_over() -> None:
    shell = web_shell(W1, pieces=1, liars=[W1], limits=ALONE)
    shell.bring(shell.fetch(), PIECE_LENGTH)
    shell.finish_checks()
    assert isinstance(shell.finish, c.Finish)
    assert "sent bad data" in str(shell.finish.error)


# --- selections ----------------------------------------------------------------------------


def test_only_wanted_pieces_are_fetched() -> None:
    files = [("a", 3 * PIECE_LENGTH), ("b", PIECE_LENGTH), ("c", 4 * PIECE_LENGTH)]
    info = info_of(files=files)
    shell = web_shell(W1, info=info, select=Selection(("b",)))
    assert shell.runs() == {W1: [range(3, 4)]}


def test_the_first_gap_is_fetched_where_pieces_are_wanted_in_order() -> None:
    shell = web_shell(W1, have=[1, 3], sequential=True)
    assert shell.runs() == {W1: [range(1)]}


# --- settings ------------------------------------------------------------------------------


def limited(**limits: object) -> Config:
    return replace(config(), web=WebseedLimits(**limits))  # type: ignore[arg-type]


def test_so_many_fetches_run_at_once_as_settings_say() -> None:
    for most in (0, 1, 2):
        shell = web_shell(W1, W2, W3, settings=limited(max_downloads=most))
        assert len(shell.fetches) == most


def test_a_source_that_fails_rests_for_as_long_as_settings_say_each_time() -> None:
    shell = web_shell(W1, settings=limited(retry_seconds=60.0))
    for _ in range(3):
        shell.fail()
        assert 45 <= shell.source().rest_until - shell.now <= 75
        shell.wait(80)
