"""What was left out of an input."""

import pytest

from raincore.documents import documents
from raincore.formats import magnet, metainfo
from raintools._kit import unusable
from raintools._kit.exits import Outcome
from raintools._kit.lines import Foreign
from raintools._kit.sources import Loaded
from tests.documents import samples

LINK = "magnet:?xt=urn:btih:" + "0a" * 20


def told(link: str, capsys: pytest.CaptureFixture[str], *, quiet: bool = False) -> list[str]:
    parsed = magnet.parse(link)
    loaded = Loaded(documents.of_magnet(parsed), parsed, "here")
    assert unusable.told(loaded, "here", Outcome("rain-test", quiet=quiet)) is loaded
    return capsys.readouterr().err.splitlines()


def test_peers_that_are_no_addresses_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    [line] = told(LINK + "&x.pe=h:1&x.pe=host&x.pe=h:x&x.pe=h:0", capsys)
    assert line.startswith("rain-test: warning: here: a peer of the link (x.pe) is left out: ")
    assert "'host'" in line
    assert line.endswith(", and 2 more")
    [alone] = told(LINK + "&x.pe=host", capsys)
    assert "more" not in alone


def test_nothing_is_said_of_a_good_link_nor_if_that_is_wished(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert told(LINK + "&x.pe=h:1", capsys) == []
    assert told(LINK + "&x.pe=host", capsys, quiet=True) == []


def test_what_is_not_ours_is_passed_on(capsys: pytest.CaptureFixture[str]) -> None:
    foreign = Foreign(b"{}")
    assert unusable.told(foreign, "here", Outcome("rain-test")) is foreign
    assert capsys.readouterr().err == ""


def test_what_is_ignored_in_a_file_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    raw = b"d7:comment1:a" + samples.torrent()[1:]
    torrent = metainfo.parse(b"d7:comment1:a7:comment1:b" + raw[13:] + b"\n\n")
    loaded = Loaded(documents.of_metainfo(torrent), torrent, "here")
    assert unusable.told(loaded, "here", Outcome("rain-test")) is loaded
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("rain-test: warning: here: 2 bytes are behind the end of the value")
    assert second.startswith("rain-test: warning: here: key 'comment' comes again at offset 13")
