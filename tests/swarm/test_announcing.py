import math
from dataclasses import replace

import pytest

from raincore.base.bitfield import Bitfield
from raincore.base.config import Encryption, Identity, TrackerLimits
from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConnectError, TimedOut
from raincore.documents import events as records
from raincore.policy.file_selection import Selection
from raincore.swarm import announcing, piece_layers
from raincore.swarm.commands import (
    Announce,
    CheckContent,
    Dial,
    Finish,
    SaveState,
    Scrape,
    Seal,
)
from raincore.swarm.events import (
    Announced,
    AnnounceFailed,
    ContentChecked,
    DialFailed,
    PeerKey,
    Scraped,
    Sealed,
    Started,
    StopRequested,
)
from raincore.swarm.machine import TorrentMachine
from raincore.swarm.state import Goal, Limits
from raincore.wire.announce import AnnounceEvent, AnnounceReply, AnnounceRequest, ScrapeCounts
from tests.playbook import Playbook
from tests.swarm import test_announce_telling as hybrids
from tests.swarm.swarm_world import (
    OWN_ID,
    PIECE_LENGTH,
    Shell,
    config,
    info_of,
    machine_of,
    ready_machine,
)

A, B, C = "http://a.example/announce?key=secret", "udp://b.example:1", "http://c.example/announce"
PEER = Endpoint("192.0.2.9", 6881)
EMPTY = AnnounceReply(interval=1800.0, seeds=0, leechers=1)
STARTED, COMPLETED, STOPPED = (
    AnnounceEvent.STARTED,
    AnnounceEvent.COMPLETED,
    AnnounceEvent.STOPPED,
)


