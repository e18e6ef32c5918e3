"""Announces wait for their turn; the last word does not."""

import trio

from raincore.base.ids import InfoHash, PeerId
from raincore.policy.announce_pace import AnnouncePace
from raincore.session.paced_trackers import PacedTrackers
from raincore.wire.announce import AnnounceEvent, AnnounceReply, AnnounceRequest

HASH = InfoHash(bytes(20))


class Trackers:
    """Notes when it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[float, str]] = []

    async def announce(self, url, request) -> AnnounceReply:
        self.asked.append((trio.current_time(), request.event.name))
        return AnnounceReply()

    async def scrape(self, url, info_hashes, *, user_agent):
        return dict.fromkeys(info_hashes, 5)


def request(event: AnnounceEvent = AnnounceEvent.STARTED) -> AnnounceRequest:
    return AnnounceRequest(
        info_hash=HASH,
        peer_id=PeerId(bytes(20)),
        port=1,
        uploaded=0,
        downloaded=0,
        left=0,
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
