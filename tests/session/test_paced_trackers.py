"""Announces wait for their turn, those who lack content first; the last word does not wait."""

import trio
import trio.testing

from raincore.base.ids import InfoHash, PeerId
from raincore.policy.announce_pace import AnnouncePace
from raincore.session.paced_trackers import PacedTrackers
from raincore.wire.announce import AnnounceEvent, AnnounceReply, AnnounceRequest

HASH = InfoHash(bytes(20))


class Trackers:
    """Notes when it was asked, and what."""

    def __init__(self) -> None:
        self.asked: list[tuple[float, str]] = []
        self.urls: list[str] = []

    async def announce(self, url, request) -> AnnounceReply:
        self.asked.append((trio.current_time(), request.event.name))
        self.urls.append(url[-1])
        return AnnounceReply()

    async def scrape(self, url, info_hashes, *, user_agent):
        return dict.fromkeys(info_hashes, 5)


def request(event: AnnounceEvent = AnnounceEvent.STARTED, left: int = 0) -> AnnounceRequest:
    return AnnounceRequest(
        info_hash=HASH,
        peer_id=PeerId(bytes(20)),
        port=1,
        uploaded=0,
        downloaded=0,
        left=left,
        event=event,
    )


async def test_announces_to_one_host_come_one_after_another(autojump_clock):
    trackers = Trackers()
    paced = PacedTrackers(trackers, AnnouncePace(1.0, burst=1))
    begun = trio.current_time()
    async with trio.open_nursery() as nursery:
        for path in "abc":
            nursery.start_soon(paced.announce, f"http://h/{path}", request())
        nursery.start_soon(paced.announce, "http://h/a", request(AnnounceEvent.STOPPED))
    times = [(round(time - begun), event) for time, event in trackers.asked]
    assert sorted(times) == [(0, "STARTED"), (0, "STOPPED"), (1, "STARTED"), (2, "STARTED")]
    assert await paced.scrape("http://h/a", [HASH]) == {HASH: 5}


async def test_who_lacks_content_goes_before_who_only_tells(autojump_clock):
    trackers = Trackers()
    paced = PacedTrackers(trackers, AnnouncePace(1.0, burst=1))
    async with trio.open_nursery() as nursery:
        for path, event in (("a", AnnounceEvent.NONE), ("b", AnnounceEvent.COMPLETED)):
            nursery.start_soon(paced.announce, f"http://h/{path}", request(event))
            await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(paced.announce, "http://h/c", request(AnnounceEvent.NONE))
        await trio.testing.wait_all_tasks_blocked()
        for path in "de":
            nursery.start_soon(paced.announce, f"http://h/{path}", request(left=5))
            await trio.testing.wait_all_tasks_blocked()
    assert trackers.urls == ["a", "d", "e", "b", "c"]
    assert [round(time - trackers.asked[0][0]) for time, _ in trackers.asked] == [0, 1, 2, 3, 4]


async def test_a_burst_is_for_those_who_begin(autojump_clock):
    trackers = Trackers()
    paced = PacedTrackers(trackers, AnnouncePace(1.0, burst=10))
    begun = trio.current_time()
    async with trio.open_nursery() as nursery:
        for path in "abc":
            nursery.start_soon(paced.announce, f"http://h/{path}", request(AnnounceEvent.COMPLETED))
            await trio.testing.wait_all_tasks_blocked()
        for path in "de":
            nursery.start_soon(paced.announce, f"http://h/{path}", request())
            await trio.testing.wait_all_tasks_blocked()
    assert trackers.urls == ["a", "b", "d", "e", "c"]
    assert [round(time - begun) for time, _ in trackers.asked] == [0, 0, 0, 0, 3]


async def test_who_gives_up_leaves_its_turn_to_the_next(autojump_clock):
    trackers = Trackers()
    paced = PacedTrackers(trackers, AnnouncePace(1.0, burst=1))
    begun = trio.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(paced.announce, "http://h/a", request())
        await trio.testing.wait_all_tasks_blocked()
        impatient = trio.CancelScope()

        async def give_up() -> None:
            with impatient:
                await paced.announce("http://h/b", request())

        nursery.start_soon(give_up)
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(paced.announce, "http://h/c", request())
        await trio.testing.wait_all_tasks_blocked()
        impatient.cancel()
    assert trackers.urls == ["a", "c"]
    assert round(trio.current_time() - begun) == 1


async def test_hosts_do_not_wait_for_each_other(autojump_clock):
    trackers = Trackers()
    paced = PacedTrackers(trackers, AnnouncePace(1.0, burst=1))
    begun = trio.current_time()
    async with trio.open_nursery() as nursery:
        for host in ("g", "h"):
            nursery.start_soon(paced.announce, f"http://{host}/", request())
    assert trio.current_time() == begun
