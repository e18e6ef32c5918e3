"""What a search came to is said in a few words."""

import math

import pytest

from raincore.swarm.dht_state import DhtState


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, "DHT: no answer yet"),
        ({"ended_at": 1.0}, "DHT: no node is known"),
        ({"ended_at": 1.0, "asked": 6}, "DHT: 0 of 6 nodes answered"),
        ({"ended_at": 1.0, "asked": 9, "answered": 8, "peers": 2}, "DHT: 8 of 9 nodes answered"),
        (
            {"ended_at": 1.0, "asked": 9, "answered": 8},
            "DHT: 8 of 9 nodes answered, none knows a peer",
        ),
    ],
)
def test_what_came_of_it_is_said(facts, said):
    assert DhtState(6881, **facts).said == said


def test_nothing_has_happened_at_first():
    assert DhtState(6881).ended_at == -math.inf
