"""What one input of rain-seed becomes, and what is advised when it cannot be served."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from raincore.base.errors import ContentMismatch, FormatError
from raincore.documents import documents
from raincore.formats import magnet, metainfo
from raincore.swarm.state import Goal, Limits
from raintools._kit.seeding import Seeder
from raintools._kit.sources import Loaded
from tests.sim.content import sample

SAMPLE = sample(1, pieces=4)
TORRENT = metainfo.parse(metainfo.encode(SAMPLE.info.raw))
LOADED = Loaded(documents.of_metainfo(TORRENT), TORRENT, "a.torrent")
NETWORK = SimpleNamespace(limits=Limits(), peers=(), trackers=lambda document: [])


def seeder(*, partial: bool = False) -> Seeder:
    return Seeder(None, False, True, partial, False, NETWORK, SimpleNamespace())


@pytest.mark.parametrize("partial", [False, True])
def test_content_is_only_served_all_of_it_or_what_is_good(partial: bool) -> None:
    job = seeder(partial=partial).job(LOADED, Path("/data"))
    assert (job.goal, job.fixed, job.partial, job.quick) == (Goal.SEED, True, partial, True)
    assert job.directory == Path("/data")


def test_a_link_has_no_hashes_to_check_by() -> None:
    link = magnet.parse(f"magnet:?xt=urn:btih:{'a' * 40}")
    loaded = Loaded(documents.of_magnet(link), link, "link")
    with pytest.raises(FormatError, match=r"give the \.torrent file"):
        seeder().job(loaded, Path("/data"))


@pytest.mark.parametrize(
    ("partial", "bad", "advised"),
    [(False, [1], True), (False, [0, 1, 2, 3], False), (True, [0, 1, 2, 3], False)],
)
def test_serving_what_is_good_is_advised_where_there_is_any(
    partial: bool, bad: list[int], advised: bool
) -> None:
    one = seeder(partial=partial)
    error = one.with_advice(ContentMismatch("bad", bad), one.job(LOADED, Path("/data")))
    assert str(error) == ("bad; --partial serves what is good" if advised else "bad")
    assert error.pieces == bad
