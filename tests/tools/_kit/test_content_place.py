from pathlib import Path

import pytest

from raincore.documents.documents import TorrentDocument
from raincore.formats import metainfo
from raintools._kit import content_place
from tests.documents import samples

INFO = metainfo.parse(samples.torrent(samples.info_hybrid())).info
FIRST = INFO.files[0].disk_path


def place_of(document: TorrentDocument, directory: str | None, content: str | None) -> Path | None:
    where = None if directory is None else Path(directory)
    return content_place.layout(INFO, document, where, content).path_of(0)


def test_an_option_comes_before_the_document_and_that_before_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    told = TorrentDocument(data_dir="/told")
    assert place_of(told, "/asked", None) == Path("/asked", *FIRST)
    assert place_of(told, None, None) == Path("/told", *FIRST)
    assert place_of(TorrentDocument(), None, None) == tmp_path.joinpath(*FIRST)


@pytest.mark.parametrize("content", ["/srv/renamed", "/srv/renamed/", "/srv/x/../renamed"])
def test_content_takes_the_place_of_the_torrents_name(content: str) -> None:
    assert place_of(TorrentDocument(), None, content) == Path("/srv/renamed", *FIRST[1:])


@pytest.mark.parametrize(
    ("content", "directory"),
    [(None, "/told"), (f"/srv/{FIRST[0]}", "/srv"), ("/srv/renamed", None)],
)
def test_a_document_names_a_directory_only_where_the_content_has_the_torrents_name(
    content: str | None, directory: str | None
) -> None:
    placed = content_place.layout(INFO, TorrentDocument(data_dir="/told"), None, content)
    assert content_place.directory(INFO, placed, content) == directory
