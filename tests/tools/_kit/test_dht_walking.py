"""crawl and sample with their bounds."""

from raintools.rain_dht import main
from tests.tools.running import run


def test_the_count_bounds_a_walk(entrance):
    assert len(run(main, "crawl", "--count", 2, *entrance).documents) == 2


def test_info_hashes_can_be_documents_that_others_take(entrance):
    assert run(main, "announce", "--port", 7300, *entrance, "3a" * 20).code == 0
    found = run(main, "sample", "--torrents", "--count", 1, *entrance).documents
    assert [set(document) for document in found] == [{"type", "v", "info_hash"}]


def test_nobody_there_is_one_line():
    for verb in ("crawl", "sample"):
        ended = run(main, verb, "--bootstrap", "127.0.0.1:1", "--timeout", "300ms")
        assert (ended.code, ended.documents) == (4, [])
        assert "nobody answered: 0 of 1 bootstrap nodes" in ended.stderr
