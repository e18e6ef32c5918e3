"""A bencoded structure as JSON."""

import json
from pathlib import Path

from raincore.documents import raw
from raincore.formats import bencoding
from tests.documents import samples

GOLDEN = Path(__file__).parent / "golden" / "raw-1.json"


def test_a_bencoded_structure_is_shown_so_that_each_byte_can_be_told():
    value = {
        b"text": "ü".encode(),
        b"bytes": b"\xff\x00",
        b"bell": b"\x07",
        b"list": [1, [], {}],
        b"\xff": 1,
        b"hex": 2,
        b"hexagon": -(10**18),
    }
    assert raw.value_of(value) == {
        "text": "ü",
        "bytes": {"hex": "ff00"},
        "bell": {"hex": "07"},
        "list": [1, [], {}],
        "hex:ff": 1,
        "hex:686578": 2,
        "hex:68657861676f6e": -(10**18),
    }


def test_the_golden_raw_structure_is_that_of_a_sample():
    golden = json.loads(GOLDEN.read_text("utf-8"))
    assert golden["value"] == raw.value_of(bencoding.decode(samples.full()))
