"""Findings as JSON documents."""

import json
from pathlib import Path

import pytest

from raincore.base import ids
from raincore.base.errors import BencodeError, DocumentError, HybridMismatch, MetainfoError
from raincore.documents import findings, registry
from raincore.documents.documents import TorrentDocument
from raincore.formats.lint_codes import Finding, finding

GOLDEN = Path(__file__).parent / "golden" / "finding-1.json"


def test_a_finding_is_written_as_its_golden_file_says():
    document = TorrentDocument(
        info_hash=ids.InfoHash(bytes(range(20))),
        info_hash_v2=ids.InfoHashV2(bytes(range(32))),
        name="photos",
        path="/t/photos.torrent",
    )
    found = Finding(
        "other-info-hash", "warning", "info", "aria2 1.36 …", "aria2 1.36", bytes(range(20, 40))
    )
    value = findings.encode(found, "photos.torrent", document)
    golden = json.loads(GOLDEN.read_text("utf-8"))
    assert value == golden
    assert list(value) == list(golden)


def test_what_is_not_known_is_left_out():
    value = findings.encode(finding("content-empty", "", "nothing"), "a\x1b.torrent")
    registry.validate(value)
    assert value == {
        "type": "finding",
        "v": 1,
        "code": "content-empty",
        "severity": "warning",
        "message": "nothing",
        "input": "a�.torrent",
    }


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MetainfoError("is missing", "info.name"), "refused"),
        (BencodeError("malformed integer", "offset 7"), "refused"),
        (DocumentError("is missing"), "refused"),
        (HybridMismatch("differ", "info.files[1]"), "hybrid-mismatch"),
    ],
)
def test_a_refusal_is_a_finding(error, code):
    found = findings.of_error(error)
    assert (found.code, found.severity, found.where) == (code, "error", error.where)
    assert str(error).endswith(found.message)
    assert not found.message.startswith("info")


def test_a_refusal_in_a_document_is_told_by_its_cause():
    error = DocumentError("info: differ", "$.metainfo")
    error.__cause__ = HybridMismatch("differ", "info")
    found = findings.of_error(error)
    assert (found.code, found.where) == ("hybrid-mismatch", "$.metainfo")
