import random

import pytest

from raincore.base.endpoint import Endpoint
from raincore.dht.tokens import ROTATION_SECONDS, Tokens
from tests.dht.places import public

TARGET, OTHER = b"t" * 20, b"o" * 20


@pytest.fixture
def tokens(seed: int) -> Tokens:
    return Tokens(random.Random(seed), 0.0)


def test_a_token_is_for_one_address_and_one_target(tokens: Tokens) -> None:
    token = tokens.make(public(1), TARGET, 0.0)
    assert tokens.accepts(token, public(1), TARGET, 0.0)
    assert not tokens.accepts(token, public(2), TARGET, 0.0)
    assert not tokens.accepts(token, public(1), OTHER, 0.0)
    assert not tokens.accepts(b"", public(1), TARGET, 0.0)


def test_the_port_may_change(tokens: Tokens) -> None:
    token = tokens.make(public(1), TARGET, 0.0)
    assert tokens.accepts(token, Endpoint(public(1).host, 9), TARGET, 0.0)


@pytest.mark.parametrize(("age", "accepted"), [(0.9, True), (1.9, True), (2.1, False), (9, False)])
def test_a_token_lives_as_long_as_two_secrets(tokens: Tokens, age: float, accepted: bool) -> None:
    token = tokens.make(public(1), TARGET, 0.0)
    for step in range(1, 10):  # secrets change as time is noticed to pass
        if step * 0.1 * age * ROTATION_SECONDS < age * ROTATION_SECONDS:
            tokens.make(public(9), TARGET, step * 0.1 * age * ROTATION_SECONDS)
    assert tokens.accepts(token, public(1), TARGET, age * ROTATION_SECONDS) == accepted


def test_a_token_does_not_outlive_a_long_silence(tokens: Tokens) -> None:
    token = tokens.make(public(1), TARGET, 0.0)
    assert not tokens.accepts(token, public(1), TARGET, 10 * ROTATION_SECONDS)


def test_two_nodes_make_different_tokens() -> None:
    one, other = (Tokens(random.Random(n), 0.0) for n in (1, 2))
    assert not other.accepts(one.make(public(1), TARGET, 0.0), public(1), TARGET, 0.0)
