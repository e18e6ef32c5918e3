"""Matches as JSON documents."""

import base64
import json
from pathlib import Path

from raincore.documents import matches, registry
from raincore.formats import metainfo
from tests.documents import samples

GOLDEN = Path(__file__).parent / "golden" / "match-1.json"
INFO = metainfo.parse(samples.torrent(samples.info_hybrid())).info


def test_a_match_is_written_as_its_golden_file_says() -> None:
    value = matches.encode(
        INFO,
        0,
        "likely",
        number=0,
        target="/srv/\udcff",
        source="/data/x\n",
        pieces=(2, 3),
        reason="shares a piece with a file that was not found: b",
        applied="copy",
    )
    golden = json.loads(GOLDEN.read_text("utf-8"))
    assert value == golden
    assert list(value) == list(golden)
    assert base64.b64decode(value["source_b64"]) == b"/data/x\n"
    assert base64.b64decode(value["target_b64"]) == b"/srv/\xff"


def test_what_is_not_known_or_not_needed_is_left_out() -> None:
    value = matches.encode(INFO, 0, "missing", number=0, target="/ä", source=None, pieces=(0, 1))
    registry.validate(value)
    needless = {"source", "source_b64", "target_b64", "reason", "applied"}
    assert value.keys().isdisjoint(needless)
