"""What went wrong with addresses is remembered in a few words, and not for ever."""

from raincore.base.endpoint import Endpoint
from raincore.policy.setbacks import MAX_ADDRESSES, MAX_TEXT, Group, Setbacks

A, B, C = (Endpoint("20.0.0.1", port) for port in (1, 2, 3))


def test_addresses_of_which_the_same_is_said_are_told_together():
    setbacks = Setbacks()
    setbacks.note(A, f"connection refused: {A}")
    setbacks.note(B, f"no connection within 5 s: {B}")
    setbacks.note(C, f"connection refused: {C}")
    assert setbacks.groups() == [
        Group("connection refused", 2, C),
        Group("no connection within 5 s", 1, B),
    ]


def test_the_last_thing_counts():
    setbacks = Setbacks()
    setbacks.note(A, "one")
    setbacks.note(A, "other")
    assert setbacks.groups() == [Group("other", 1, A)]
    setbacks.overcome(A)
    setbacks.overcome(B)
    assert not len(setbacks)


def test_memory_is_bounded():
    setbacks = Setbacks()
    for number in range(MAX_ADDRESSES + 5):
        setbacks.note(Endpoint("20.0.0.1", number + 1), "x" * 1000)
    assert len(setbacks) == MAX_ADDRESSES
    assert setbacks.groups()[0].what == "x" * MAX_TEXT
