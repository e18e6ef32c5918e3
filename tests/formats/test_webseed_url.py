import pytest

from raincore.base.ids import InfoHash
from raincore.formats import bencoding, webseed_url
from raincore.formats import info as info_format
from raincore.formats.info import Info
from raincore.formats.webseed_url import NO_WEB, WebUrls


def torrent(name: bytes, *paths: list[bytes]) -> Info:
    value: dict[str, object] = {"name": name, "piece length": 16384, "pieces": bytes(20)}
    if paths:
        value["files"] = [{"length": 5, "path": path} for path in paths]
    else:
        value["length"] = 5
    return info_format.parse(bencoding.encode(value))


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("http://h/some.iso", "http://h/some.iso"),
        ("http://h/d/", "http://h/d/a%20b.iso"),
        ("http://h/get?f=1", "http://h/get?f=1"),
    ],
)
def test_a_single_file_has_the_url_itself_or_its_name_behind_a_slash(
    base: str, expected: str
) -> None:
    assert webseed_url.of_file(base, torrent(b"a b.iso"), 0) == expected


@pytest.mark.parametrize("base", ["http://h/d", "http://h/d/"])
def test_several_files_lie_below_the_name(base: str) -> None:
    info = torrent(b"my photos", [b"a"], [b"sub dir", b"b#1?.jpg"])
    assert webseed_url.of_file(base, info, 0) == "http://h/d/my%20photos/a"
    assert webseed_url.of_file(base, info, 1) == "http://h/d/my%20photos/sub%20dir/b%231%3F.jpg"


def test_names_go_byte_by_byte() -> None:
    info = torrent(b"d", ["ä".encode()], [b"\xe4"], [b"50%"], [b"a/b"], [b"~-._"])
    found = [webseed_url.of_file("http://h/", info, index)[11:] for index in range(5)]
    assert found == ["%C3%A4", "%E4", "50%25", "a%2Fb", "~-._"]


@pytest.mark.parametrize(("base", "sign"), [("http://h/s", "?"), ("http://h/s?x=1", "&")])
def test_a_piece_is_asked_for_by_its_number(base: str, sign: str) -> None:
    found = webseed_url.of_piece(base, InfoHash(b"a%\x00\xff" * 5), 7, 16384)
    assert found == f"{base}{sign}info_hash={'a%25%00%FF' * 5}&piece=7&ranges=0-16383"


def test_no_web_has_no_urls() -> None:
    assert WebUrls((), ()) == NO_WEB
