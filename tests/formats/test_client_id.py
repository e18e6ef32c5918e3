"""Who a peer id says it is."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from raincore.formats import client_id

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "bep_0020.json").read_text())


@pytest.mark.parametrize("case", VECTORS["clients"], ids=lambda case: case["peer_id"])
def test_known_styles_name_their_client(case):
    assert client_id.name(case["peer_id"].encode()) == case["client"]


@pytest.mark.parametrize("peer_id", VECTORS["unknown"])
def test_no_style_is_no_name(peer_id):
    assert client_id.name(peer_id.encode()) is None


def test_whatever_a_peer_sends_the_name_is_printable(seed):
    rng = random.Random(seed)
    alphabet = [*b"-AQMTRSa0193.~", 0, 255, 10]
    for _ in range(5000):
        name = client_id.name(bytes(rng.choices(alphabet, k=20)))
        assert name is None or name.isprintable()


def test_our_own_peer_ids_are_random_but_for_the_prefix(seed):
    rng = random.Random(seed)
    one, other = client_id.make(rng), client_id.make(rng)
    assert one != other
    assert one[:8] == other[:8] == client_id.PREFIX
    assert client_id.make(random.Random(seed)) == one
    assert client_id.name(one) == "rain 0.1"


def test_another_prefix_leaves_the_rest_to_dice():
    one = client_id.make(random.Random(1), b"-XX1-")
    assert one.startswith(b"-XX1-")
    assert one != client_id.make(random.Random(2), b"-XX1-")
    assert client_id.make(random.Random(1), bytes(range(20))) == bytes(range(20))
