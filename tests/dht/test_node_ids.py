import random
from typing import Any

import pytest

from raincore.base.endpoint import Endpoint
from raincore.base.ids import NodeId
from raincore.dht import node_ids
from tests.wire.pair import vectors


@pytest.mark.parametrize("vector", vectors(42, "ids"), ids=lambda v: v["address"])
def test_the_ids_of_bep_42_suit_their_addresses(vector: dict[str, Any]) -> None:
    node_id = NodeId.from_hex(vector["node_id"])
    assert node_id[-1] == vector["tail"]
    assert node_ids.suits(node_id, Endpoint(vector["address"], 6881))
    assert not node_ids.suits(node_id, Endpoint("1.2.3.4", 6881))


@pytest.mark.parametrize("vector", vectors(42, "ids"), ids=lambda v: v["address"])
def test_only_the_first_bits_and_the_last_byte_matter(vector: dict[str, Any]) -> None:
    node_id = NodeId.from_hex(vector["node_id"])
    endpoint = Endpoint(vector["address"], 6881)
    number = int.from_bytes(node_id, "big")

    def flipped(bit: int) -> NodeId:
        return NodeId((number ^ 1 << 159 - bit).to_bytes(20, "big"))

    judged = [node_ids.suits(flipped(bit), endpoint) for bit in range(152)]
    assert judged == [False] * 21 + [True] * 131


@pytest.mark.parametrize("host", ["20.1.2.3", "2001:db8::1", "192.0.2.255"])
def test_an_id_that_we_make_suits_its_address_and_no_other(host: str, seed: int) -> None:
    rng = random.Random(seed)
    other = Endpoint("2001:db9::1" if ":" in host else "21.1.2.3", 1)
    made = {node_ids.id_for(Endpoint(host, 1), rng) for _ in range(50)}
    assert len(made) == 50
    assert all(node_ids.suits(node_id, Endpoint(host, 9)) for node_id in made)
    assert not any(node_ids.suits(node_id, other) for node_id in made)


def test_the_interface_half_of_an_ipv6_address_does_not_matter(seed: int) -> None:
    made = node_ids.id_for(Endpoint("2001:db8::1", 1), random.Random(seed))
    assert node_ids.suits(made, Endpoint("2001:db8::ffff:1", 1))


def test_local_nodes_may_have_any_id() -> None:
    assert node_ids.suits(NodeId(bytes(20)), Endpoint("127.0.0.1", 1))
    assert node_ids.suits(NodeId(bytes(20)), Endpoint("fe80::1", 1))


@pytest.mark.parametrize(
    ("one", "other", "bits"),
    [("00", "00", 160), ("80", "00", 0), ("01", "00", 7), ("ff", "fe", 7), ("00ff", "00f0", 12)],
)
def test_shared_bits_are_counted_from_the_front(one: str, other: str, bits: int) -> None:
    ids = [bytes.fromhex(text).ljust(20, b"\0") for text in (one, other)]
    assert node_ids.shared_bits(*ids) == bits


def test_random_ids_differ(seed: int) -> None:
    rng = random.Random(seed)
    assert len({node_ids.random_id(rng) for _ in range(100)}) == 100


def test_an_id_with_a_bit_flipped_shares_just_those_before_it():
    own = node_ids.random_id(random.Random(1))
    for bit in (0, 1, 7, 8, 159):
        other = node_ids.with_bit_flipped(own, bit)
        assert node_ids.shared_bits(own, other) == bit
        assert node_ids.with_bit_flipped(other, bit) == own
