import pytest

from raincore.formats.webseed_url import WebUrls
from raincore.swarm.webseed_state import FIRST_KEY, HOPELESS_FAILURES, Webseeds


def of(*files: str, pieces: tuple[str, ...] = ()) -> Webseeds:
    return Webseeds(WebUrls(files, pieces))


def test_each_web_seed_is_known_once_and_has_a_key_of_its_own() -> None:
    web = of("http://a/", "http://b/", "http://a/", pieces=("http://a/",))
    found = [(source.key, source.url, source.by_piece) for source in web.sources.values()]
    assert found == [
        (FIRST_KEY, "http://a/", False),
        (FIRST_KEY + 1, "http://b/", False),
        (FIRST_KEY + 2, "http://a/", True),
    ]


def test_no_more_than_a_hundred_are_known() -> None:
    assert len(of(*(f"http://a/{n}" for n in range(200))).sources) == 100


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://h/a", "http://h/a"),
        ("http://me:secret@h/a?key=1", "http://h/a"),
        ("http://h/\x1b[31m", "http://h/\ufffd[31m"),
    ],
)
def test_a_web_seed_is_named_without_the_users_keys(url: str, place: str) -> None:
    [source] = of(url).sources.values()
    assert source.place == place


def test_a_url_that_cannot_even_be_split_is_refused() -> None:
    web = of("http://[::1/", "ftp://h/")
    assert [bool(source.refused) for source in web.sources.values()] == [True, True]
    assert [source.place for source in web.sources.values()] == ["http://[::1/", "ftp://h/"]
    assert not web.may_help


def test_the_host_of_a_web_seed_is_one_however_it_is_written() -> None:
    hosts = {source.host for source in of("http://Me@H:80/a", "http://h:80/b").sources.values()}
    assert hosts == {"h:80"}


def test_a_web_seed_may_help_until_it_is_refused_or_fails_too_often() -> None:
    web = of("http://a/")
    [source] = web.sources.values()
    assert web.may_help
    source.failures = HOPELESS_FAILURES
    assert not web.may_help
    source.failures = 0
    source.refused = "sent bad data"
    assert not web.may_help
    assert not of().may_help


@pytest.mark.parametrize("most", [0, 1, 3])
def test_fewer_may_be_asked_for(most: int) -> None:
    urls = WebUrls(tuple(f"http://a/{n}" for n in range(5)))
    assert len(Webseeds(urls, most).sources) == most
