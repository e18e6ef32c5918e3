"""scrape says zero, too."""

from raintools.rain_dht import main
from tests.tools.running import run


def test_nobody_is_a_count_and_an_error(entrance):
    ended = run(main, "scrape", *entrance, "2a" * 20)
    assert ended.code == 4
    [counted] = ended.documents
    assert (counted["seeds"], counted["peers"]) == (0, 0)
    assert "nobody knows a peer" in ended.stderr


def test_a_name_that_is_known_is_told(entrance):
    link = f"magnet:?xt=urn:btih:{'2b' * 20}&dn=photos"
    assert run(main, "announce", "--port", 7200, *entrance, link).code == 0
    [counted] = run(main, "scrape", *entrance, link).documents
    assert (counted["name"], counted["peers"]) == ("photos", 1)
