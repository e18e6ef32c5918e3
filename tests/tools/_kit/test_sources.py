"""One input to the torrent that it names."""

import base64
import json
import os
import threading

import pytest

from raincore.base.errors import DocumentError, FormatError, MagnetError
from raincore.formats import magnet, metainfo
from raintools._kit import download, torrent_bytes
from raintools._kit.lines import Foreign
from raintools._kit.sources import Input, load
from tests.documents import samples

HASH = "0a" * 20


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.torrent").write_bytes(samples.torrent())
    return tmp_path


def given(text):
    return load(Input(text, text))


def line(**keys):
    return load(
        Input(json.dumps({"type": "torrent", **keys}).encode(), "stdin line 1", is_json=True)
    )


def test_a_path_is_read_and_becomes_absolute(place):
    loaded = given("a.torrent")
    assert loaded.torrent == metainfo.parse(samples.torrent())
    assert loaded.document.path == str(place / "a.torrent")
    assert loaded.document.metainfo is None
    assert loaded.origin == "a.torrent"


@pytest.mark.parametrize("blanks", ["", " ", "\ufeff", "\r\n"])
def test_a_file_of_documents_is_told_where_those_go(place, blanks):
    (place / "doc.json").write_text(blanks + '{"type": "torrent"}', encoding="utf-8")
    with pytest.raises(FormatError, match="give documents on standard input"):
        given("doc.json")


def test_a_name_with_spaces_around_it_is_taken_as_it_is(place):
    (place / " b ").write_bytes(samples.torrent())
    assert given(" b ").document.path == str(place / " b ")


def test_a_pipe_has_no_path_and_is_embedded(place):
    os.mkfifo(place / "pipe")
    writer = threading.Thread(target=(place / "pipe").write_bytes, args=[samples.torrent()])
    writer.start()
    loaded = given("pipe")
    writer.join()
    assert loaded.document.path is None
    assert loaded.document.metainfo == samples.torrent()


def test_a_name_that_json_cannot_carry_is_no_path(place):
    name = os.fsdecode(b"\xff.torrent")
    with open(name, "wb") as file:
        file.write(samples.torrent())
    loaded = given(name)
    assert loaded.document.path is None
    assert loaded.document.metainfo == samples.torrent()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing.torrent", "cannot be read: no such file or directory"),
        (".", "cannot be read: is a directory"),
        ("a.torrent/b", "cannot be read: not a directory"),
        ("a\0b", "cannot be read: no usable file name"),
        ("n" * 300, "cannot be read: file name too long"),
        ("", "no file name given"),
        ("  ", "cannot be read: no such file or directory"),
    ],
)
def test_what_cannot_be_read_says_why(place, name, reason):
    with pytest.raises(FormatError, match=f"^{reason}$"):
        given(name)


def test_a_file_too_large_for_a_torrent_is_refused_unread(place):
    with open("large", "wb") as file:
        file.truncate(torrent_bytes.MAX_TORRENT + 1)
    with pytest.raises(FormatError, match="larger than 32 MiB"):
        given("large")


def test_bytes_too_many_for_a_torrent_are_refused():
    with pytest.raises(FormatError, match="larger than 32 MiB"):
        load(Input(bytes(torrent_bytes.MAX_TORRENT + 1), "stdin"))


def test_a_file_that_is_no_torrent_is_refused(place):
    (place / "text").write_text("hello")
    with pytest.raises(FormatError):
        given("text")


def test_bytes_are_a_torrent_without_a_path():
    loaded = load(Input(samples.torrent(), "stdin"))
    assert loaded.document.metainfo == samples.torrent()
    assert loaded.document.path is None


@pytest.mark.parametrize("link", [f"magnet:?xt=urn:btih:{HASH}", f" MAGNET:?xt=urn:btih:{HASH}\t"])
def test_a_magnet_link_is_parsed(link):
    assert given(link).torrent == magnet.parse(link)


def test_a_bad_magnet_link_says_why():
    with pytest.raises(MagnetError):
        given("magnet:?xt=urn:btih:zz")


@pytest.mark.parametrize(
    ("text", "v1", "v2"),
    [
        (HASH, HASH, None),
        (HASH.upper(), HASH, None),
        (base64.b32encode(bytes.fromhex(HASH)).decode(), HASH, None),
        (base64.b32encode(bytes.fromhex(HASH)).decode().lower(), HASH, None),
        ("0b" * 32, None, "0b" * 32),
    ],
)
def test_an_info_hash_is_a_magnet_that_knows_no_more(text, v1, v2):
    document = given(text).document
    assert (document.info_hash and document.info_hash.hex()) == v1
    assert (document.info_hash_v2 and document.info_hash_v2.hex()) == v2
    assert document.magnet.startswith("magnet:?xt=urn:bt")


def test_a_file_named_like_a_hash_is_reached_by_its_folder(place):
    (place / HASH).write_bytes(samples.torrent())
    assert given(f"./{HASH}").document.name == "photos"


@pytest.mark.parametrize("url", ["http://t.example/a.torrent", "HTTPS://t.example/a"])
def test_a_url_is_fetched_and_embedded(monkeypatch, url):
    fetched = []
    monkeypatch.setattr(download, "get", lambda url: fetched.append(url) or samples.torrent())
    loaded = given(url)
    assert fetched == [url]
    assert loaded.document.metainfo == samples.torrent()


def test_a_document_leads_to_its_torrent(place):
    loaded = line(path=str(place / "a.torrent"), peers=["h.example:1"], x=1)
    assert loaded.torrent == metainfo.parse(samples.torrent())
    assert list(loaded.document.peers) == ["h.example:1"]
    assert loaded.document.extra == {"x": 1}
    assert loaded.origin == "stdin line 1"


@pytest.mark.parametrize("path", ["/missing.torrent", "/", "/\udcff"])
def test_a_document_whose_file_cannot_be_read_says_why(path):
    with pytest.raises(DocumentError, match=r"^\$\.path: cannot be read: .*: /"):
        line(path=path)


def test_a_document_that_breaks_its_schema_is_refused():
    with pytest.raises(DocumentError):
        line(path=7)


def test_a_document_of_another_type_is_passed_on():
    event = b'{"type":"status"}\n'
    assert load(Input(event, "stdin line 1", is_json=True)) == Foreign(event)
