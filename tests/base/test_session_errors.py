"""The texts are those that clients of rain's API look for."""

from raincore.base import session_errors as e
from raincore.base.errors import RainError


def test_errors_say_what_clients_look_for():
    errors = {
        e.TorrentNotFound("x"): "torrent not found",
        e.DuplicateId("x"): "duplicate torrent id",
        e.NoFreePort(): "no free port",
        e.MetadataNotReady(): "torrent metadata not ready",
        e.TorrentIsPrivate(): "torrent is private",
    }
    for error, text in errors.items():
        assert isinstance(error, RainError)
        assert str(error) == text
    assert len({error.code for error in errors}) == len(errors)


def test_ids_are_made_printable():
    assert e.TorrentNotFound("a\x1b").details == {"id": "a�"}
    assert e.DuplicateId("a\x1b").details == {"id": "a�"}
