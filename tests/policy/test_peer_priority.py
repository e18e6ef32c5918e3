from typing import Any

import pytest

from raincore.base.endpoint import Endpoint
from raincore.policy.peer_priority import priority
from tests.wire.pair import vectors


@pytest.mark.parametrize("vector", vectors(40, "priorities"), ids=lambda v: v["name"])
def test_both_ends_arrive_at_the_number_of_bep_40(vector: dict[str, Any]) -> None:
    ours, theirs = Endpoint.parse(vector["ours"]), Endpoint.parse(vector["theirs"])
    assert f"{priority(ours, theirs):08x}" == vector["priority"]
    assert priority(theirs, ours) == priority(ours, theirs)


def test_the_ports_of_different_hosts_do_not_count() -> None:
    ours = Endpoint("123.213.32.10", 1)
    assert priority(ours, Endpoint("98.76.54.32", 1)) == priority(ours, Endpoint("98.76.54.32", 2))


def test_a_network_far_away_is_one_place_for_many_of_its_addresses() -> None:
    ours = Endpoint("123.213.32.10", 1)
    theirs = {priority(ours, Endpoint(f"98.76.{n}.7", 1)) for n in range(256)}
    assert len(theirs) == 16
