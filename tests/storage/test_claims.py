"""A file belongs to one torrent at a time."""

from raincore.storage.claims import Claims


def test_who_comes_first_has_it_until_it_gives_it_up():
    claims, one, two = Claims(), object(), object()
    assert claims.take("/a", one)
    assert claims.take("/a", one)
    assert not claims.take("/a", two)
    assert claims.take("/b", two)
    claims.release(["/a", "/b", "/c"], one)
    assert claims.take("/a", two)
    claims.release(["/a"], one)
    assert not claims.take("/b", one)
