"""Differences as JSON documents."""

import json
from pathlib import Path

from raincore.documents import differences, documents, registry
from raincore.formats import diff, metainfo
from tests.documents import samples

GOLDEN = Path(__file__).parent / "golden" / "diff-1.json"


def test_a_difference_is_written_as_its_golden_file_says():
    tree = dict(samples.info_layered()["file tree"])
    moved = {"x": {"a.bin": tree["a.bin"]}, "c.bin": {"": {"length": 7, "pieces root": bytes(32)}}}
    old, new = (
        metainfo.parse(samples.torrent(info, **{"piece layers": samples.LAYERS}))
        for info in (samples.info_layered(), {**samples.info_layered(), "file tree": moved})
    )
    value = differences.encode(
        diff.compare(old, new),
        documents.of_metainfo(old, path="/t/old.torrent"),
        documents.of_metainfo(new),
    )
    golden = json.loads(GOLDEN.read_text("utf-8"))
    assert value == golden
    assert list(value) == list(golden)


def test_what_is_unknown_is_told_apart():
    old = metainfo.parse(samples.torrent(samples.info_v1()))
    new = metainfo.parse(
        samples.torrent(samples.info_v1(**{"piece length": 32, "pieces": b"x" * 20}))
    )
    value = differences.encode(
        diff.compare(old, new), documents.of_metainfo(old), documents.of_metainfo(new)
    )
    registry.validate(value)
    assert (value["same"], value["bytes_needed"], value["bytes_unknown"]) == (False, 25, 25)


def test_an_added_file_names_its_twin_and_has_no_old_length():
    tree = samples.info_layered()["file tree"]
    old, new = (
        metainfo.parse(samples.torrent({**samples.info_layered(), "file tree": files}))
        for files in (tree, {**tree, "copy": tree["a.bin"]})
    )
    value = differences.encode(
        diff.compare(old, new), documents.of_metainfo(old), documents.of_metainfo(new)
    )
    [added] = [file for file in value["files"] if file["change"] == "added"]
    assert added == {
        "change": "added",
        "path": "photos/copy",
        "old_path": "photos/a.bin",
        "length": 30_000,
        "bytes_needed": 0,
    }
