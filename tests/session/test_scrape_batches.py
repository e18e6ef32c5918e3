"""Torrents of one tracker are scraped together, as far as it bears that."""

import pytest
import trio

from raincore.base.errors import NetworkError, TrackerError
from raincore.base.ids import InfoHash
from raincore.session.scrape_batches import DEAF_SECONDS, REMEMBERED_MAX, ScrapeBatches

URL = "http://h/announce"
HASHES = [InfoHash(bytes([number]) * 20) for number in range(40)]


class Trackers:
    """Knows some torrents, or fails."""

    def __init__(self, knows=40, error=None) -> None:
        self.asked: list[tuple[str, int, str]] = []
        self.knows = knows
        self.error = error

    async def scrape(self, url, info_hashes, *, user_agent):
        self.asked.append((url, len(info_hashes), user_agent))
        await trio.sleep(1)
        if self.error is not None:
            raise self.error
        return {one: one[0] for one in info_hashes[: self.knows]}


async def scrape_all(batches, hashes=HASHES, url=URL):
    """What each of them is told."""
    told = {}

    async def one(info_hash):
        try:
            told[info_hash] = await batches.scrape(url, [info_hash], "")
        except (TrackerError, NetworkError) as error:
            told[info_hash] = str(error)

    async with trio.open_nursery() as nursery:
        for info_hash in hashes:
            nursery.start_soon(one, info_hash)
    return told


async def test_many_torrents_are_one_question_and_each_hears_of_itself(autojump_clock):
    trackers = Trackers()
    assert await scrape_all(ScrapeBatches(trackers)) == {one: {one: one[0]} for one in HASHES}
    assert trackers.asked == [(URL, 40, "")]


async def test_who_comes_later_is_in_the_next_batch(autojump_clock):
    trackers = Trackers()
    batches = ScrapeBatches(trackers)
    async with trio.open_nursery() as nursery:
        for info_hash in HASHES[:10]:
            nursery.start_soon(batches.scrape, URL, [info_hash], "")
            await trio.sleep(1)
    assert [count for _, count, _ in trackers.asked] == [3, 3, 3, 1]


async def test_other_trackers_and_other_names_of_ours_are_other_questions(autojump_clock):
    trackers = Trackers()
    batches = ScrapeBatches(trackers)
    async with trio.open_nursery() as nursery:
        for url, agent in (("http://a/announce", ""), ("http://b/announce", ""), (URL, "x")):
            for info_hash in HASHES[:4]:
                nursery.start_soon(batches.scrape, url, [info_hash], agent)
    assert sorted(trackers.asked) == [
        ("http://a/announce", 4, ""),
        ("http://b/announce", 4, ""),
        (URL, 4, "x"),
    ]


@pytest.mark.parametrize("moment", [1.0, 3.5])
async def test_another_asks_when_the_first_is_cancelled(autojump_clock, moment):
    trackers = Trackers()
    batches = ScrapeBatches(trackers)
    told = {}

    async def other():
        told.update(await batches.scrape(URL, HASHES[1:2], ""))

    async with trio.open_nursery() as nursery:
        with trio.move_on_after(moment):
            nursery.start_soon(other)
            await batches.scrape(URL, HASHES[:1], "")
    assert told == {HASHES[1]: 1}


async def test_a_failure_is_everybodys_and_the_next_batch_is_asked_anew(autojump_clock):
    trackers = Trackers(error=NetworkError("unreachable"))
    batches = ScrapeBatches(trackers)
    assert set((await scrape_all(batches)).values()) == {"unreachable"}
    trackers.error = None
    assert (await scrape_all(batches))[HASHES[7]] == {HASHES[7]: 7}
    assert [count for _, count, _ in trackers.asked] == [40, 40]


@pytest.mark.parametrize(
    "trackers", [Trackers(knows=1), Trackers(error=TrackerError("HTTP status: 414"))]
)
async def test_who_does_not_understand_many_is_asked_for_one(autojump_clock, trackers):
    batches = ScrapeBatches(trackers)
    await scrape_all(batches)
    trackers.asked.clear()
    trackers.error = None
    assert (await scrape_all(batches))[HASHES[7]] == {HASHES[7]: 7}
    assert trackers.asked == [(URL, 1, "")] * 40


async def test_who_refuses_that_too_is_left_alone_for_a_while(autojump_clock):
    trackers = Trackers(error=TrackerError("not a scrape"))
    batches = ScrapeBatches(trackers)
    await scrape_all(batches)
    await scrape_all(batches, HASHES[:1])
    told = await scrape_all(batches)
    assert set(told.values()) == {"it was asked for counts lately, and gave none"}
    assert [count for _, count, _ in trackers.asked] == [40, 1]
    await trio.sleep(DEAF_SECONDS)
    trackers.error = None
    assert await scrape_all(batches, HASHES[:1]) == {HASHES[0]: {HASHES[0]: 0}}


async def test_who_only_wants_to_be_left_alone_for_a_while_understands_many(autojump_clock):
    trackers = Trackers(error=TrackerError("not so soon", 60.0))
    batches = ScrapeBatches(trackers)
    await scrape_all(batches)
    await scrape_all(batches)
    assert [count for _, count, _ in trackers.asked] == [40, 40]


async def test_trackers_that_are_asked_singly_are_bounded(autojump_clock):
    batches = ScrapeBatches(Trackers(knows=1))
    for number in range(REMEMBERED_MAX + 5):
        await scrape_all(batches, HASHES[:3], f"http://{number}/announce")
    assert len(batches._singly) == REMEMBERED_MAX
