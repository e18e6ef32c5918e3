"""Matches, printed."""

from pathlib import Path

import pytest

from raincore.formats import metainfo
from raincore.storage.layout import Layout
from raincore.storage.matching import Match
from raincore.storage.size_index import LocalFile
from raintools._kit import match_view
from raintools._kit.output import Writer
from tests import stdout_lines
from tests.documents import samples

INFO = metainfo.parse(samples.torrent(samples.info_v1())).info
LAYOUT = Layout.of(INFO, Path("/srv"))
SOURCE = LocalFile("/data/x\n", 5, 0, 0, 0, 0)


def printed(
    capsysbinary: pytest.CaptureFixture[bytes], match: Match, applied: str | None, as_json: bool
) -> str:
    match_view.show(Writer(as_json=as_json), INFO, LAYOUT, 0, match, applied)
    return capsysbinary.readouterr().out.decode()


@pytest.mark.parametrize(
    ("match", "applied", "line"),
    [
        (Match(0, "exact", SOURCE, 1, 1), "copy", "exact     {}  <- /data/x�  (copy)"),
        (Match(0, "in_place", SOURCE, 1, 1), None, "in_place  {}"),
        (Match(0, "missing", None, 0, 1, "no file"), None, "missing   {}  (no file)"),
        (Match(0, "likely", SOURCE, 1, 2, "b"), None, "likely    {}  <- /data/x�  (b)"),
    ],
)
def test_people_get_a_line_for_each_file(capsysbinary, match, applied, line) -> None:
    path = "/".join(INFO.files[0].path)
    assert printed(capsysbinary, match, applied, False) == line.format(path) + "\n"


def test_programs_get_a_document_for_each_file(capsysbinary) -> None:
    match = Match(0, "likely", SOURCE, 1, 2, "it is so")
    (value,) = stdout_lines.documents(printed(capsysbinary, match, "copy", True))
    assert value["target"] == str(LAYOUT.path_of(0))
    assert (value["status"], value["reason"], value["applied"]) == ("likely", "it is so", "copy")
    assert (value["pieces_proven"], value["pieces_total"]) == (1, 2)
    assert value["source_b64"] == "L2RhdGEveAo="
