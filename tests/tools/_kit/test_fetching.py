"""What an input and the options make of a job."""

from dataclasses import dataclass, replace
from pathlib import Path

from raincore.documents import documents
from raincore.formats import magnet, metainfo
from raincore.policy.file_selection import Selection
from raincore.swarm.state import Goal, Limits
from raintools._kit.fetching import job_of
from raintools._kit.selecting import Choice
from raintools._kit.sources import Loaded
from tests.documents import samples

TORRENT = metainfo.parse(samples.full())


class Network:
    """What the options about the network ask for."""

    peers = ("192.0.2.1:1",)
    limits = Limits(stall_seconds=7)
    no_webseeds = False

    def trackers(self, document):
        return document.trackers


@dataclass
class Wishes:
    """All other options."""

    choice: Choice
    directory: Path = Path("/d")
    goal: Goal = Goal.COMPLETE
    recheck: bool = True
    network: Network = Network()  # noqa: RUF009


def test_a_torrent_is_known():
    document = replace(documents.of_metainfo(TORRENT), peers=["192.0.2.2:2"], select=[1])
    job = job_of(Loaded(document, TORRENT, "origin"), Wishes(Choice(sequential=True)))
    assert (job.info, job.layers) == (TORRENT.info, TORRENT.piece_layers)
    assert job.peers == ("192.0.2.1:1", "192.0.2.2:2")
    assert (job.select, job.sequential) == (Selection(indices=(1,)), True)
    assert (job.directory, job.goal, job.recheck) == (Path("/d"), Goal.COMPLETE, True)
    assert (job.limits.stall_seconds, job.trackers) == (7, document.trackers)


def test_a_link_is_to_be_looked_for():
    link = replace(magnet.of(TORRENT), select=(3,))
    job = job_of(Loaded(documents.of_magnet(link), link, "origin"), Wishes(Choice(("*.x",))))
    assert (job.info, job.layers) == (None, {})
    assert job.search.hashes.swarm == TORRENT.info.swarm_hash
    assert (job.select, job.sequential) == (Selection(("*.x",)), False)
