"""A job needs little: which torrent, where, and until when."""

from pathlib import Path

from raincore.base.ids import InfoHash
from raincore.session.job import Job
from raincore.swarm.metadata_search import MetadataSearch
from raincore.swarm.state import Goal, Limits


def test_what_is_not_said_is_nothing_special() -> None:
    job = Job(info_hash=InfoHash(bytes(20)), info=None, directory=Path(), goal=Goal.COMPLETE)
    assert job.limits == Limits()
    assert (job.peers, job.nodes, job.trackers, job.search) == ((), (), (), MetadataSearch())
    assert (job.layers, job.fixed, job.recheck) == ({}, False, False)