def request(machine: TorrentMachine, event: AnnounceEvent, **changes: object) -> AnnounceRequest:
    """An announce of a machine that has nothing yet."""
    assert machine.state.info is not None
    made = AnnounceRequest(
        info_hash=machine.state.info_hash,
        peer_id=OWN_ID,
        port=6881,
        uploaded=0,
        downloaded=0,
        left=4 * PIECE_LENGTH,
        event=event,
        num_want=200,
        key=machine.state.tracker_key,
        one_family=machine.state.info.private,
        encryption=Encryption.PREFER,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def begun(*tiers: tuple[str, ...], limits: Limits | None = None, private: bool = True) -> Playbook:
    """A download that has just begun; its first announce is still to come.

    It is private, so that it does as BEP 12 says and no more, unless told otherwise.
    """
    info = info_of(private=private)
    return Playbook(ready_machine(info, trackers=tiers, limits=limits or Limits()))


def announces(p: Playbook) -> list[tuple[str, AnnounceEvent]]:
    return [(c.url, c.request.event) for c in p.skip() if isinstance(c, Announce)]


def fail(
    url: str,
    text: str = "timeout contacting tracker",
    retry: float | None = None,
    *,
    refused: bool = False,
) -> AnnounceFailed:
    return AnnounceFailed(url, text, retry, refused)


def warnings(p: Playbook) -> list[tuple[str | None, str]]:
    return [(r.code, r.message) for r in p.records if isinstance(r, records.Warning)]


def told(p: Playbook) -> list[records.TrackerEvent]:
    return [record for record in p.records if isinstance(record, records.TrackerEvent)]


# --- what is said ----------------------------------------------------------------------------


def test_a_download_says_what_it_lacks_and_dials_whom_the_tracker_names() -> None:
    with begun((A,)) as p:
        p.wait(0)
        p << Announce(A, request(p.machine, STARTED))
        p >> Announced(A, AnnounceReply(peers=(PEER,), interval=1800.0, seeds=3, leechers=1))
        p << Dial(PEER)
        [record] = told(p)
        facts = (record.url, record.peers, record.seeds, record.leechers, record.interval)
        assert facts == (A, 1, 3, 1, 1800)


def test_nothing_is_announced_before_the_content_was_looked_at() -> None:
    info = info_of()
    with Playbook(machine_of(info, trackers=[[A]])) as p:
        p >> Started() << CheckContent(info)
        p.wait(3600)
        p >> ContentChecked(Bitfield(4, [0]))
        p.wait(0)
        p << Announce(A, request(p.machine, STARTED, left=3 * PIECE_LENGTH))


def test_a_magnet_announces_as_a_leecher_before_it_knows_what_it_lacks() -> None:
    with Playbook(machine_of(magnet=info_of(), trackers=[[A]])) as p:
        p >> Started()
        p.wait(0)
        [announce] = p.skip()
        assert isinstance(announce, Announce)
        assert (announce.request.left, announce.request.event) == (16384, STARTED)


def test_a_seed_lacks_nothing_and_never_says_that_it_completed() -> None:
    with Playbook(machine_of(goal=Goal.SEED, trackers=[[A]])) as p:
        p >> Started()
        p.skip()
        p >> ContentChecked(Bitfield.full(4)) << Seal()
        p >> Sealed() << SaveState()
        p.wait(0)
        p << Announce(A, request(p.machine, STARTED, left=0, num_want=50))
        p >> Announced(A, EMPTY)
        p >> StopRequested() << Announce(A, request(p.machine, STOPPED, left=0, num_want=0))
        p << Finish(None)


def test_the_key_of_a_torrent_is_the_same_for_all_its_trackers() -> None:
    with begun((A,), (B,)) as p:
        p.wait(0)
        [first] = p.skip()
        p >> fail(A)
        p.wait(0)
        [second] = p.skip()
        assert isinstance(first, Announce)
        assert isinstance(second, Announce)
        assert first.request.key == second.request.key != 0


def test_what_a_tracker_wants_repeated_is_repeated() -> None:
    with begun((A,)) as p:
        p.wait(0)
        p.skip()
        p >> Announced(A, replace(EMPTY, tracker_id=b"id 7"))
        p >> StopRequested()
        [farewell] = [command for command in p.skip() if isinstance(command, Announce)]
        assert farewell.request.tracker_id == b"id 7"


def test_a_tracker_counts_from_when_it_first_heard_of_us() -> None:
    with begun((A,), (B,)) as p:
        p.wait(0)
        p.skip()
        p.machine.state.counters.uploaded = 100
        p.machine.state.counters.downloaded = 1000
        p >> fail(A)
        p.wait(0)
        p.skip()
        p.machine.state.counters.downloaded = 1007
        p >> Announced(B, EMPTY) >> StopRequested()
        [farewell] = [command for command in p.skip() if isinstance(command, Announce)]
        assert (farewell.request.uploaded, farewell.request.downloaded) == (0, 7)


def test_the_address_that_a_tracker_sees_us_at_is_not_dialled() -> None:
    with begun((A,)) as p:
        p.wait(0)
        p.skip()
        own = Endpoint("192.0.2.200", 6881)
        p >> Announced(A, replace(EMPTY, peers=(own, PEER), external_host=own.host)) << Dial(PEER)


# --- when it is said -------------------------------------------------------------------------


def test_the_tracker_is_asked_again_when_its_interval_has_passed() -> None:
    with begun((A,)) as p:
        p.wait(0)
        p.skip()
        p >> Announced(A, replace(EMPTY, interval=600.0, min_interval=600.0))
        p.wait(599)
        assert announces(p) == []
        p.wait(70)
        assert announces(p) == [(A, AnnounceEvent.NONE)]


def test_who_has_nobody_left_to_dial_asks_as_soon_as_the_tracker_allows() -> None:
    with begun((A,)) as p:
        p.wait(0)
        p.skip()
        p >> Announced(A, replace(EMPTY, peers=(PEER,), min_interval=120.0))
        p << Dial(PEER)
        p >> DialFailed(PEER, "connect", "connection refused")
        p.wait(50)
        assert announces(p) == []
        p.wait(75)
        assert announces(p) == [(A, AnnounceEvent.NONE)]


def test_the_last_piece_is_told_at_once_and_once_and_before_the_goodbye() -> None:
    info = info_of(1)
    shell = Shell(ready_machine(info, trackers=[[A]], goal=Goal.COMPLETE), info)
    said: list[tuple[str, AnnounceEvent]] = []
    execute = shell._execute

    def remember(commands: list) -> None:
        said.extend((c.url, c.request.event) for c in commands if isinstance(c, Announce))
        execute(commands)

    shell._execute = remember  # type: ignore[method-assign]
    shell.wait(0)
    shell.feed(Announced(A, EMPTY))
    shell.seed(1)
    shell.deliver(PeerKey(1), 2)
    shell.finish_checks()
    assert said == [(A, STARTED), (A, COMPLETED)]
    shell.feed(Announced(A, EMPTY))
    shell.feed(Sealed())
    assert said == [(A, STARTED), (A, COMPLETED), (A, STOPPED)]
    assert shell.finish == Finish(None)


def test_only_who_may_know_us_hears_that_we_stop() -> None:
    with begun((A,), (B,), (C,)) as p:
        p.wait(0)
        p.skip()
        p >> fail(A, retry=9999)  # it never knew us
        p.wait(0)
        p.skip()
        p >> Announced(B, EMPTY)
        p.wait(100)  # the next announce to B is under way
        p.skip()
        p >> StopRequested()
        assert announces(p) == [(B, STOPPED)]


def test_a_magnet_whose_content_is_there_tells_soon_that_it_lacks_nothing() -> None:
    info = info_of()
    machine = machine_of(magnet=info, trackers=[[A]], goal=Goal.SEED)
    with Playbook(machine) as p:
        p >> Started()
        p.wait(0)
        p.skip()
        p >> Announced(A, EMPTY)
        piece_layers.on_info(machine.state, info, p.now)
        p._take(machine.state.take_commands(p.now))
        p.skip()
        p >> ContentChecked(Bitfield.full(4)) << Seal()
        p >> Sealed() << SaveState()
        p.wait(70)
        [announce] = p.skip()
        assert isinstance(announce, Announce)
        assert (announce.request.left, announce.request.event) == (0, AnnounceEvent.NONE)


# --- tiers -----------------------------------------------------------------------------------


def test_the_next_tracker_is_asked_at_once_when_one_fails() -> None:
    with begun((A,), (B,)) as p:
        p.wait(0)
        assert announces(p) == [(A, STARTED)]
        p >> fail(A)
        p.wait(0)
        assert announces(p) == [(B, STARTED)]
        p >> Announced(B, EMPTY)
        assert [(record.url, record.error) for record in told(p)] == [
            (A, "timeout contacting tracker"),
            (B, None),
        ]


def test_every_round_begins_with_the_first_tier() -> None:
    with begun((A,), (B,)) as p:
        p.wait(0)
        p.skip()
        p >> fail(A)
        p.wait(0)
        p.skip()
        p >> Announced(B, EMPTY)
        p.wait(59)
        assert announces(p) == []
        p.wait(20)
        assert announces(p) == [(A, STARTED)]
        p >> fail(A)
        p.wait(0)
        assert announces(p) == [(B, AnnounceEvent.NONE)]


def test_trackers_that_fail_slowly_do_not_keep_a_round_from_its_end() -> None:
    urls = [f"http://t{number}.example/announce" for number in range(9)]
    with begun(*((url,) for url in urls), limits=Limits(waits_for_peers=True)) as p:
        p.wait(0)
        for url in urls:
            assert announces(p) == [(url, STARTED)]
            p.wait(30)  # longer than the first wait after a failure
            p >> fail(url)
            p.wait(0)
        assert announces(p) == [(urls[0], STARTED)]


def test_who_is_not_to_be_asked_yet_is_passed_over() -> None:
    with begun((A,), (B,)) as p:
        p.wait(0)
        p.skip()
        p >> fail(A, retry=9999)
        p.wait(0)
        p.skip()
        p >> Announced(B, EMPTY)
        p.wait(70)
        assert announces(p) == [(B, AnnounceEvent.NONE)]


def test_who_comes_back_in_a_higher_tier_is_the_one_to_ask() -> None:
    with begun((A,), (B,)) as p:
        p.wait(0)
        p.skip()
        p >> fail(A)
        p.wait(0)
        p.skip()
        p >> Announced(B, EMPTY)
        p.wait(79)
        assert announces(p) == [(A, STARTED)]
        p >> Announced(A, EMPTY)
        p.wait(150)
        assert announces(p) == [(A, AnnounceEvent.NONE)]


def test_a_public_torrent_without_peers_asks_further_trackers_too() -> None:
    with begun((A,), (B,), (C,), private=False) as p:
        p.wait(0)
        assert announces(p) == [(A, STARTED)]
        p >> Announced(A, EMPTY)
        p.wait(0)
        assert announces(p) == [(B, STARTED)]
        p >> Announced(B, replace(EMPTY, peers=(PEER,))) << Dial(PEER)
        p.wait(50)
        assert announces(p) == []


def test_a_seed_is_content_with_one_tracker() -> None:
    with Playbook(machine_of(goal=Goal.SEED, trackers=[[A], [B]])) as p:
        p >> Started()
        p.skip()
        p >> ContentChecked(Bitfield.full(4)) << Seal()
        p >> Sealed() << SaveState()
        p.wait(0)
        assert announces(p) == [(A, STARTED)]
        p >> Announced(A, EMPTY)
        p.wait(1700)
        assert announces(p) == []


def test_all_trackers_that_know_us_hear_that_we_completed() -> None:
    info = info_of(1)
    machine = ready_machine(info, trackers=[[A], [B]], goal=Goal.SEED)
    with Playbook(machine) as p:
        p.wait(0)
        p.skip()
        p >> Announced(A, EMPTY)
        p.wait(0)
        p.skip()
        p >> Announced(B, EMPTY)
        assert machine.state.have is not None
        machine.state.have.add(0)
        announcing.on_all_stored(machine.state, p.now)
        p._take(machine.state.take_commands(p.now))
        assert announces(p) == [(A, COMPLETED)]
        p >> fail(A)
        p.wait(0)
        assert announces(p) == [(B, COMPLETED)]
        p >> Announced(B, EMPTY)
        p.wait(40)
        assert announces(p) == [(A, COMPLETED)]
        p >> Announced(A, EMPTY)
        p >> StopRequested()
        assert announces(p) == [(A, STOPPED), (B, STOPPED)]


def test_an_outage_of_all_trackers_makes_no_storm() -> None:
    asked = []
    with begun((A,), (B,), limits=Limits(waits_for_peers=True)) as p:
        end = p.now + 6 * 3600
        while p.now < end:
            p.now = max(p.now, p.machine.next_timer())
            p._take(p.machine.handle_timer(p.now))
            for url, _ in announces(p):
                asked.append(p.now)
                p >> fail(url)
    assert len(asked) < 2 * 6 * 5
    gaps = [later - earlier for earlier, later in zip(asked[2::2], asked[4::2], strict=False)]
    assert min(gaps) > 17
    assert max(gaps) < 1.2 * 3600


def test_a_tracker_that_sends_us_away_for_ever_is_not_asked_again() -> None:
    with begun((A,), (B,), limits=Limits(waits_for_peers=True)) as p:
        p.wait(0)
        p.skip()
        p >> fail(A, "announce error: not registered", math.inf)
        p.wait(0)
        p.skip()
        p >> fail(B)
        p.wait(100)
        assert announces(p) == [(B, STARTED)]
        p >> fail(B, "announce error: not registered", math.inf)
        assert p.machine.state.timers.announce == math.inf


def test_a_timer_that_comes_too_early_does_no_harm() -> None:
    with begun((A,)) as p:
        p.wait(0)
        p.skip()
        p >> Announced(A, EMPTY)
        p.machine.state.timers.announce = p.now
        p._take(p.machine.handle_timer(p.now))
        assert announces(p) == []
        p.wait(70)
        assert announces(p) == [(A, AnnounceEvent.NONE)]


def test_who_does_not_hear_that_we_completed_makes_way_for_others() -> None:
    with Playbook(machine_of(info_of(private=True), goal=Goal.SEED, trackers=[[A], [B]])) as p:
        p >> Started()
        p.skip()
        p >> ContentChecked(Bitfield(4, [0]))
        p.wait(0)
        p.skip()
        p >> Announced(A, EMPTY)
        announcing.on_all_stored(p.machine.state, p.now)
        p._take(p.machine.state.take_commands(p.now))
        assert announces(p) == [(A, COMPLETED)]
        p >> fail(A)
        p.wait(0)
        assert announces(p) == [(B, STARTED)]


# --- giving up -------------------------------------------------------------------------------


def test_a_torrent_is_alone_when_every_tracker_has_failed() -> None:
    with begun((A,), (B,)) as p:
        p.wait(0)
        p.skip()
        p >> fail(A, "tracker refused the connection")
        p.wait(0)
        assert announces(p) == [(B, STARTED)]
        p >> fail(B, "timeout contacting tracker")
        finish = p.skip()[-1]
        assert isinstance(finish, Finish)
        assert isinstance(finish.error, ConnectError)
        assert str(finish.error) == (
            "no tracker answered: tracker refused the connection (a.example); "
            "timeout contacting tracker (b.example:1)"
        )
        assert warnings(p) == []  # the end says it all


def test_a_failure_after_a_success_is_only_one_of_two() -> None:
    with begun((A,), (B,)) as p:
        p.wait(0)
        p.skip()
        p >> fail(A, retry=9999)
        p.wait(0)
        p.skip()
        p >> Announced(B, EMPTY)
        p.wait(70)
        p.skip()
        p >> fail(B)
        p.wait(100)
        assert announces(p) == [(B, AnnounceEvent.NONE)]


def test_a_tracker_that_knows_nobody_is_waited_for_and_named_at_the_end() -> None:
    with begun((A,), limits=Limits(stall_seconds=300)) as p:
        p.wait(0)
        p.skip()
        p >> Announced(A, EMPTY)
        p.wait(299)
        p.skip()
        p.wait(1)
        finish = p.skip()[-1]
        assert isinstance(finish, Finish)
        assert isinstance(finish.error, TimedOut)
        assert "a.example" in str(finish.error)
        assert "secret" not in str(finish.error)


def test_a_peer_that_failed_and_trackers_that_failed_are_both_named() -> None:
    with begun((A,)) as p:
        p.wait(0)
        p.skip()
        p >> Announced(A, replace(EMPTY, peers=(PEER,))) << Dial(PEER)
        p >> DialFailed(PEER, "connect", "connection refused: 192.0.2.9:6881")
        p.wait(70)
        p.skip()
        p >> DialFailed(PEER, "connect", "connection refused: 192.0.2.9:6881")
        p >> fail(A, "tracker refused the connection")
        finish = p.skip()[-1]
        assert isinstance(finish, Finish)
        assert "no peer could be reached: connection refused" in str(finish.error)
        assert "no tracker answered: tracker refused" in str(finish.error)


# --- warnings --------------------------------------------------------------------------------


@pytest.mark.parametrize("times", [1, 3])
def test_a_warning_is_told_once(times: int) -> None:
    with begun((A,)) as p:
        p.wait(0)
        p.skip()
        for _ in range(times):
            p >> Announced(A, replace(EMPTY, warning="upgrade", interval=60.0))
            p.wait(200)
            p.skip()
        assert warnings(p) == [("tracker_warning", "a.example warns: upgrade")]


def test_a_refusal_is_told_once_without_secrets() -> None:
    with begun((A,), limits=Limits(waits_for_peers=True)) as p:
        for _ in range(3):
            p.wait(4000)
            p.skip()
            p >> fail(A, "announce error: unregistered", refused=True)
        assert warnings(p) == [("tracker_refused", "a.example: announce error: unregistered")]


def test_that_no_tracker_answers_is_told_once_in_an_outage() -> None:
    with begun((A,), (B,), limits=Limits(waits_for_peers=True)) as p:
        for _ in range(2):
            for _ in range(6):
                p.wait(4000)
                [(url, _)] = announces(p)
                p >> fail(url)
            p.wait(4000)
            [(url, _)] = announces(p)
            p >> Announced(url, EMPTY)
        assert (
            warnings(p)
            == [
                (
                    "no_tracker",
                    "no tracker answers: timeout contacting tracker (a.example, b.example:1)",
                )
            ]
            * 2
        )


def test_one_of_several_that_is_not_reached_is_no_matter_for_people() -> None:
    with begun((A,), (B,)) as p:
        p.wait(0)
        p.skip()
        p >> fail(A)
        p.wait(0)
        p.skip()
        p >> Announced(B, EMPTY)
        assert warnings(p) == []


# --- records and scrapes ---------------------------------------------------------------------


def test_records_say_when_a_tracker_is_asked_again() -> None:
    with begun((A,), (B,), limits=Limits(waits_for_peers=True)) as p:
        p.wait(0)
        p.skip()
        p >> fail(A)
        p.wait(0)
        p.skip()
        p >> fail(B, "announce error: banned", math.inf)
        assert [record.next_in for record in told(p)] == [pytest.approx(19, abs=1), None]


def test_a_tracker_that_gives_no_counts_is_scraped_now_and_then() -> None:
    bare = AnnounceReply(interval=1800.0, min_interval=600.0)
    with begun((A,)) as p:
        p.wait(0)
        p.skip()
        p >> Announced(A, bare) << Scrape(A)
        p >> Scraped(A, ScrapeCounts(seeds=3, leechers=4, downloads=5))
        record = told(p)[-1]
        assert (record.seeds, record.leechers, record.downloads) == (3, 4, 5)
        p.wait(700)
        assert announces(p) == [(A, AnnounceEvent.NONE)]
        p >> Announced(A, bare)
        p.wait(1400)
        assert announces(p) == [(A, AnnounceEvent.NONE)]
        p >> Announced(A, bare) << Scrape(A)


# --- partial seeds -------------------------------------------------------------------------


def test_a_partial_seed_is_not_complete_to_trackers_but_has_paused() -> None:
    info = info_of(files=[("a", PIECE_LENGTH), ("b", PIECE_LENGTH)])
    select = Selection(("b",))
    with Playbook(machine_of(info, trackers=[[A]], goal=Goal.SEED, select=select)) as p:
        p >> Started()
        p.skip()
        p >> ContentChecked(Bitfield(2, [1])) << Seal()
        p >> Sealed() << SaveState()
        p.wait(0)
        [first] = p.skip()
        p >> Announced(A, EMPTY)
        p.wait(2 * 1800)
        [second] = p.skip()
        p >> StopRequested()
        told = [one.request for one in [first, second, *p.skip()] if isinstance(one, Announce)]
        assert [one.event for one in told] == [STARTED, AnnounceEvent.PAUSED, STOPPED]
        assert {one.left for one in told} == {PIECE_LENGTH}


def test_the_last_wanted_piece_completes_nothing_that_trackers_count() -> None:
    info = info_of(files=[("a", PIECE_LENGTH), ("b", PIECE_LENGTH)])
    machine = ready_machine(info, trackers=[[A]], select=Selection(("b",)))
    machine.handle_timer(1000.0)
    machine.handle(Announced(A, EMPTY), 1000.0)
    shell = Shell(machine, info)
    shell.seed(1)
    shell.deliver(PeerKey(1), 2)
    shell.finish_checks()
    assert machine.state.finished
    assert not machine.state.trackers[A].schedule.owes_completed


# --- a hybrid's two swarms ---------------------------------------------------------------


REFUSED = AnnounceFailed(hybrids.URL, "torrent not registered", None, refused=True)
REFUSED_OTHER = AnnounceFailed(
    hybrids.URL, "torrent not registered", None, refused=True, other=True
)


def test_a_tracker_that_knows_ours_only_is_as_good() -> None:
    t = hybrids.begun()
    t >> REFUSED_OTHER
    t >> Announced(hybrids.URL, EMPTY)
    assert not t.machine.state.silent_trackers
    assert not [one for one in t.records if isinstance(one, records.Warning)]


def test_a_tracker_that_knows_the_other_only_is_as_good_whichever_answer_comes_first() -> None:
    for events in (
        (REFUSED, Announced(hybrids.URL, EMPTY, other=True)),
        (Announced(hybrids.URL, EMPTY, other=True), REFUSED),
    ):
        t = hybrids.begun()
        for event in events:
            t >> event
        assert not t.machine.state.silent_trackers
        t.skip()
        t >> StopRequested()
        assert (hybrids.V2, "STOPPED") in t.said()


def test_a_tracker_that_knows_neither_has_failed() -> None:
    t = hybrids.begun()
    t >> REFUSED_OTHER >> REFUSED
    assert t.machine.state.silent_trackers
    assert [one.code for one in t.records if isinstance(one, records.Warning)] == [
        "tracker_refused"
    ]


def test_the_answers_of_both_are_told_and_only_ours_says_when_to_come_back() -> None:
    t = hybrids.begun()
    t >> Announced(hybrids.URL, EMPTY) >> Announced(hybrids.URL, EMPTY, other=True)
    told = [one for one in t.records if isinstance(one, records.TrackerEvent)]
    assert [(one.info_hash, one.next_in is None) for one in told] == [
        (hybrids.V1, False),
        (hybrids.V2, True),
    ]


# --- settings --------------------------------------------------------------------------------


def test_trackers_of_a_private_torrent_may_see_another_name() -> None:
    settings = replace(config(), private=Identity(user_agent="Other/1.0"))
    for private, name in ((True, "Other/1.0"), (False, "")):
        machine = machine_of(info_of(private=private), trackers=[[A]], settings=settings)
        p = Playbook(machine)
        p >> Started()
        p.skip()
        p >> ContentChecked(Bitfield(4))
        p.wait(0.0)
        [asked] = [one for one in p.skip() if isinstance(one, Announce)]
        assert asked.request.user_agent == name
        p >> Announced(A, AnnounceReply(interval=1800.0))
        assert [one for one in p.skip() if isinstance(one, Scrape)] == [Scrape(A, name)]


def test_no_tracker_is_asked_sooner_than_settings_say() -> None:
    settings = replace(config(), trackers=TrackerLimits(min_interval_seconds=900.0))
    p = Playbook(machine_of(info_of(), trackers=[[A]], settings=settings))
    p >> Started()
    p.skip()
    p >> ContentChecked(Bitfield(4))
    p.wait(0.0)
    p.skip()
    p >> Announced(A, replace(EMPTY, interval=60.0))
    began = p.now
    p.skip()
    p.wait(890)
    assert announces(p) == []
    p.wait(100)
    assert announces(p) == [(A, AnnounceEvent.NONE)]
    assert p.now - began == 990


def test_a_seed_that_no_tracker_knows_takes_its_turn() -> None:
    url = "http://t.example/"
    machine = ready_machine(have=range(4), goal=Goal.SEED, trackers=[[url]])
    machine.state.seed_turns = lambda: {url: 1300.0}
    machine.handle(Sealed(), 1000.0)
    assert machine.state.timers.announce == 1300.0
