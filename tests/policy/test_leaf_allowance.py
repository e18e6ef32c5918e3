"""A store of bytes that fills slowly."""

from raincore.policy.leaf_allowance import LeafAllowance


def test_what_is_there_may_be_taken_and_no_more() -> None:
    allowance = LeafAllowance(100, 10)
    assert allowance.may_take(100, 5.0)
    allowance.take(100)
    assert not allowance.may_take(1, 5.0)


def test_it_fills_with_time_and_never_over() -> None:
    allowance = LeafAllowance(100, 10)
    allowance.may_take(0, 0.0)
    allowance.take(100)
    assert allowance.may_take(10, 1.0)
    assert not allowance.may_take(11, 1.0)
    assert allowance.may_take(100, 1000.0)
    assert not allowance.may_take(101, 2000.0)


def test_what_was_sent_is_credited_once() -> None:
    allowance = LeafAllowance(100, 0)
    allowance.take(100)
    allowance.credit(30)
    allowance.credit(30)
    assert allowance.may_take(30, 0.0)
    assert not allowance.may_take(31, 0.0)
