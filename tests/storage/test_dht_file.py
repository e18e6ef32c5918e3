"""The file of DHT nodes appears whole, is never trusted, and never in the way."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from raincore.base.errors import ReadError, WriteError
from raincore.storage import dht_file
from tests.formats.test_dht_state import saved

KNOWN = {4: saved(4), 6: saved(6)}


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "rain" / "dht"


def test_what_is_saved_is_loaded(place):
    dht_file.save(KNOWN)
    assert dht_file.load() == KNOWN
    assert place.is_file()


def test_nothing_is_known_at_first(place):
    assert dht_file.load() == {}


@pytest.mark.parametrize("data", [b"", b"le", b"d1:vi1e", b"x" * 100_000])
def test_a_damaged_file_is_refused_by_name(place, data):
    place.parent.mkdir()
    place.write_bytes(data)
    with pytest.raises(ReadError, match=r"damaged .*rain/dht"):
        dht_file.load()
    dht_file.save(KNOWN)
    assert dht_file.load() == KNOWN


def test_what_is_no_file_is_refused(place):
    place.mkdir(parents=True)
    with pytest.raises(ReadError):
        dht_file.load()
    with pytest.raises(WriteError):
        dht_file.save(KNOWN)


def test_a_pipe_in_its_place_does_not_hang_us(place):
    place.parent.mkdir()
    os.mkfifo(place)
    with pytest.raises(ReadError, match="not a file"):
        dht_file.load()
    with pytest.raises(WriteError, match="not a file"):
        dht_file.save(KNOWN)


def test_a_directory_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WriteError):
        dht_file.save(KNOWN, str(tmp_path / "file" / "dht"))


def test_several_that_save_at_once_do_no_harm(place):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: dht_file.save(KNOWN), range(50)))
    assert dht_file.load() == KNOWN
    assert [path.name for path in place.parent.iterdir()] == ["dht"]
